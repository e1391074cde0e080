"""What is said of a job where its run is looked at: experiment, name, tags, description, and its own command."""

import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from threshold_lab.errors import plain
from threshold_lab.heads import contract_for, head_of
from threshold_lab.plan import Job
from threshold_lab.records import Splits, Suspicion
from threshold_lab.spec import RunSpec, Training, leaves, paths_of
from threshold_lab.thresholds import title
from threshold_lab.tracking import CELL, HEAD, KEY, RUN_ID, TABLE_HASH

EXPERIMENT = """What the output activation, the loss and the threshold of a Keras binary classifier each decide, on one
data set. A run is one configuration: its metrics are means over seeds on the test part (`_sd`: standard deviation), at
the threshold chosen on the validation part. `majority` is the accuracy of always saying the more frequent label;
`test_rows_positive` and `test_rows_negative` are the histogram of the scores on bins that all runs share: a step is
where a bin begins, as a probability in hundredths; the ends hold what lies beyond. Where runs are grouped, by
activation and loss, a bar is the average over all thresholds of the group. A run of kind `sweep` holds the comparison
of all its jobs: table, heat maps, curves, histograms, and a slider for the threshold of each network; its page is
printed by `threshold-lab ui`. Where the data are files, the digits behind their names are the first of the hash of
what they hold (tag `lab.table`): a file that was edited is another data set. Each run says how it was made;
`threshold-lab reproduce RUN_ID` makes it again."""
"""Description of every experiment."""

DEFAULT_STORE = "mlruns"
_LONGEST = 200  # of a name; MLflow keeps 250 characters
_FOLDER = 80  # of an experiment's name in an address: MLflow keeps 200 characters of that of a run's artifacts
_DIGITS = 8  # of a hash in such a name
ALWAYS_NAMED = ("activation", "loss")
_WARNED = 20
_SWEPT = ("activation", "loss", "threshold")
_SWEEPS = ("question", "none")  # of conf/sweep, those that sweep nothing else
_GROUPS = {"data": "data.source", "optimizer": "optimizer.name"}


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
    return plain(text).replace("\n", "\\n").strip(". ")


def name_of(job: Job, differing: Sequence[str] = ()) -> str:
    """Return the name of a job's run: activation, loss and threshold, and the other leaves that differ in its sweep."""
    own = leaves(job.spec)
    others = "".join(f" {key}={own[key]}" for key in differing if key in own)
    return f"{job.spec.activation} {job.spec.loss} {title(job.spec.threshold, job.spec.rule)}{others}"[:_LONGEST]


def differing(jobs: Sequence[Job]) -> dict[str, tuple[str, ...]]:
    """Return, by experiment, the leaves in which its jobs differ, but for those that every name has."""
    grouped: dict[str, list[Job]] = {}
    for job in jobs:
        grouped.setdefault(experiment_of(job), []).append(job)
    named = {experiment: dict.fromkeys(key for one in apart(own) for key in one) for experiment, own in grouped.items()}
    return {name: tuple(key for key in keys if key not in ALWAYS_NAMED) for name, keys in named.items()}


def apart(jobs: Sequence[Job]) -> list[dict[str, str]]:
    """Return what tells cells apart, by a job of each: activation, loss, and every other leaf in which they differ."""
    all_leaves: list[dict[str, Any]] = [leaves(job.spec) for job in jobs]
    keys = dict.fromkeys(key for own in all_leaves for key in own if key != "threshold")
    differing = [key for key in keys if len({str(own.get(key)) for own in all_leaves}) > 1]
    shown = dict.fromkeys((*ALWAYS_NAMED, *differing))
    return [{key: str(own.get(key, "")) for key in shown} for own in all_leaves]


def in_words(name: Mapping[str, str]) -> str:
    """Return what tells a cell apart on one line: leaves by their names, but for those that are always told."""
    return " ".join(value if key in ALWAYS_NAMED else f"{key}={value}" for key, value in name.items())


def tags_of(job: Job) -> dict[str, str]:
    """Return what runs are found and grouped by."""
    spec = job.spec
    own = {"activation": spec.activation, "loss": spec.loss, "threshold": str(spec.threshold)}
    own[HEAD] = f"{spec.activation} {spec.loss}"
    own["rule"] = title(spec.threshold, spec.rule)
    own["contract"] = contract_for(spec).verdict
    own["score"] = f"score is {_with_article(stands_for(spec))}"
    files = {TABLE_HASH: job.files} if job.files else {}
    return {KEY: job.key, CELL: job.cell, "data": job.data, "engine": job.engine, **files, **own}


