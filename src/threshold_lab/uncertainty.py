"""How much of a number is the rows it was counted on: intervals on resamples of the rows, the networks as they are.

A threshold stays where it is: what its choice adds is the business of `bootstrap`.
"""

from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from threshold_lab.bootstrap import times_drawn
from threshold_lab.counts import Counts, Flags, Reals
from threshold_lab.records import Scores
from threshold_lab.scoring import log_losses, midranks, squared_errors
from threshold_lab.spec import Cost
from threshold_lab.thresholds import Terms, at_a_cut

Interval = tuple[float, float]
Weights = NDArray[np.float32]

_BLOCK = 2**20  # rows of all resamples worked on at once


def over_rows(scores: Scores, threshold: Reals, terms: Terms, generator: np.random.Generator) -> dict[str, Interval]:
    """Return the interval of each metric's mean over r networks, each at its own threshold (r,).

    The rates, called_positive and expected_cost, brier and log_loss of probabilities: quantiles over resamples of the
    rows, as many of each class as there are; roc_auc: normal, by its structural components. NaN where a metric is not
    defined on some resample, or nothing is resampled.
    """
    settings, probability = terms.settings, terms.scale.claim == "probability"
    losses = _losses(scores) if probability else {}
    called = scores.scores >= threshold[:, None]
    blocks = [
        _means(called, scores.labels, weights, settings.cost) | {name: weights @ own for name, own in losses.items()}
        for weights in _resamples(scores.labels, settings.resamples, generator)
    ]
    names = blocks[0] if blocks else {}
    found = {name: interval(np.concatenate([own[name] for own in blocks]), settings.confidence) for name in names}
    return found | {"roc_auc": _of_auc(scores.scores, scores.labels, settings.confidence)}


def _resamples(labels: Flags, number: int, generator: np.random.Generator) -> Iterator[Weights]:
    """How often each row is drawn, in blocks of resamples, (b, n)."""
    size = max(1, _BLOCK // len(labels))
    for start in range(0, number, size):
        weights = np.zeros((min(size, number - start), len(labels)), np.float32)
        for rows in (np.flatnonzero(labels), np.flatnonzero(~labels)):
            weights[:, rows] = times_drawn(len(rows), len(weights), generator)
        yield weights


def _means(called: Flags, labels: Flags, weights: Weights, cost: Cost) -> dict[str, Reals]:
    """Mean over the networks of every metric of counts, (b,)."""
    values = at_a_cut(_counts(called, labels, weights), cost)
    return {name: own.mean(axis=1) for name, own in values.items()}


def interval(values: Reals, confidence: float) -> Interval:
    """Return the quantiles that leave out as many of values (b,) below as above; NaN where one is not defined."""
    if not len(values) or np.isnan(values).any():
        return np.nan, np.nan
    low, high = np.quantile(values, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def over_seeds(values: Reals, confidence: float) -> Interval:
    """Return the interval of the mean of values (r,), one a seed, by Student's t; NaN for one seed."""
    if len(values) < 2:
        return np.nan, np.nan
    half = _student(len(values) - 1, confidence) * values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean() - half), float(values.mean() + half)


@cache
def _student(freedom: int, confidence: float) -> float:
    return float(stats.t.ppf((1 + confidence) / 2, freedom))


def _counts(called: Flags, labels: Flags, weights: Weights) -> Counts:
    """Counts of each resample and network, (b, r)."""
    tp, fp = (
        np.rint(weights[:, rows] @ called[:, rows].T.astype(np.float32)).astype(np.int64) for rows in (labels, ~labels)
    )
    return Counts(tp, fp, int(labels.sum()) - tp, int((~labels).sum()) - fp)


def _losses(scores: Scores) -> dict[str, Reals]:
    """What each row adds to the mean over rows and networks, (n,)."""
    each = {"brier": squared_errors, "log_loss": log_losses}
    return {name: of(scores.scores, scores.labels).mean(axis=0) / len(scores.labels) for name, of in each.items()}


def _of_auc(scores: Reals, labels: Flags, confidence: float) -> Interval:
    """Source: DeLong et al. 1988, doi:10.2307/2531595, of the mean over networks."""
    positives, negatives = int(labels.sum()), int((~labels).sum())
    if positives < 2 or negatives < 2:
        return np.nan, np.nan
    ranks = np.array([midranks(own) for own in scores])
    within = [np.array([midranks(own[rows]) for own in scores]) for rows in (labels, ~labels)]
    hits = ((ranks[:, labels] - within[0]) / negatives).mean(axis=0)
    misses = (1 - (ranks[:, ~labels] - within[1]) / positives).mean(axis=0)
    error = np.sqrt(hits.var(ddof=1) / positives + misses.var(ddof=1) / negatives)
    half = float(stats.norm.ppf((1 + confidence) / 2) * error)
    return max(0.0, float(hits.mean()) - half), min(1.0, float(hits.mean()) + half)
