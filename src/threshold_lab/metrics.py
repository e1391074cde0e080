"""Counts and scores -> one tidy table, a row per seed x part x operating point; and its summary over seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from threshold_lab.counts import Reals, counts_at
from threshold_lab.decisions import OperatingPoint
from threshold_lab.records import Scores
from threshold_lab.scoring import OVER_ALL_CUTS
from threshold_lab.spec import Cost
from threshold_lab.thresholds import AT_A_CUT, at_a_cut
from threshold_lab.uncertainty import Interval, over_seeds

DECIDED = {
    "threshold": "threshold",
    "threshold_low": "low",
    "threshold_high": "high",
    "optimism": "optimism",
    "undecided": "undecided",
}
"""Columns by fields of a decision: in the unit of the score, `optimism` in that of the rule, `undecided` a share."""

COLUMNS = ("seed", "part", "rule", *DECIDED, "tp", "fp", "fn", "tn", *AT_A_CUT, *OVER_ALL_CUTS)
"""The tidy table: `rule` is how the threshold was chosen, rows are counted; the metrics of `scoring` say no more at one
operating point than at another."""


ESTIMATES = ("metric", "mean", "sd", "seeds_low", "seeds_high", "rows_low", "rows_high")
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
    blocks = [
        {"seed": np.array(seeds), "part": [part] * len(seeds), "rule": [point.rule] * len(seeds)}
        | _decided(point)
        | _counted(scores, point.threshold, cost)
        | dict(scored[part])
        for part, scores in parts.items()
        for point in points
    ]
    return pd.DataFrame({name: np.concatenate([block[name] for block in blocks]) for name in COLUMNS})


def summary(tidy: pd.DataFrame, part: str, rule: str) -> dict[str, tuple[float, float]]:
    """Mean and standard deviation (ddof 1; NaN for one seed) over seeds of every number at one operating point.

    A metric that is undefined for any seed is left out: a mean over the others would be another quantity.
    """
    names, values = _numbers(tidy, part, rule)
    return dict(zip(names, zip(*_moments(values), strict=True), strict=True))


def estimates(tidy: pd.DataFrame, rule: str, rows: Mapping[str, Interval], confidence: float) -> pd.DataFrame:
    """Return every number at one operating point on the test part, a row each, with both its uncertainties.

    mean and sd over seeds, with the interval of the mean (seeds_low, seeds_high); rows: the intervals over the rows of
    the part (rows_low, rows_high), blank where there is none.
    """
    names, values = _numbers(tidy, "test", rule)
    over_rows = np.array([rows.get(name, (np.nan, np.nan)) for name in names]).T
    columns = (names, *_moments(values), *over_seeds(values, confidence), *over_rows)
    return pd.DataFrame(dict(zip(ESTIMATES, columns, strict=True)))


def _numbers(tidy: pd.DataFrame, part: str, rule: str) -> tuple[list[str], Reals]:
    """Return the numbers that are defined for every seed at one operating point, by name, and their values (r, m)."""
    names = [name for name in tidy if name not in ("seed", "part", "rule")]
    rows = (tidy["part"].to_numpy() == part) & (tidy["rule"].to_numpy() == rule)
    values = tidy[rows].drop(columns=["seed", "part", "rule"]).to_numpy(np.float64)
    defined = ~np.isnan(values).any(axis=0)
    return [str(name) for name, held in zip(names, defined, strict=True) if held], values[:, defined]


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


def bin_edges(low: float, high: float, most: int = 60) -> Reals:
    """Edges at multiples of the smallest width in 0.05, 0.1, 0.25, 0.5, 1 ... that covers [0, 1] and both ends."""
    low, high = min(low, 0.0), max(high, 1.0)
    widths = (factor * 10.0**power for power in range(-2, 300) for factor in (5, 10, 25))
    width = next(width for width in widths if (high - low) / width <= most)
    first, last = np.floor(low / width), np.ceil(high / width)
    return np.arange(first, last + 1) * width


def _decided(point: OperatingPoint) -> dict[str, Reals]:
    return {name: point.column(field) for name, field in DECIDED.items()}


def _counted(scores: Scores, threshold: Reals, cost: Cost) -> dict[str, Reals | NDArray[np.int64]]:
    """Counts and their metrics; blank without a threshold."""
    if np.isnan(threshold).any():
        return dict.fromkeys(("tp", "fp", "fn", "tn", *AT_A_CUT), np.full(len(threshold), np.nan))
    counts = counts_at(scores.scores, scores.labels, threshold)
    own = {"tp": counts.tp, "fp": counts.fp, "fn": counts.fn, "tn": counts.tn}
    return own | at_a_cut(counts, cost)
