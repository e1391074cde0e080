"""Metrics of scores as they are, over all cuts: scores (r, n) of r networks and labels (n,) -> (r,).

NaN where a metric is not defined. A metric of probabilities takes scores clipped to [0, 1].
"""

import numpy as np
from numpy.typing import NDArray

from threshold_lab.counts import Flags, Reals, every_cut, precision
from threshold_lab.records import Scores
from threshold_lab.thresholds import KERAS_HALF

BINS = 10
"""Of the calibration errors and of the Brier score's parts."""

OF_PROBABILITIES = (
    "brier",
    "brier_reliability",
    "brier_resolution",
    "brier_uncertainty",
    "log_loss",
    "ece_width",
    "ece_mass",
    "outside",
)
"""Metrics of scores that claim to be probabilities; blank for all others."""

OVER_ALL_CUTS = ("roc_auc", "roc_auc_logit", "average_precision", *OF_PROBABILITIES, "keras_accuracy")
"""Metrics of the scores alone: see `score_metrics`."""


def score_metrics(scores: Scores, *, probability: bool = True, low: int = 0) -> dict[str, Reals]:
    """Return every metric of OVER_ALL_CUTS, (r,) each.

    probability: whether scores claim to be probabilities; metrics of those are NaN where not. low: the target of a
    negative row, 0 or -1. roc_auc ranks rows by what `predict` returns, where a saturated score ties; roc_auc_logit by
    the logit behind it.
    """
    own, labels = scores.scores, scores.labels
    blank = dict.fromkeys(OF_PROBABILITIES, np.full(len(own), np.nan))
    return {
        "roc_auc": roc_auc(as_predicted(own), labels),
        "roc_auc_logit": roc_auc(scores.logits, labels),
        "average_precision": average_precision(own, labels),
        **(probability_metrics(own, labels) if probability else blank),
        "keras_accuracy": keras_matches(own, labels, low).mean(axis=1),
    }


def as_predicted(scores: Reals) -> NDArray[np.float32]:
    """Return scores as `predict` does, in float32."""
    with np.errstate(over="ignore"):
        return scores.astype(np.float32)


def probability_metrics(scores: Reals, labels: Flags) -> dict[str, Reals]:
    """Return every metric of OF_PROBABILITIES."""
    reliability, resolution, uncertainty = brier_parts(scores, labels)
    return {
        "brier": brier(scores, labels),
        "brier_reliability": reliability,
        "brier_resolution": resolution,
        "brier_uncertainty": uncertainty,
        "log_loss": log_loss(scores, labels),
        "ece_width": calibration_error(scores, labels, mass=False),
        "ece_mass": calibration_error(scores, labels, mass=True),
        "outside": outside(scores),
    }


# ---- of ranks


def roc_auc(scores: Reals | NDArray[np.float32], labels: Flags) -> Reals:
    """Probability that a positive row scores above a negative one, ties counting half; .5 is chance.

    The Mann-Whitney statistic over ranks. Source: Hanley and McNeil 1982, doi:10.1148/radiology.143.1.7063747.
    """
    positives, negatives = int(labels.sum()), int((~labels).sum())
    if not positives or not negatives:
        return np.full(len(scores), np.nan)
    rank_sums = np.array([midranks(own)[labels].sum() for own in scores])
    return (rank_sums - positives * (positives + 1) / 2) / (positives * negatives)


def average_precision(scores: Reals, labels: Flags) -> Reals:
    """Mean of the precisions at every cut, each weighing as much recall as it adds; prevalence is chance.

    No interpolation. Source: Davis and Goadrich 2006, doi:10.1145/1143844.1143874, on why not.
    """
    if not labels.any():
        return np.full(len(scores), np.nan)
    return np.array([_average_precision(own, labels) for own in scores])


def _average_precision(scores: Reals, labels: Flags) -> float:
    counts = every_cut(scores, labels).counts
    added = np.diff(counts.tp, prepend=0)
    return float(np.sum(np.where(added > 0, added * precision(counts), 0)) / labels.sum())


def midranks(values: Reals | NDArray[np.float32]) -> Reals:
    """Return ranks from 1, ties sharing their mean: (n,) -> (n,)."""
    _, where, times = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(times) - (times - 1) / 2)[where]


# ---- of probabilities


def brier(scores: Reals, labels: Flags) -> Reals:
    """Mean squared error of scores clipped to [0, 1], taken as probabilities; 0 is best, prevalence x (1 - it) blind.

    Source: Brier 1950, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.
    """
    return np.asarray(squared_errors(scores, labels).mean(axis=1))


