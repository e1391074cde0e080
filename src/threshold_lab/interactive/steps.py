"""Scores of a cell -> the thresholds that its slider stops at, and the counts at each, which are exact.

Reckoned in decimals: a browser prints what it moves to, and a sum of floats is long: 0.1 + 0.2 is 0.30000000000000004.
"""

import math
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd

from threshold_lab.counts import Reals, counts_at
from threshold_lab.records import Scores

MOST = 250
"""Steps from the first row to the last, at most."""

COUNTS = ("tp", "fp", "fn", "tn")

_TAIL = 0.05  # of the rows of a class on each side, which may lie far from all others
_APART = 16  # floats from one step to the next, at least


@dataclass(frozen=True)
class Steps:
    """Thresholds in equal steps. start: where the slider stands at first. size: of a step, 1, 2 or 5 times a power of
    ten. below, above: how many there are on each side of start.
    """

    start: Decimal
    size: Decimal
    below: int
    above: int

    @property
    def thresholds(self) -> Reals:
        """All of them, (below + 1 + above,), ascending; the shortest decimals there are, and start as it was given."""
        return np.array([float(self.start + place * self.size) for place in range(-self.below, self.above + 1)])


def steps(scores: Scores, threshold: float) -> Steps:
    """Return steps from where all rows are called positive to where none is, but for rows that lie far outside.

    threshold: where the slider stands at first, in the unit of the score; one of the steps, exactly.
    """
    low, high = _range(scores, threshold)
    start, size = _decimal(threshold), _round(low, high)
    below = math.ceil((start - _decimal(low)) / size)
    above = math.floor((_decimal(high) - start) / size) + 1  # a score at the threshold is positive
    return Steps(start, size, below, above)


def counted(scores: Scores, thresholds: Reals) -> pd.DataFrame:
    """Return the counts of all networks together at each of thresholds (t,): columns threshold and COUNTS."""
    pooled, labels = scores.scores.ravel(), np.tile(scores.labels, len(scores.scores))
    found = counts_at(np.broadcast_to(pooled, (len(thresholds), len(pooled))), labels, thresholds)
    return pd.DataFrame({"threshold": thresholds} | {name: getattr(found, name) for name in COUNTS})


def _range(scores: Scores, threshold: float) -> tuple[float, float]:
    """The ends of the threshold and all scores, those left out that are far from most rows of both classes."""
    ends = [end for label in (False, True) for end in _most_of(scores.scores[:, scores.labels == label])]
    low, high = min(threshold, *ends), max(threshold, *ends)
    first, last = min(threshold, float(scores.scores.min())), max(threshold, float(scores.scores.max()))
    return max(first, low - (high - low)), min(last, high + (high - low))


def _most_of(scores: Reals) -> list[float]:
    """Two scores with a tail beyond each; of each class, as a rare class may be a tail of both together."""
    if not scores.size:
        return []
    ends = np.quantile(scores, _TAIL, method="higher"), np.quantile(scores, 1 - _TAIL, method="lower")
    return [float(end) for end in ends]


def _round(low: float, high: float) -> Decimal:
    """The smallest of 1, 2 and 5 times a power of ten that is in steps from low to high and that floats tell apart."""
    apart = _APART * Decimal(math.ulp(max(abs(low), abs(high))))
    least = max((Decimal(high) - Decimal(low) or Decimal(1)) / MOST, apart)
    power = Decimal(10) ** least.adjusted()
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least)


def _decimal(value: float) -> Decimal:
    """The shortest decimal that is read as a value, as a browser prints it."""
    return Decimal(repr(float(value)))
