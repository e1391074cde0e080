"""Fits of one cell -> scores -> thresholds -> metrics -> figures -> the record of each of its jobs."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from threshold_lab import calibration, figures, metrics
from threshold_lab.counts import Reals
from threshold_lab.decisions import OperatingPoint, operating_point, stream, undecided
from threshold_lab.errors import DataError
from threshold_lab.heads import Head, head_of, logit
from threshold_lab.metrics import Histogram
from threshold_lab.plan import Job
from threshold_lab.provenance import Provenance
from threshold_lab.records import HISTORY, Fit, Scores, Splits
from threshold_lab.scoring import keras_accuracy, score_metrics
from threshold_lab.spec import RuleSettings, RunSpec, canonical, leaves
from threshold_lab.store import npz
from threshold_lab.thresholds import Terms, title
from threshold_lab.tracking import CELL, KEY, SWEEP, RunRecord
from threshold_lab.uncertainty import over_rows

HALF, TUNED = 0.5, "youden"
"""The operating points that every job's table holds beside its own: Keras's, and a tuned one."""

VALIDATION_ERROR = "validation_error"
"""Metric: 1 - accuracy at the job's own cut on the validation part, which a sweeper may make as small as it can."""

DIVERGED, UNDECIDED = "diverged", "no threshold"
"""What the reason of a job begins with that would fail again."""

SEEDS_TABLE = "seeds.csv"
RECORDED = (
    "accuracy",
    "recall",
    "specificity",
    "precision",
    "f1",
    "roc_auc",
    "brier",
    "log_loss",
)
"""The metrics of the test part that become columns of the MLflow UI; the table of seeds holds all of them."""


@dataclass(frozen=True)
class Origin:
    """Where runs come from: sweep, code and machine, and `places`, the configuration that changes no result."""

    sweep: str
    provenance: Provenance
    places: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Cell:
    """What the networks of one cell say, worked out once for all jobs that differ in their threshold only."""

    head: Head
    splits: Splits
    fits: Sequence[Fit]
    scores: Mapping[str, Scores]
    scored: Mapping[str, Mapping[str, Reals]]
    histogram: Histogram
    calibration: pd.DataFrame
    points: dict[tuple[float | str, RuleSettings], OperatingPoint] = field(default_factory=dict)

    def point(self, threshold: float | str, spec: RunSpec) -> OperatingPoint:
        """Return the decision of each network on the validation part. Raises DataError where there is none."""
        key = threshold, spec.rule
        if key not in self.points:
            validation = self.scores["validation"]
            self.points[key] = operating_point(threshold, validation, self._terms(spec), spec.all_seeds)
        return self.points[key]

    def summary(self, tidy: pd.DataFrame, point: OperatingPoint, spec: RunSpec) -> pd.DataFrame:
        """Return the numbers of the test part at an operating point, with both their uncertainties."""
        rows = over_rows(self.scores["test"], point.threshold, self._terms(spec), stream(spec.seed))
        return metrics.estimates(tidy, point.rule, rows, spec.rule.confidence)

    def compared(self, threshold: float | str, spec: RunSpec) -> OperatingPoint:
        """Return a decision beside the job's own, blank where there is none."""
        try:
            return self.point(threshold, spec)
        except DataError:
            return undecided(threshold, spec.rule, len(self.fits))

    def _terms(self, spec: RunSpec) -> Terms:
        return Terms(spec.rule, float(self.splits.train.labels.mean()), self.head.scale)


def cell_of(job: Job, fits: Sequence[Fit], splits: Splits) -> Cell:
    """Work out a cell from its fits, one a seed, all finite."""
    own = head_of(job.spec)
    scores = {name: _scores(own, [fit.logits[name] for fit in fits], part.labels) for name, part in splits.parts()}
    scored = {
        name: score_metrics(part, own.probability)
        | {"keras_accuracy": keras_accuracy(part.scores, part.labels, own.low)}
        for name, part in scores.items()
    }
    logits, labels = ({name: getattr(part, of) for name, part in scores.items()} for of in ("logits", "labels"))
    recalibrated = calibration.table(logits, labels, job.spec.all_seeds)
    return Cell(own, splits, fits, scores, scored, metrics.histogram(scores["test"]), recalibrated)


def diverged(job: Job, fits: Sequence[Fit]) -> str:
    """Say which networks have no finite score; empty where all have."""
    own = head_of(job.spec)
    lost = [
        str(seed) for fit, seed in zip(fits, job.spec.all_seeds, strict=True) if not _finite(fit, own.activation.score)
    ]
    return f"{DIVERGED}: not finite after training, seeds {', '.join(lost)}; {own.remedy}" if lost else ""


def _finite(fit: Fit, score: Callable[[Reals], Reals]) -> bool:
    scores = (score(logits.astype(np.float64)) for logits in fit.logits.values())
    return fit.finite and all(bool(np.isfinite(own).all()) for own in scores)


