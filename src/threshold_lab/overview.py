"""The jobs of a sweep, as they are stored -> one record of the whole: its table, and pictures of all its cells."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from threshold_lab import curves, figures
from threshold_lab.captions import in_store, typed
from threshold_lab.cells import TEST_LOGITS, stored_scores
from threshold_lab.counts import accuracy, f1
from threshold_lab.figures import Line
from threshold_lab.heads import head_of
from threshold_lab.heads.scale import Scale
from threshold_lab.metrics import comparable
from threshold_lab.naming import Known, apart, by_experiment, data_name, in_words, name_of
from threshold_lab.plan import Job, cells
from threshold_lab.recording import HISTOGRAM, ROWS_BY_BIN, VALIDATION_ERROR, Origin
from threshold_lab.records import Scores
from threshold_lab.spec import digest
from threshold_lab.thresholds import title
from threshold_lab.tracking import ALONE, KIND, PARENT, SUMS, SWEEP, Records, RunRecord, StoredRun

TABLE = "table.csv"
_LONGEST = 100  # of a file's name, in characters

MOST, PAGES = 20, 200
"""Cells in one picture, and those with a page each; what is beyond is in the table alone."""

PAGE = "slider.html"
"""The page of a job that stands alone."""

_CUT = "threshold, as a probability; a margin from -1 to 1 likewise"
_ENDS = np.array([0.0, 1.0])
_HEAT = {"test_accuracy": "accuracy", "test_f1": "F1"}


@dataclass(frozen=True, eq=False)
class _Cell:
    """Jobs that share their networks, and the scores of these on the test part, with what these and the labels mean."""

    name: str
    jobs: Sequence[Job]
    scores: Scores
    labels: tuple[str, str]
    unit: str

    @property
    def scale(self) -> Scale:
        """What the scores stand for."""
        return head_of(self.jobs[0].spec).scale

    @cached_property
    def probabilities(self) -> Scores | None:
        """What the scores stand for; None where they stand for no probability."""
        if self.scale.probability is None:
            return None
        own = self.scores
        return Scores(own.labels, own.logits, self.scale.place(own.scores))


def overviews(
    jobs: Sequence[Job], stored: Mapping[str, StoredRun], runs: Records, origin: Origin
) -> Iterator[tuple[RunRecord, list[Job]]]:
    """Return a record and the jobs it stands above, for each experiment that has two finished jobs or more."""
    for experiment, own in _by_experiment(jobs, stored).items():
        if len(own) > 1:
            yield _overview(experiment, own, stored, runs, origin), own


def lone_pages(
    jobs: Sequence[Job], stored: Mapping[str, StoredRun], runs: Records
) -> Iterator[tuple[StoredRun, dict[str, bytes]]]:
    """Return the run of each job that is the only one of its experiment, and its page, which no overview has."""
    for own in _by_experiment(jobs, stored).values():
        if len(own) == 1:
            yield stored[own[0].key], {PAGE: _slider(_cell(name_of(own[0]), own, stored, runs))}


def is_drawn(jobs: Sequence[Job], stored: Mapping[str, StoredRun]) -> bool:
    """Whether each finished job is below an overview, or has its page where it is the only one of its experiment."""
    grouped = _by_experiment(jobs, stored).values()
    drawn = [(PARENT, ALONE) if len(own) == 1 else (PARENT,) for own in grouped]
    return all(
        any(tag in stored[job.key].tags for tag in tags)
        for own, tags in zip(grouped, drawn, strict=True)
        for job in own
    )


def _by_experiment(jobs: Sequence[Job], stored: Mapping[str, StoredRun]) -> dict[str, list[Job]]:
    return by_experiment([job for job in jobs if job.key in stored and stored[job.key].status == "FINISHED"])


def _overview(
    experiment: str, jobs: Sequence[Job], stored: Mapping[str, StoredRun], runs: Records, origin: Origin
) -> RunRecord:
    grouped = cells(jobs)
    names = [in_words(own) for own in apart([own[0] for own in grouped])]
    table = _table(dict(zip(names, grouped, strict=True)), stored, origin.known.get(experiment))
    found = [_cell(name, own, stored, runs) for name, own in zip(names[:PAGES], grouped, strict=False)]
    return RunRecord(
        experiment,
        f"sweep of {len(jobs)} jobs",
        {SWEEP: origin.sweep, KIND: "sweep", SUMS: digest(sorted(stored[job.key].run_id for job in jobs))},
        description=_description(table, len(grouped), origin),
        files=_pictures(found, table, f"{data_name(jobs[0].spec)} {jobs[0].study}".strip()),
    )


def _description(table: pd.DataFrame, cells: int, origin: Origin) -> str:
    best = table.to_dict("records")[int(table[VALIDATION_ERROR].argmin())]
    return (
        f"**A sweep of {len(table)} jobs.** The one that is most often right on the validation part, {best['run']}, "
        f"is right on {best['test_accuracy']:.3f} of the test part; always saying the more frequent label on "
        f"{best['majority']:.3f}. Its table and "
        f"pictures are among the artifacts; its jobs are the runs below it or, if recorded before, below an earlier "
        f"sweep.{_left_out(cells)}\n\n"
        f"Made by\n\n    {typed(origin.command)}\n\n"
        f"All its jobs, trained again and compared, to the bit:\n\n"
        f"    threshold-lab reproduce --sweep {origin.sweep}{in_store(origin.store)}"
    )


def _left_out(cells: int) -> str:
    if cells <= MOST:
        return ""
    return f" The pictures show the first {MOST} of {cells} networks, the table all; {min(cells, PAGES)} have a slider."


def _table(grouped: Mapping[str, Sequence[Job]], stored: Mapping[str, StoredRun], known: Known | None) -> pd.DataFrame:
    rows = [
        {
            "run": name_of(job, known),
            "cell": name,
            "cut": title(job.spec.threshold, job.spec.rule),
            "run_id": stored[job.key].run_id,
            **{metric: own for metric, own in stored[job.key].metrics.items() if metric not in ROWS_BY_BIN},
        }
        for name, jobs in grouped.items()
        for job in jobs
    ]
    return pd.DataFrame(rows)


def _cell(name: str, jobs: Sequence[Job], stored: Mapping[str, StoredRun], runs: Records) -> _Cell:
    run_id = stored[jobs[0].key].run_id
    counted = json.loads(runs.file(run_id, HISTOGRAM))
    negative, positive = counted["counts"]
    scores = stored_scores(runs.file(run_id, TEST_LOGITS), head_of(jobs[0].spec))
    return _Cell(name, jobs, scores, (negative, positive), counted["unit"])


def _slider(own: _Cell) -> bytes:
    from threshold_lab import interactive  # noqa: PLC0415 - Altair costs a second, which only the end of a sweep needs

    half = own.scale.half
    return interactive.page(
        own.scores, own.labels, title=own.name, unit=own.unit, threshold=0.5 if half is None else half
    )


def _pictures(found: Sequence[_Cell], table: pd.DataFrame, of: str) -> dict[str, bytes]:
    heat = {
        f"heat_map_{words}.png": figures.heat_map(
            table.pivot_table(index="cell", columns="cut", values=name, sort=False),
            title=f"{of}: {words} on the test part, mean over seeds",
        )
        for name, words in _HEAT.items()
    }
    shown = found[:MOST]
    drawn = heat | {
        "curves.png": figures.curves(_panels(shown), title=f"{of}: the test part, mean over seeds"),
        "histograms.png": figures.histograms({own.name: comparable(own.scores, own.scale) for own in shown}),
    }
    pages = {f"sliders/{name}.html": _slider(own) for name, own in zip(_as_files(found), found, strict=True)}
    pictures = {name: figures.png(own) for name, own in drawn.items()}
    return {**pictures, **pages, TABLE: table.to_csv(index=False).encode()}


def _as_files(found: Sequence[_Cell]) -> list[str]:
    """The name of each cell as a file may have it, no two alike."""
    names: list[str] = []
    for own in found:
        plain = re.sub(r"[^\w .,=+-]+", "_", own.name).strip(".")[:_LONGEST] or "_"
        names.append(plain if plain not in names else f"{plain} {len(names)}")
    return names


def _panels(found: Sequence[_Cell]) -> dict[tuple[str, str, str], list[Line]]:
    """By title and axes."""
    ranked = [(own.name, own.scores.scores, own.scores.labels) for own in found]
    placed = [(own.name, own.scale.place(own.scores.scores), own.scores.labels) for own in found]
    meant = [(own.name, own.probabilities.scores, own.scores.labels) for own in found if own.probabilities]
    left = f" ({len(found) - len(meant)} are no probability)" if len(meant) < len(found) else ""
    cuts = {
        (f"Thresholds and {words}", _CUT, words): [
            Line(name, curves.GRID, curves.at_cuts(measure, scores, labels, curves.GRID))
            for name, scores, labels in placed
        ]
        for words, measure in (("accuracy", accuracy), ("F1", f1))
    }
    diagonal = Line("", _ENDS, _ENDS)
    return {
        ("ROC", "false positive rate", "recall"): [
            diagonal,
            *(Line(name, curves.GRID, curves.roc(scores, labels)) for name, scores, labels in ranked),
        ],
        ("Precision and recall", "recall", "precision"): [
            Line(name, curves.GRID, curves.precision_recall(scores, labels)) for name, scores, labels in ranked
        ],
        **cuts,
        (f"Reliability{left}", "probability claimed", "share of positive rows"): [
            diagonal,
            *(Line(name, *curves.reliability(scores, labels)) for name, scores, labels in meant),
        ],
    }
