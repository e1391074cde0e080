"""Jobs of a study as if they had run, from scores drawn here."""

import numpy as np
import pandas as pd
from conftest import spec

from threshold_lab.plan import Job
from threshold_lab.spec import Published
from threshold_lab.studies.results import Result
from threshold_lab.tracking import StoredRun

SEEDS, ROWS = 10, 40


def result(scores: np.ndarray, labels: np.ndarray, threshold: float | str, cut: float, **changes: object) -> Result:
    """A job whose networks gave scores (r, n), on each part alike, cut at or above a number."""
    called = scores >= cut
    counts = {
        "tp": (called & labels).sum(axis=1),
        "fp": (called & ~labels).sum(axis=1),
        "fn": (~called & labels).sum(axis=1),
        "tn": (~called & ~labels).sum(axis=1),
    }
    own = pd.DataFrame({"seed": range(len(scores)), **counts, "roc_auc": scores.mean(axis=1)})
    own["accuracy"] = (own["tp"] + own["tn"]) / len(labels)
    own["f1"], own["brier"] = own["accuracy"], np.nan
    parts = pd.concat([own.assign(part=part) for part in ("train", "validation", "test")])
    job = Job(spec(threshold=threshold, seeds=len(scores), **changes), "data", "engine")
    tags = {"lab.scores": f"{hash(scores.tobytes()):x}", "activation": job.spec.activation, "loss": job.spec.loss}
    return Result(job, StoredRun("id", job.key, "FINISHED", tags, {"majority": 0.5}), parts)


def drawn(seed: int, centre: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """Scores of ten networks that lean to the right side of a centre, and labels of both classes."""
    generator = np.random.default_rng(seed)
    labels = np.arange(ROWS) % 2 == 0
    return centre + 0.3 * np.where(labels, 1, -1) + generator.normal(size=(SEEDS, ROWS)) / 3, labels


def said(value: float, **changes: object) -> Published:
    return Published(**{"claim": "so", "metric": "accuracy", "parts": ("test",), "value": value} | changes)