def record_of(job: Job, cell: Cell, origin: Origin) -> RunRecord:
    """Return all that is recorded of a finished job. Raises DataError where its rule can choose no threshold."""
    spec = job.spec
    others = [own for own in (HALF, TUNED) if own != spec.threshold]
    points = [cell.point(spec.threshold, spec), *(cell.compared(own, spec) for own in others)]
    tidy = metrics.table(cell.scores, cell.scored, points, spec.all_seeds, spec.rule.cost)
    numbers = _named(metrics.summary(tidy, "test", points[0].rule))
    numbers |= {
        VALIDATION_ERROR: 1 - metrics.summary(tidy, "validation", points[0].rule)["accuracy"][0],
        "majority": metrics.majority(cell.splits.test.labels),
        "epochs": float(np.mean([fit.epochs for fit in cell.fits])),
    }
    files = _files(job, cell, points[0]) | {
        SEEDS_TABLE: tidy.to_csv(index=False).encode(),
        "summary.csv": cell.summary(tidy, points[0], spec).to_csv(index=False).encode(),
        "calibration.csv": cell.calibration.to_csv(index=False).encode(),
        "provenance.json": json.dumps(asdict(origin.provenance), indent=1).encode(),
    }
    return replace(description(job, origin), metrics=numbers, epochs=_epochs(cell.fits), files=files)


def description(job: Job, origin: Origin) -> RunRecord:
    """Return the record of a job before it has any result."""
    spec = job.spec
    tags = {KEY: job.key, CELL: job.cell, SWEEP: origin.sweep, "data": job.data, "engine": job.engine}
    tags |= {"activation": spec.activation, "loss": spec.loss, "threshold": str(spec.threshold)}
    name = f"{spec.activation} {spec.loss} {title(spec.threshold, spec.rule)}"
    return RunRecord(experiment_of(spec), name, tags, leaves(spec) | dict(origin.places), {}, {}, {})


def experiment_of(spec: RunSpec) -> str:
    """Return the experiment of a job: its data source, or its file's name."""
    path = getattr(spec.data, "path", None) or getattr(spec.data, "train_path", None)
    return Path(path).stem if path else spec.data.source


def _scores(own: Head, logits: list[Any], labels: Any) -> Scores:
    stacked = np.stack(logits).astype(np.float64)
    return Scores(labels, logit(stacked), own.activation.score(stacked))


def _named(numbers: Mapping[str, tuple[float, float]]) -> dict[str, float]:
    named: dict[str, float] = {}
    for name, (mean, deviation) in numbers.items():
        if name in ("threshold", *RECORDED):
            full = name if name == "threshold" else f"test_{name}"
            named |= {full: mean, f"{full}_sd": deviation}
    return named


def _epochs(fits: Sequence[Fit]) -> dict[str, Any]:
    """Keras's history, the mean over the seeds that trained as long."""
    longest = max(fit.epochs for fit in fits)
    going = [[fit for fit in fits if fit.epochs > epoch] for epoch in range(longest)]
    return {
        name: np.array(
            [np.mean([fit.history[name][epoch] for fit in own], dtype=np.float64) for epoch, own in enumerate(going)]
        )
        for name in HISTORY
    }


def _files(job: Job, cell: Cell, point: OperatingPoint) -> dict[str, bytes]:
    model = cell.fits[0].model
    return {
        "spec.json": canonical(job.spec).encode(),
        "histogram.png": _picture(job, cell, point),
        "histogram.json": json.dumps(_counts(job, cell, point)).encode(),
        "weights.npz": npz(_weights(job, cell.fits)),
        **({f"model_seed_{job.spec.seed}.keras": model} if model else {}),
    }


def _picture(job: Job, cell: Cell, point: OperatingPoint) -> bytes:
    spec = job.spec
    figure = figures.histogram(
        cell.histogram,
        point.threshold,
        title=f"{spec.activation}, {spec.loss}, threshold {spec.threshold}: test part, {spec.seeds} seeds",
        labels=(cell.splits.negative, cell.splits.positive),
        unit=cell.head.unit(cell.splits.positive),
    )
    return figures.png(figure)


def _counts(job: Job, cell: Cell, point: OperatingPoint) -> dict[str, Any]:
    counts, splits = cell.histogram, cell.splits
    return {
        "part": "test",
        "unit": cell.head.unit(splits.positive),
        "edges": counts.edges.round(6).tolist(),
        "counts": {splits.negative: counts.negative.tolist(), splits.positive: counts.positive.tolist()},
        "seeds": list(job.spec.all_seeds),
        "rule": point.rule,
        "threshold": point.threshold.tolist(),
    }


def _weights(job: Job, fits: Sequence[Fit]) -> dict[str, Any]:
    return {
        f"seed_{seed}/layer_{index // 2}/{('kernel', 'bias')[index % 2]}": array
        for seed, fit in zip(job.spec.all_seeds, fits, strict=True)
        for index, array in enumerate(fit.weights)
    }
