"""Two jobs on the same seeds and rows: their difference, how sure it is, and whether it is too small to matter."""

import math
from dataclasses import asdict, dataclass

import numpy as np
from scipy import stats

from threshold_lab.counts import Reals
from threshold_lab.errors import ConfigError, DataError

_MOST_SEEDS = 10**6
_ROUNDING = 1e-12  # of metrics that differ by as much on every seed


@dataclass(frozen=True)
class Asked:
    """Of a comparison: a difference too small to matter, in the unit of the metric, and how sure it is to be.

    confidence: of the interval, and 1 - alpha of the two one-sided tests. power: of these, which the seeds needed are
    told for.
    """

    margin: float
    confidence: float = 0.95
    power: float = 0.8

    def __post_init__(self) -> None:
        """Raise ConfigError on what no comparison can be asked for."""
        if not 0 < self.margin < math.inf:
            raise ConfigError(f"margin must be above 0, a difference too small to matter; got {self.margin:g}")
        for name in ("confidence", "power"):
            if not 0 < getattr(self, name) < 1:
                raise ConfigError(f"{name} must lie between 0 and 1, as 0.95 does; got {getattr(self, name):g}")


@dataclass(frozen=True)
class Comparison:
    """What a metric of the second job is above that of the first, over `seeds` pairs.

    difference: the mean, with its interval low to high (Student's t). improvement: the share of seeds on which the
    second is larger, ties counting half. p_equivalence: of the hypothesis that the jobs differ by `margin` or more (two
    one-sided tests). seeds_needed: to refute that with the power asked for, if there were no difference.
    """

    seeds: int
    difference: float
    low: float
    high: float
    improvement: float
    p_equivalence: float
    seeds_needed: int
    margin: float
    confidence: float
    power: float

    @property
    def verdict(self) -> str:
        """Return larger, smaller, equivalent, or not decided; a difference that is sure but small is told as both."""
        words = ["larger"] * (self.low > 0) + ["smaller"] * (self.high < 0)
        words += ["equivalent"] * (self.p_equivalence < 1 - self.confidence)
        return " and ".join(words) or "not decided"


def compare(first: Reals, second: Reals, asked: Asked) -> Comparison:
    """Compare a metric of two jobs, (r,) each, the same seeds in the same order.

    Raises DataError on fewer than two seeds, or a metric that is not defined for one.
    Source: Schuirmann 1987, doi:10.1007/BF01068419.
    """
    pairs = np.asarray(second, np.float64) - np.asarray(first, np.float64)
    if len(pairs) < 2 or np.isnan(pairs).any():
        raise DataError(
            f"a comparison needs two seeds or more, and the metric defined for each; got {len(pairs)} seeds, "
            f"{int(np.isnan(pairs).sum())} of them without it"
        )
    mean, spread = float(pairs.mean()), float(pairs.std(ddof=1)) if np.ptp(pairs) > _ROUNDING else 0.0
    half = float(stats.t.ppf((1 + asked.confidence) / 2, len(pairs) - 1)) * spread / math.sqrt(len(pairs))
    return Comparison(
        seeds=len(pairs),
        difference=mean,
        low=mean - half,
        high=mean + half,
        improvement=float(np.mean((pairs > 0) + (pairs == 0) / 2)),
        p_equivalence=_equivalence(mean, spread, len(pairs), asked.margin),
        seeds_needed=seeds_needed(spread, asked.margin, alpha=1 - asked.confidence, power=asked.power),
        **asdict(asked),
    )


def _equivalence(mean: float, spread: float, seeds: int, margin: float) -> float:
    """The larger p-value of two one-sided t tests, against -margin and against margin."""
    if spread == 0:
        return float(abs(mean) >= margin)
    return float(stats.t.sf((margin - abs(mean)) / (spread / math.sqrt(seeds)), seeds - 1))


def seeds_needed(spread: float, margin: float, *, alpha: float = 0.05, power: float = 0.8) -> int:
    """Return the fewest seeds with which two one-sided tests find no difference within a margin, as often as `power`.

    spread: standard deviation of a pair's difference. At most a million. Source: Phillips 1990, doi:10.1007/BF01063556,
    by the central t distribution.
    """
    low, high = 1, 2
    while high < _MOST_SEEDS and _power(high, spread, margin, alpha) < power:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _power(middle, spread, margin, alpha) >= power else (middle, high)
    return min(high, _MOST_SEEDS)


def _power(seeds: int, spread: float, margin: float, alpha: float) -> float:
    if spread == 0:
        return 1.0
    freedom = seeds - 1
    reach = margin / (spread / math.sqrt(seeds)) - stats.t.ppf(1 - alpha, freedom)
    return max(0.0, float(2 * stats.t.cdf(reach, freedom) - 1))