def squared_errors(scores: Reals, labels: Flags) -> Reals:
    """Return each row's part of the Brier score, (r, n)."""
    return np.asarray(np.square(np.clip(scores, 0, 1) - labels))


def brier_parts(scores: Reals, labels: Flags) -> tuple[Reals, Reals, Reals]:
    """Reliability, resolution and uncertainty: brier = reliability - resolution + uncertainty, exactly.

    Over BINS bins of equal width; resolution is the generalised one, which takes in what varies within a bin. The
    smaller the reliability and the larger the resolution, the better.
    Source: Murphy 1973, doi:10.1175/1520-0450(1973)012<0595:ANVPOT>2.0.CO;2; Stephenson et al. 2008,
    doi:10.1175/2007WAF2006116.1.
    """
    uncertainty = np.full(len(scores), labels.mean() * (1 - labels.mean()))
    p = np.clip(scores, 0, 1)
    rows, claimed, found = binned(p, labels, of_equal_width(p))
    reliability = np.sum(np.square(claimed - found) / np.maximum(rows, 1), axis=1) / len(labels)
    return reliability, reliability + uncertainty - brier(scores, labels), uncertainty


def log_loss(scores: Reals, labels: Flags) -> Reals:
    """Mean negative log-likelihood in nats; 0 is best.

    Scores are taken as probabilities and clipped to [1e-7, 1 - 1e-7], as Keras clips them.
    Source: Good 1952, doi:10.1111/j.2517-6161.1952.tb00104.x.
    """
    return np.asarray(log_losses(scores, labels).mean(axis=1))


def log_losses(scores: Reals, labels: Flags) -> Reals:
    """Return each row's part of the log loss, (r, n)."""
    p = np.clip(scores, 1e-7, 1 - 1e-7)
    return -np.where(labels, np.log(p), np.log1p(-p))


def calibration_error(scores: Reals, labels: Flags, *, mass: bool) -> Reals:
    """Expected calibration error: mean distance of a bin's share of positives from its mean score; 0 is best.

    mass: BINS bins of as many rows each, else of equal width from 0 to 1.
    Source: Naeini et al. 2015, doi:10.1609/aaai.v29i1.9602.
    """
    p = np.clip(scores, 0, 1)
    _, claimed, found = binned(p, labels, of_equal_mass(p) if mass else of_equal_width(p))
    return np.asarray(np.abs(claimed - found).sum(axis=1) / len(labels))


def of_equal_width(p: Reals) -> NDArray[np.intp]:
    """Return the bin of each probability, (r, n) -> (r, n): BINS of equal width from 0 to 1."""
    return np.minimum((p * BINS).astype(np.intp), BINS - 1)


def of_equal_mass(p: Reals) -> NDArray[np.intp]:
    """Return the same, of BINS of as many rows of a network each by rank; rows of one score share a bin."""
    below = np.array([np.searchsorted(np.sort(own), own, "left") for own in p], np.intp).reshape(p.shape)
    return np.asarray(np.minimum(below * BINS // p.shape[1], BINS - 1))


def binned(p: Reals, labels: Flags, bins: NDArray[np.intp]) -> tuple[Reals, Reals, Reals]:
    """Return the rows, the summed probability and the positives of each bin of each network, (r, BINS) each."""
    places = (bins + BINS * np.arange(len(p))[:, None]).ravel()
    summed = (np.ones_like(p), p, np.broadcast_to(labels, p.shape))
    sums = (np.bincount(places, own.ravel(), len(p) * BINS) for own in summed)
    rows, claimed, found = (own.astype(np.float64).reshape(len(p), BINS) for own in sums)
    return rows, claimed, found


def outside(scores: Reals) -> Reals:
    """Share of scores that cannot be probabilities, being below 0 or above 1: in [0, 1]."""
    return np.asarray(beyond(scores).mean(axis=1))


def beyond(scores: Reals) -> Flags:
    """Return which scores cannot be probabilities, (r, n)."""
    return np.asarray((scores < 0) | (scores > 1))


# ---- what Keras calls accuracy


def keras_matches(scores: Reals, labels: Flags, low: int) -> Flags:
    """Rows that Keras's 'accuracy' of one output column counts: (score > .5), as 0 or 1, is the target; (r, n).

    low: the target of a negative row, 0 or -1; a target of -1 is never matched.
    """
    positive = scores >= KERAS_HALF
    return np.asarray(positive & labels if low < 0 else positive == labels)
