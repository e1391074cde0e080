"""Counts and scores -> one tidy table, a row per seed x part x operating point; and its summary over seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from threshold_lab.counts import Counts, Reals, counts_at
from threshold_lab.decisions import OperatingPoint
from threshold_lab.heads.scale import Scale
from threshold_lab.records import Scores
from threshold_lab.scoring import OVER_ALL_CUTS
from threshold_lab.spec import Cost
from threshold_lab.thresholds import AT_A_CUT, at_a_cut
from threshold_lab.uncertainty import Interval, over_seeds

DECIDED = {
    "threshold": "threshold",
    "threshold_low": "low",
    "threshold_high": "high",
    "value_low": "value_low",
    "value_high": "value_high",
    "optimism": "optimism",
    "undecided": "undecided",
}
"""Columns by fields of a decision: thresholds in the unit of the score, `value` and `optimism` in that of what the rule
makes large (a cost is negative), `undecided` a share."""

_SHARED = 20  # bins
_COUNTS = ("tp", "fp", "fn", "tn")
COLUMNS = ("seed", "part", "rule", *DECIDED, *_COUNTS, *AT_A_CUT, *OVER_ALL_CUTS)
"""The tidy table: `rule` is how the threshold was chosen, rows are counted; the metrics of `scoring` say no more at one
operating point than at another."""


ESTIMATES = ("part", "metric", "mean", "sd", "seeds_low", "seeds_high", "rows_low", "rows_high")
"""Columns of `estimates`."""


def table(
    parts: Mapping[str, Scores],
    scored: Mapping[str, Mapping[str, Reals]],
    points: Sequence[OperatingPoint],
    seeds: Sequence[int],
    cost: Cost,
) -> pd.DataFrame:
    """Return the tidy table of one job, columns COLUMNS.

    parts: the scores of each part. scored: `score_metrics` of each, computed once for all jobs that share them.
    A network without a threshold is blank at that operating point.
    """
    blocks = [(part, point) for part in parts for point in points]
    counts = [_counts(parts[part], point.threshold) for part, point in blocks]
    every = Counts(*(np.concatenate([getattr(own, name) for own in counts]) for name in _COUNTS))
    columns = {
        "seed": np.tile(np.array(seeds), len(blocks)),
        "part": _repeated([part for part, _ in blocks], len(seeds)),
        "rule": _repeated([point.rule for _, point in blocks], len(seeds)),
        **{
            name: np.tile(np.concatenate([own.column(field) for own in points]), len(parts))
            for name, field in DECIDED.items()
        },
        **{name: getattr(every, name) for name in _COUNTS},
        **at_a_cut(every, cost),
        **{name: np.concatenate([scored[part][name] for part, _ in blocks]) for name in OVER_ALL_CUTS},
    }
    return pd.DataFrame(columns, columns=list(COLUMNS), copy=False)


def _counts(scores: Scores, threshold: Reals) -> Counts:
    """Counts of each network; blank without a threshold."""
    if np.isnan(threshold).any():
        return Counts(*(np.full(len(threshold), np.nan) for _ in _COUNTS))
    return counts_at(scores.scores, scores.labels, threshold)


def _repeated(words: Sequence[str], times: int) -> "pd.Categorical[str]":
    """A column of each of some words so many times in turn; categories are compared faster than words."""
    different = list(dict.fromkeys(words))
    codes = np.repeat(np.array([different.index(own) for own in words], np.intp), times)
    return pd.Categorical.from_codes(codes, pd.Index(different))


def summary(tidy: pd.DataFrame, part: str, rule: str) -> dict[str, tuple[float, float]]:
    """Mean and standard deviation (ddof 1; NaN for one seed) over seeds of every number at one operating point.

    A metric that is undefined for any seed is left out: a mean over the others would be another quantity.
    """
    names, values = _numbers(tidy)
    found = dict(zip(names, zip(*_moments(values[_where(tidy, part, rule)]), strict=True), strict=True))
    return {name: own for name, own in found.items() if not np.isnan(own[0])}


def estimates(
    tidy: pd.DataFrame, rule: str, rows: Mapping[str, Mapping[str, Interval]], confidence: float
) -> pd.DataFrame:
    """Return every number of each part at one operating point, a row each, with both its uncertainties.

    mean and sd over seeds, with the interval of the mean (seeds_low, seeds_high); rows: by part and number, the
    intervals over the rows of the part (rows_low, rows_high), blank where there is none.
    """
    names, numbers = _numbers(tidy)
    values = np.concatenate([numbers[_where(tidy, part, rule)] for part in rows], axis=1)
    over_rows = np.array([known.get(name, (np.nan, np.nan)) for known in rows.values() for name in names]).T
    keys = (_repeated(list(rows), len(names)), np.array(names * len(rows), object))
    columns = (*keys, *_moments(values), *over_seeds(values, confidence), *over_rows)
    defined = ~np.isnan(values).any(axis=0)
    return pd.DataFrame({name: own[defined] for name, own in zip(ESTIMATES, columns, strict=True)})


def told(estimated: pd.DataFrame, part: str) -> dict[str, tuple[float, float]]:
    """Return mean and standard deviation of every number of a part, by its name: what `summary` is of one part."""
    own = estimated[estimated["part"] == part]
    return dict(zip(own["metric"], zip(own["mean"], own["sd"], strict=True), strict=True))


def _numbers(tidy: pd.DataFrame) -> tuple[list[str], Reals]:
    """Return every number of a tidy table: names (m), values (r, m)."""
    names = [str(name) for name in tidy if name not in ("seed", "part", "rule")]
    return names, tidy[names].to_numpy(np.float64)


def _where(tidy: pd.DataFrame, part: str, rule: str) -> NDArray[np.intp]:
    return np.flatnonzero((tidy["part"] == part) & (tidy["rule"] == rule))


def _moments(values: Reals) -> tuple[Reals, Reals]:
    """Mean and standard deviation of each column, (m,); those of equal values are exact."""
    if len(values) < 2:
        return values[0], np.full(values.shape[1], np.nan)
    equal = (values == values[0]).all(axis=0)
    return np.where(equal, values[0], values.mean(axis=0)), np.where(equal, 0.0, values.std(axis=0, ddof=1))


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


def comparable(scores: Scores, scale: Scale) -> Histogram:
    """Count scores by class on the same twenty bins for all jobs: see `Scale.place`; the ends hold what lies beyond."""
    placed = np.clip(scale.place(scores.scores), 0, 1)
    edges = np.arange(_SHARED + 1) / _SHARED
    positive, negative = (np.histogram(placed[:, scores.labels == label], edges)[0] for label in (True, False))
    return Histogram(edges, positive, negative)


def bin_edges(low: float, high: float, most: int = 60) -> Reals:
    """Edges at multiples of the smallest width in 0.05, 0.1, 0.25, 0.5, 1 ... that covers [0, 1] and both ends."""
    low, high = min(low, 0.0), max(high, 1.0)
    widths = (factor * 10.0**power for power in range(-2, 300) for factor in (5, 10, 25))
    width = next(width for width in widths if (high - low) / width <= most)
    first, last = np.floor(low / width), np.ceil(high / width)
    return np.arange(first, last + 1) * width
