"""Counts and scores -> one tidy table, a row per seed x part x operating point; and its summary over seeds."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from threshold_lab import thresholds
from threshold_lab.records import Scores
from threshold_lab.thresholds import Counts, Reals

AT_A_CUT = {
    "accuracy": thresholds.accuracy,
    "balanced_accuracy": thresholds.balanced_accuracy,
    "recall": thresholds.recall,
    "specificity": thresholds.specificity,
    "precision": thresholds.precision,
    "f1": thresholds.f1,
    "mcc": thresholds.mcc,
}
"""Metrics of the counts at one operating point; all in [-1, 1], larger is better, NaN where undefined."""

OVER_ALL_CUTS = ("roc_auc", "roc_auc_logit", "brier", "log_loss", "outside")
"""Metrics of the scores alone: see `score_metrics`."""

COLUMNS = ("seed", "part", "rule", "threshold", "tp", "fp", "fn", "tn", *AT_A_CUT, *OVER_ALL_CUTS)
"""The tidy table: `rule` is how the threshold was chosen, `threshold` is in the unit of the score, rows are counted."""


def roc_auc(scores: Reals | NDArray[np.float32], labels: NDArray[np.bool_]) -> Reals:
    """Probability that a positive row scores above a negative one, ties counting half: (r, n) -> (r,); .5 is chance.

    The Mann-Whitney statistic over ranks. Source: Hanley and McNeil 1982, doi:10.1148/radiology.143.1.7063747.
    """
    positives, negatives = int(labels.sum()), int((~labels).sum())
    if not positives or not negatives:
        return np.full(len(scores), np.nan)
    rank_sums = np.array([_midranks(own)[labels].sum() for own in scores])
    return (rank_sums - positives * (positives + 1) / 2) / (positives * negatives)


def brier(scores: Reals, labels: NDArray[np.bool_]) -> Reals:
    """Mean squared error of scores clipped to [0, 1], taken as probabilities; 0 is best, prevalence x (1 - it) blind.

    Source: Brier 1950, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.
    """
    return np.asarray(np.square(np.clip(scores, 0, 1) - labels).mean(axis=1))


def log_loss(scores: Reals, labels: NDArray[np.bool_]) -> Reals:
    """Mean negative log-likelihood in nats, (r, n) -> (r,); 0 is best.

    Scores are taken as probabilities and clipped to [1e-7, 1 - 1e-7], as Keras clips them.
    Source: Good 1952, doi:10.1111/j.2517-6161.1952.tb00104.x.
    """
    p = np.clip(scores, 1e-7, 1 - 1e-7)
    return np.asarray(-np.where(labels, np.log(p), np.log1p(-p)).mean(axis=1))


def outside(scores: Reals) -> Reals:
    """Share of scores that cannot be probabilities, being below 0 or above 1: (r, n) -> (r,) in [0, 1]."""
    return np.asarray(((scores < 0) | (scores > 1)).mean(axis=1))


def score_metrics(scores: Scores, probability: bool = True) -> dict[str, Reals]:
    """Return every metric of OVER_ALL_CUTS, (r,) each; NaN for those of probabilities where scores claim to be none.

    roc_auc ranks rows by what `predict` returns, where a saturated score ties; roc_auc_logit by the logit behind it.
    """
    undefined = np.full(len(scores.scores), np.nan)
    return {
        "roc_auc": roc_auc(scores.scores.astype(np.float32), scores.labels),
        "roc_auc_logit": roc_auc(scores.logits, scores.labels),
        "brier": brier(scores.scores, scores.labels) if probability else undefined,
        "log_loss": log_loss(scores.scores, scores.labels) if probability else undefined,
        "outside": outside(scores.scores) if probability else undefined,
    }


@dataclass(frozen=True, eq=False)
class OperatingPoint:
    """A threshold for each of r networks, (r,), and the rule or number it came from."""

    rule: str
    threshold: Reals


def table(
    parts: Mapping[str, Scores], scored: Mapping[str, Mapping[str, Reals]], points: list[OperatingPoint], seeds: range
) -> pd.DataFrame:
    """Return the tidy table of one job, columns COLUMNS.

    parts: the scores of each part. scored: `score_metrics` of each, computed once for all jobs that share them.
    """
    blocks = [
        {"seed": np.array(seeds), "part": part, "rule": point.rule, "threshold": point.threshold}
        | _columns(thresholds.counts_at(scores.scores, scores.labels, point.threshold))
        | dict(scored[part])
        for part, scores in parts.items()
        for point in points
    ]
    return pd.concat([pd.DataFrame(block, columns=list(COLUMNS)) for block in blocks], ignore_index=True)


def summary(tidy: pd.DataFrame, part: str, rule: str) -> dict[str, tuple[float, float]]:
    """Mean and standard deviation (ddof 1; NaN for one seed) over seeds of every number at one operating point.

    A metric that is undefined for any seed is left out: a mean over the others would be another quantity.
    """
    rows = tidy[(tidy["part"] == part) & (tidy["rule"] == rule)]
    numbers = rows.drop(columns=["seed", "part", "rule"]).astype(np.float64)
    return {str(name): _estimate(column.to_numpy()) for name, column in numbers.items() if column.notna().all()}


def _estimate(values: Reals) -> tuple[float, float]:
    """Mean and standard deviation; those of equal values are exact."""
    if (values == values[0]).all():
        return float(values[0]), 0.0 if len(values) > 1 else np.nan
    return float(values.mean()), float(values.std(ddof=1))


def majority(labels: NDArray[np.bool_]) -> float:
    """Accuracy of always saying the more frequent of labels (n,): the baseline of every accuracy, .5 to 1."""
    share = float(labels.mean())
    return max(share, 1 - share)


@dataclass(frozen=True, eq=False)
class Histogram:
    """Scores counted by class, pooled over networks: edges (b + 1,), positive and negative (b,); last bin closed."""

    edges: Reals
    positive: NDArray[np.int64]
    negative: NDArray[np.int64]


def histogram(scores: Scores) -> Histogram:
    """Count scores by class on bins that line up between jobs: 0.05 wide from 0 to 1, wider where scores range."""
    edges = bin_edges(float(scores.scores.min()), float(scores.scores.max()))
    positive, negative = (np.histogram(scores.scores[:, scores.labels == label], edges)[0] for label in (True, False))
    return Histogram(edges, positive, negative)


def bin_edges(low: float, high: float, most: int = 60) -> Reals:
    """Edges at multiples of the smallest width in 0.05, 0.1, 0.25, 0.5, 1 ... that covers [0, 1] and both ends."""
    low, high = min(low, 0.0), max(high, 1.0)
    widths = (factor * 10.0**power for power in range(-2, 300) for factor in (5, 10, 25))
    width = next(width for width in widths if (high - low) / width <= most)
    first, last = np.floor(low / width), np.ceil(high / width)
    return np.arange(first, last + 1) * width


def _columns(counts: Counts) -> dict[str, Reals | NDArray[np.int64]]:
    own = {"tp": counts.tp, "fp": counts.fp, "fn": counts.fn, "tn": counts.tn}
    return own | {name: metric(counts) for name, metric in AT_A_CUT.items()}


def _midranks(values: Reals | NDArray[np.float32]) -> Reals:
    """Ranks from 1, ties sharing their mean."""
    _, where, times = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(times) - (times - 1) / 2)[where]
