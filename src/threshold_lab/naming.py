"""What data, jobs and cells are called. In an experiment a job is named by what is not as in the first ones there."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from threshold_lab.errors import plain
from threshold_lab.plan import Job
from threshold_lab.spec import RunSpec, digest, leaves, paths_of, placeless
from threshold_lab.spec.data import PATHS
from threshold_lab.thresholds import title

ALWAYS_NAMED = ("activation", "loss")
_LONGEST = 200  # of a name; MLflow keeps 250 characters
_FOLDER = 80  # of an experiment's name in an address: MLflow keeps 200 characters of that of a run's artifacts
_DIGITS = 8  # of a hash in such a name
_OF_A_CUT = "rule."  # leaves that no network is made of
_CONTENT = "data.content"
_VALUE = 40  # characters of a leaf's value in a name


def experiment_of(job: Job) -> str:
    """Return the experiment of a job: its data set, and the study it was asked for, where there is one."""
    return f"{data_set(job)} {job.study}".strip()


def study_of(experiment: str, job: Job) -> str:
    """Return the study that a job was asked for, by its experiment; empty where there is none."""
    return experiment.removeprefix(data_set(job)).strip()


def data_name(spec: RunSpec) -> str:
    """Return the name of a job's data: their source, or their file's name."""
    paths = paths_of(spec.data).values()
    return next((_shown(Path(own).stem)[:_LONGEST] for own in paths), "") or spec.data.source


def data_set(job: Job) -> str:
    """Return what a job's data are called and no others: their source, or the names of their files with the first
    digits of the hash of what these hold, `churn.csv 1f3a9c2e`, wherever they are. It is a folder's name too.
    """
    names = [Path(own).name for own in paths_of(job.spec.data).values()]
    if not names:
        return job.spec.data.source
    shown = _shown(" + ".join(names))
    while len(quote(told := f"{shown.strip()} {job.files[:_DIGITS]}".strip())) > _FOLDER:
        shown = shown[:-1]
    return told


def _shown(text: str) -> str:
    return _one_line(text).strip(". ")


def _one_line(text: str) -> str:
    return plain(text).replace("\n", "\\n")


@dataclass(frozen=True)
class Known:
    """What is known of the jobs of an experiment.

    usual: of each leaf but activation, loss and threshold, the value that the first jobs had, in words, which goes
    without saying; None where they had several. varied: the leaves that have several values by now.
    """

    usual: Mapping[str, str | None] = field(default_factory=dict)
    varied: tuple[str, ...] = ()

    def beside(self, jobs: Sequence[Job]) -> "Known":
        """Return what is known when more jobs are there."""
        values: dict[str, dict[str, None]] = {}
        for job in jobs:
            for key, value in _told(job).items():
                values.setdefault(key, {})[value] = None
        first = {key: next(iter(own)) if len(own) == 1 else None for key, own in values.items()}
        usual = {**first, **self.usual}
        new = [key for key, own in values.items() if list(own) != [usual[key]]]
        return Known(usual, tuple(dict.fromkeys((*self.varied, *new))))

    def text(self) -> str:
        """Return it as an experiment's tag holds it."""
        return json.dumps({"usual": self.usual, "varied": self.varied}, separators=(",", ":"))


def known(text: str) -> Known:
    """Return what a tag says; nothing where somebody wrote other things into it."""
    try:
        found = json.loads(text)
        usual = {str(key): None if own is None else str(own) for key, own in found["usual"].items()}
        return Known(usual, tuple(own for own in found["varied"] if own in usual))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Known()


def _told(job: Job) -> dict[str, str]:
    """The leaves that a name may have to tell, in words, of which long ones are short and no two alike."""
    never = {*ALWAYS_NAMED, "threshold", *(f"data.{field}" for field in PATHS)}
    return {key: _whole(_one_line(str(own)), _VALUE) for key, own in leaves(job.spec).items() if key not in never}


def _whole(text: str, longest: int = _LONGEST) -> str:
    """A text, of a longer one its beginning and a hash of all of it."""
    return text if len(text) <= longest else f"{text[: longest - _DIGITS - 4]}... {digest(text)[:_DIGITS]}"


def head_name(job: Job, known: Known | None = None) -> str:
    """Return what the networks of a job are called: activation, loss, and what of them is not as usual."""
    own = {key: value for key, value in _unusual(job, known).items() if not key.startswith(_OF_A_CUT)}
    return _whole(f"{job.spec.activation} {job.spec.loss}{_in_words(own)}")


def name_of(job: Job, known: Known | None = None) -> str:
    """Return the name of a job's run: activation, loss and threshold, and what is not as usual in its experiment."""
    cut = title(job.spec.threshold, job.spec.rule)
    return _whole(f"{job.spec.activation} {job.spec.loss} {cut}{_in_words(_unusual(job, known))}")


def _unusual(job: Job, known: Known | None) -> dict[str, str]:
    usual = known.usual if known else {}
    return {key: own for key, own in _told(job).items() if key in usual and usual[key] != own}


def _in_words(own: Mapping[str, str]) -> str:
    return "".join(f" {key}={value}" for key, value in own.items())


def by_experiment(jobs: Sequence[Job]) -> dict[str, list[Job]]:
    """Return jobs by their experiment, in their order."""
    grouped: dict[str, list[Job]] = {}
    for job in jobs:
        grouped.setdefault(experiment_of(job), []).append(job)
    return grouped


def apart(jobs: Sequence[Job]) -> list[dict[str, str]]:
    """Return what tells cells apart, by a job of each: activation, loss, and every other leaf in which they differ."""
    all_leaves = list(map(_placeless_leaves, jobs))
    keys = dict.fromkeys(key for own in all_leaves for key in own if key != "threshold")
    differing = [key for key in keys if len({str(own.get(key)) for own in all_leaves}) > 1]
    named = any(f"data.{field}" in differing for field in PATHS)
    shown = dict.fromkeys((*ALWAYS_NAMED, *(key for key in differing if key != _CONTENT or not named)))
    return [{key: str(own.get(key, "")) for key in shown} for own in all_leaves]


def _placeless_leaves(job: Job) -> dict[str, Any]:
    """The leaves of a job wherever its files lie, and the first digits of what these hold."""
    return leaves(placeless(job.spec)) | ({_CONTENT: job.files[:_DIGITS]} if job.files else {})


def in_words(name: Mapping[str, str]) -> str:
    """Return what tells a cell apart on one line: leaves by their names, but for those that are always told."""
    return " ".join(value if key in ALWAYS_NAMED else f"{key}={value}" for key, value in name.items())
