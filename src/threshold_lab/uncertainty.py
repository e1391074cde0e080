"""How sure a number is: its interval over seeds, the rows as they are, and over rows, the networks as they are.

A threshold stays where it is: what its choice adds is the business of `bootstrap`.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from threshold_lab.counts import Counts, Flags, Reals
from threshold_lab.draws import Resampler
from threshold_lab.spec import RuleSettings
from threshold_lab.thresholds import AT_A_CUT, at_a_cut

Interval = tuple[float, float]
Patterns = tuple[NDArray[np.float32], NDArray[np.int64]]
"""What r networks call g groups of rows, (r, g), and how many rows each group has, (g,)."""

_BLOCK = 2**18  # groups of all resamples worked on at once: what stays close to the processor
_FEW = 8  # rows a group from which on groups are drawn, not rows
_RANKED = ("roc_auc", "roc_auc_logit", "average_precision")
_RANGE = {"log_loss": (0.0, np.inf), "brier_resolution": (-1.0, 1.0)}  # of all others 0 to 1


def interval(values: Reals, confidence: float) -> Interval:
    """Return the quantiles that leave out as many of values (b,) below as above; NaN where one is not defined."""
    if not len(values):
        return np.nan, np.nan
    low, high = _quantiles(values[:, None], confidence)
    return float(low[0]), float(high[0])


def _quantiles(values: Reals, confidence: float) -> tuple[Reals, Reals]:
    """Of each column, (b, m) -> (m,) each; values that occur, as there is nothing between inf and a number."""
    low, high = np.quantile(values, [(1 - confidence) / 2, (1 + confidence) / 2], axis=0, method="nearest")
    return low, high


# ---- over seeds


def over_seeds(values: Reals, confidence: float) -> tuple[Reals, Reals]:
    """Return the intervals of the means of values (r, m), a row a seed, by Student's t: (m,) each, NaN for one seed."""
    if len(values) < 2:
        return (np.full(values.shape[1], np.nan),) * 2
    mean = values.mean(axis=0)
    half = _student(len(values) - 1, confidence) * values.std(axis=0, ddof=1) / np.sqrt(len(values))
    return mean - half, mean + half


@cache
def _student(freedom: int, confidence: float) -> float:
    return float(stats.t.ppf((1 + confidence) / 2, freedom))


# ---- over rows


def by_influence(influence: Reals, labels: Flags, confidence: float) -> float:
    """Return half the normal interval of a metric, or of a difference, from the influence of each row on it, (n,).

    NaN where a class has one row.
    """
    classes = [influence[own] for own in (labels, ~labels)]
    if min(map(len, classes)) < 2:
        return np.nan
    return _normal(confidence) * float(np.sqrt(sum(own.var(ddof=1) / len(own) for own in classes)))


def of_scores(
    values: Mapping[str, Reals], influences: Mapping[str, Reals], labels: Flags, confidence: float
) -> dict[str, Interval]:
    """Return the interval of the mean over networks of every metric of scores.

    values (r,): of each network. influences (n,): of each row on their mean, see `influence.influences`.
    """
    found = {}
    for name, own in influences.items():
        mean, half = float(values[name].mean()), by_influence(own, labels, confidence)
        found[name] = _on_logits(mean, half) if name in _RANKED else _within(name, mean - half, mean + half)
    return found


def _within(name: str, low: float, high: float) -> Interval:
    least, most = _RANGE.get(name, (0.0, 1.0))
    return max(least, low), min(most, high)


def _on_logits(mean: float, half: float) -> Interval:
    """The normal interval of the metric's log-odds, which covers better near 1.

    Source: Pepe 2003, The statistical evaluation of medical tests, section 5.2.4; Boyd et al. 2013,
    doi:10.1007/978-3-642-40994-3_29, for average precision.
    """
    if not 0 < mean < 1:
        return mean, mean
    reach = half / (mean * (1 - mean))
    low, high = (1 / (1 + (1 - mean) / mean * np.exp(sign * reach)) for sign in (1, -1))
    return float(low), float(high)


def varying(intervals: Mapping[str, Interval]) -> dict[str, Interval]:
    """Leave out intervals of no width: where no resample differs, the rows do not tell how sure a number is."""
    return {name: (low, high) for name, (low, high) in intervals.items() if low != high}


@cache
def _normal(confidence: float) -> float:
    return float(stats.norm.ppf((1 + confidence) / 2))


def by_resamples(
    called: Flags,
    labels: Flags,
    settings: RuleSettings,
    seed: int,
    told: Callable[[Reals], Reals] = lambda values: values.mean(axis=0),
) -> Mapping[str, Interval]:
    """Return the interval of every metric of AT_A_CUT on resamples of the rows, as many of each class as there are.

    called (r, n): what r networks call each row. told: what is made of the metrics of resamples, (r, b) -> (b,): their
    mean. NaN where a metric is not defined on some resample; empty where nothing is resampled.
    """
    blocks = [
        np.stack([told(own) for own in at_a_cut(counts, settings.cost).values()], axis=1)
        for counts in _resamples(called, labels, Resampler(seed, settings.resamples))
    ]
    if not blocks:
        return {}
    ends = (own.tolist() for own in _quantiles(np.concatenate(blocks), settings.confidence))
    return dict(zip(AT_A_CUT, zip(*ends, strict=True), strict=True))


def _resamples(called: Flags, labels: Flags, resampler: Resampler) -> Iterator[Counts]:
    """Counts of every network and resample, in blocks of resamples, (r, b)."""
    classes = [(_grouped(called[:, own], resampler), positive) for own, positive in ((labels, True), (~labels, False))]
    size = max(1, _BLOCK // max(len(rows) for (_, rows), _ in classes))
    for start in range(0, resampler.resamples, size):
        share = range(start, min(start + size, resampler.resamples))
        tp, fp = (_called(own, share, resampler, positive=positive) for own, positive in classes)
        yield Counts(tp, fp, int(labels.sum()) - tp, int((~labels).sum()) - fp)


def _grouped(called: Flags, resampler: Resampler) -> Patterns:
    """Group rows that all networks call alike, where few groups hold many rows; else each row is its own."""
    rows = called.shape[1]
    if not resampler.keeps(rows):
        _, first, many = np.unique(np.packbits(called, axis=0).T, axis=0, return_index=True, return_counts=True)
        if _FEW * len(first) <= rows:
            return called[:, first].astype(np.float32), many
    return called.astype(np.float32), np.ones(rows, np.int64)


def _called(patterns: Patterns, share: range, resampler: Resampler, *, positive: bool) -> Reals:
    """Rows that each network calls positive in each resample, (r, b)."""
    calls, rows = patterns
    if len(rows) == rows.sum():
        drawn = resampler.times(len(rows), share, positive=positive)
    else:
        drawn = resampler.generator.multinomial(int(rows.sum()), rows / rows.sum(), len(share))
    return (calls @ drawn.astype(calls.dtype).T).astype(np.float64)