def stands_for(training: Training) -> str:
    """Return what a score is: a probability; or what it is meant as, where nothing holds it to that."""
    own, returned = head_of(training), contract_for(training).returns
    claim, place = own.claim.rstrip(","), own.scale.probability
    inside = place is None or (place(own.activation.low) >= 0 and place(own.activation.high) <= 1)
    return claim if inside and returned != "neither" else f"meant as {_with_article(claim)}"


def _with_article(words: str) -> str:
    return words if words.startswith("meant") else f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def description_of(job: Job, command: str, store: str = DEFAULT_STORE) -> str:
    """Return what a run is, in Markdown, with the commands that made it and that make it alone."""
    spec = job.spec
    lines = [
        f"**{spec.seeds} networks** ({data_name(spec)}; hidden layers {list(spec.network.hidden)}, "
        f"{spec.epochs} epochs), output activation **{spec.activation}**, trained on **{spec.loss}**, cut at "
        f"**{title(spec.threshold, spec.rule)}**. {_meaning(spec)}",
    ]
    if command:
        lines.append(f"Made by\n\n    {typed(command)}")
    if own := alone(command, spec):
        lines.append(f"This job alone, anew:\n\n    {own} store=again")
    again = f"threshold-lab reproduce {RUN_ID}{in_store(store)}"
    lines.append(f"Trained again and compared with this run, to the bit:\n\n    {again}")
    return "\n\n".join(lines)


def warned(suspicions: Sequence[Suspicion]) -> str:
    """Return what may be wrong with the data, in Markdown; columns are quoted as code, whatever they are called."""
    if not suspicions:
        return ""
    lines = [f"    {own.words}" for own in suspicions[:_WARNED]]
    more = [f"    and {len(suspicions) - _WARNED} more in warnings.json"] if len(suspicions) > _WARNED else []
    return "\n".join(["\n\nWhat may be wrong with the data:\n", *lines, *more])


def in_store(store: str) -> str:
    """Return what a command needs to find the runs of a store."""
    return "" if store == DEFAULT_STORE else f" --store {shlex.quote(store)}"


def _meaning(training: Training) -> str:
    half = head_of(training).scale.half
    natural = "" if half is None else f"; its natural cut is {half:g}"
    return f"The score is {_with_article(stands_for(training))}{natural}."


def alone(command: str, spec: RunSpec) -> str:
    """Return the command for one job of a sweep; empty where the sweep's own does not tell it."""
    program, *words = _words(command) or [""]
    if not words or words[0] not in ("sweep", "run") or any("=" not in word for word in words[1:]):
        return ""
    given, known = dict(word.split("=", 1) for word in words[1:]), leaves(spec)
    if given.pop("sweep", "question") not in _SWEEPS:
        return ""
    several = [key for key, value in given.items() if "," in value]
    if any(key not in known and key not in _GROUPS for key in several):
        return ""
    values = {key: _word(known[_GROUPS.get(key, key)]) for key in dict.fromkeys((*_SWEPT, *several))}
    chosen = (f"{key}={value}" for key, value in (given | values).items() if key != "store")
    return shlex.join([program, "run", *chosen])


def typed(command: str) -> str:
    """Return a command as it was typed: without what `sweep` says to Hydra."""
    return shlex.join(_words(command))


def _words(command: str) -> list[str]:
    return [word for word in shlex.split(command) if word != "--multirun"]


def _word(value: Any) -> str:
    return str(value) if isinstance(value, str) else json.dumps(value).replace(" ", "")


def data_of(job: Job, splits: Splits) -> Mapping[str, Any]:
    """Return what is said of a job's data: its hash, its rows and the share of positives by part, its split."""
    parts = dict(splits.parts())
    return {
        "hash": splits.hash,
        "rows": {name: len(part.rows) for name, part in parts.items()},
        "prevalence": {name: round(float(part.labels.mean()), 6) for name, part in parts.items()},
        "features": len(splits.feature_names),
        "positive": splits.positive,
        "negative": splits.negative,
        "spec": {key: value for key, value in leaves(job.spec).items() if key.startswith("data.")},
    }
