"""What a cell says -> metrics and figures at a job's threshold -> its record."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv

from threshold_lab import captions, metrics
from threshold_lab.cells import Cell
from threshold_lab.decisions import OperatingPoint
from threshold_lab.heads import Head
from threshold_lab.metrics import Histogram
from threshold_lab.naming import Known, experiment_of, name_of
from threshold_lab.plan import Job
from threshold_lab.provenance import Provenance
from threshold_lab.records import HISTORY, Fit
from threshold_lab.sealing import sealed
from threshold_lab.spec import canonical, leaves
from threshold_lab.thresholds import title
from threshold_lab.tracking import SWEEP, RunRecord
from threshold_lab.tracking.model import at

HALF, TUNED = 0.5, "youden"
"""The operating points that every job's table holds beside its own: Keras's, and a tuned one."""

VALIDATION_ERROR = "validation_error"
"""Metric: 1 - accuracy at the job's own cut on the validation part, which a sweeper may make as small as it can."""

UNDECIDED = "no threshold"
"""What the reason of a job begins with whose rule would find no threshold again."""

ROWS_BY_BIN = ("test_rows_positive", "test_rows_negative")
"""Metrics whose steps are the bins of a histogram; as one number they mean nothing."""

SEEDS_TABLE, SUMMARY_TABLE = "seeds.csv", "summary.csv"
WARNINGS = "warnings.json"
"""What may be wrong with the data, where there is anything."""

SPEC, PROVENANCE, HISTOGRAM = "spec.json", "provenance.json", "histogram.json"
RECORDED = {
    "threshold": True,
    "accuracy": True,
    "f1": True,
    "roc_auc": True,
    "brier": True,
    "log_loss": False,
    "recall": False,
    "specificity": False,
    "precision": False,
    "keras_accuracy": False,
}
"""The metrics of the test part that become columns of the MLflow UI, and whether their standard deviation does: 25 with
all others, as MLflow's pages grow slow with their number. The table of seeds holds every metric."""


@dataclass(frozen=True)
class Origin:
    """Where runs come from: sweep, command, code, machine, and `places`, the configuration that changes no result.

    known: by experiment, what is known of its jobs.
    """

    sweep: str
    command: str
    provenance: Provenance
    places: Mapping[str, Any]
    known: Mapping[str, Known] = field(default_factory=dict)

    @property
    def store(self) -> str:
        """The folder of the runs, as it was named."""
        return str(self.places.get("store", captions.DEFAULT_STORE))


def record_of(job: Job, cell: Cell, origin: Origin) -> RunRecord:
    """Return all that is recorded of a finished job. Raises DataError where its rule can choose no threshold."""
    spec = job.spec
    others = [own for own in (HALF, TUNED) if own != spec.threshold]
    points = [cell.point(spec.threshold, spec), *(cell.compared(own, spec) for own in others)]
    tidy = metrics.table(cell.scores, cell.scored, points, spec.all_seeds, spec.rule.cost)
    estimated = cell.estimates(tidy, points[0], spec)
    own = description(job, origin)
    tables = {
        SEEDS_TABLE: _csv(tidy),
        SUMMARY_TABLE: _csv(estimated),
        PROVENANCE: json.dumps(asdict(origin.provenance), indent=1).encode(),
    }
    record = replace(
        own,
        tags={**own.tags, "keras_accuracy": _beside_keras(tidy, estimated, cell.head), **_of_data(cell)},
        description=own.description + captions.warned(cell.splits.suspicions),
        metrics=_numbers(estimated, cell),
        series=_epochs(cell.fits) | _rows_by_bin(cell.shared),
        files={**_files(job, cell, points[0]), **cell.files, **tables, **_warnings(cell)},
        data=captions.data_of(job, cell.splits),
    )
    return sealed(record)


def _of_data(cell: Cell) -> dict[str, str]:
    """Tag: the kinds of what may be wrong with the rows."""
    kinds = ", ".join(dict.fromkeys(own.kind for own in cell.splits.suspicions))
    return {"warnings": kinds} if kinds else {}


def _warnings(cell: Cell) -> dict[str, bytes]:
    found = [asdict(own) for own in cell.splits.suspicions]
    return {WARNINGS: json.dumps(found, indent=1).encode()} if found else {}


def _csv(table: pd.DataFrame) -> bytes:
    """A table as Arrow writes it, with all digits, in a third of the time of pandas."""
    written = pa.BufferOutputStream()
    pa.csv.write_csv(pa.Table.from_pandas(table, preserve_index=False), written)
    return bytes(written.getvalue().to_pybytes())


def _numbers(estimated: pd.DataFrame, cell: Cell) -> dict[str, float]:
    return _named(metrics.told(estimated, "test")) | {
        VALIDATION_ERROR: 1 - metrics.told(estimated, "validation")["accuracy"][0],
        "majority": metrics.majority(cell.splits.test.labels),
        "epochs": float(np.mean([fit.epochs for fit in cell.fits])),
    }


def _beside_keras(tidy: pd.DataFrame, estimated: pd.DataFrame, head: Head) -> str:
    """Keras's 'accuracy' on the test part, and why it is not the run's own where it is not."""
    found = metrics.told(estimated, "test")
    words = f"{found['keras_accuracy'][0]:.4f}"
    mine = tidy[(tidy["part"] == "test") & (tidy["rule"] == tidy["rule"].iloc[0])]
    if np.allclose(mine["accuracy"], mine["keras_accuracy"], rtol=0, atol=1e-12):
        return f"{words}, as here"
    return f"{words}: {head.keras_accuracy}; here it is {found['threshold'][0]:.4g} or more"


def description(job: Job, origin: Origin) -> RunRecord:
    """Return the record of a job before it has any result."""
    experiment = experiment_of(job)
    known = origin.known.get(experiment)
    return RunRecord(
        experiment=experiment,
        name=name_of(job, known),
        tags=captions.tags_of(job, known) | {SWEEP: origin.sweep},
        params=_params(job, origin),
        description=captions.description_of(job, origin.command, origin.store),
    )


def _params(job: Job, origin: Origin) -> dict[str, Any]:
    """Every leaf that is set, and the threshold as a word: MLflow draws an axis of numbers and names as one of them."""
    every = leaves(job.spec) | dict(origin.places)
    return {name: value for name, value in every.items() if value is not None} | {
        "cut": f"at {title(job.spec.threshold, job.spec.rule)}"
    }


def _named(numbers: Mapping[str, tuple[float, float]]) -> dict[str, float]:
    """The metrics that become columns of the MLflow UI, in the order of RECORDED; all runs share their names."""
    named: dict[str, float] = {}
    for name, deviates in RECORDED.items():
        if name in numbers:
            full = sys.intern(name if name == "threshold" else f"test_{name}")
            mean, deviation = numbers[name]
            named |= {full: mean, sys.intern(f"{full}_sd"): deviation} if deviates else {full: mean}
    return named


def _epochs(fits: Sequence[Fit]) -> dict[str, dict[int, float]]:
    """Keras's history by epoch, the mean over the seeds that trained as long."""
    going = [[fit for fit in fits if fit.epochs > epoch] for epoch in range(max(fit.epochs for fit in fits))]
    return {
        name: {
            epoch + 1: float(np.mean([fit.history[name][epoch] for fit in own], dtype=np.float64))
            for epoch, own in enumerate(going)
        }
        for name in HISTORY
    }


def _rows_by_bin(counts: Histogram) -> dict[str, dict[int, float]]:
    """The histogram as MLflow can draw it over that of other runs: a step is where a bin begins, in hundredths."""
    steps = np.rint(100 * counts.edges[:-1]).astype(int).tolist()
    classes = zip(ROWS_BY_BIN, (counts.positive, counts.negative), strict=True)
    return {name: dict(zip(steps, own.tolist(), strict=True)) for name, own in classes}


def _files(job: Job, cell: Cell, point: OperatingPoint) -> dict[str, bytes]:
    return {
        SPEC: canonical(job.spec).encode(),
        "histogram.png": cell.pictures.png(point.threshold, title=_heading(job)),
        HISTOGRAM: json.dumps(_counts(job, cell, point)).encode(),
        **(at(cell.model, card(job, cell, point)) if cell.model else {}),
    }


def _heading(job: Job) -> str:
    return f"{job.spec.activation}, {job.spec.loss}, threshold {job.spec.threshold}"


def card(job: Job, cell: Cell, point: OperatingPoint) -> dict[str, Any]:
    """Return what the model of the first seed decides by, and what it says of a few rows: see `carried`."""
    spec, raw, decision = job.spec, cell.splits.raw, point.decisions[0]
    sure = None if np.isnan(decision.low) else [decision.low, decision.high]
    rows = raw.example.astype(object).where(raw.example.notna(), None).to_dict("records")
    scores = cell.scores["test"].scores[0, : len(rows)]
    labels = np.where(scores >= decision.threshold, cell.splits.positive, cell.splits.negative)
    return {
        "threshold": decision.threshold,
        "rule": point.rule,
        "threshold_ci": sure,
        "confidence": spec.rule.confidence,
        "tie_rule": "positive where score >= threshold",
        "positive": cell.splits.positive,
        "negative": cell.splits.negative,
        "activation": cell.head.activation.keras,
        "loss": spec.loss,
        "score": captions.stands_for(spec),
        "recalibration": "none",
        "seed": spec.seed,
        "data": cell.splits.hash,
        "numbers": list(raw.numbers),
        "texts": list(raw.texts),
        "check": {"rows": rows, "scores": scores.tolist(), "labels": labels.tolist()},
    }


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
