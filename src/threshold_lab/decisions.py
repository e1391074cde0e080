"""Scores of the validation part -> where each network's are cut, and how sure that is."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from threshold_lab import thresholds
from threshold_lab.bootstrap import resampled
from threshold_lab.counts import Flags, Reals
from threshold_lab.errors import DataError
from threshold_lab.records import Scores
from threshold_lab.spec import RuleSettings
from threshold_lab.thresholds import Terms
from threshold_lab.uncertainty import interval

_STREAM = 4  # child of a seed that no training draws from


@dataclass(frozen=True)
class Decision:
    """A threshold, the interval its rule puts it in on resamples of the rows, and the optimism of the rule's value.

    undecided: the share of resamples on which the rule found no cut, which the interval leaves out. All but the
    threshold are NaN where no row was looked at, or nothing resampled.
    """

    threshold: float
    low: float = np.nan
    high: float = np.nan
    optimism: float = np.nan
    undecided: float = np.nan


@dataclass(frozen=True, eq=False)
class OperatingPoint:
    """The decision for each of r networks, and the rule or number it came from."""

    rule: str
    decisions: tuple[Decision, ...]

    def column(self, field: str) -> Reals:
        """Return one field of all decisions, (r,)."""
        return np.array([getattr(own, field) for own in self.decisions])

    @property
    def threshold(self) -> Reals:
        """Return the thresholds, (r,)."""
        return self.column("threshold")


def stream(seed: int) -> np.random.Generator:
    """Return what the resamples of a seed are drawn from."""
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed, spawn_key=(_STREAM,))))


def decide(threshold: float | str, scores: Reals, labels: Flags, terms: Terms, seed: int = 0) -> Decision:
    """Choose a threshold on rows of the validation part, scores (n,) and labels (n,). Raises as `thresholds.chosen`."""
    thresholds.require_meaning(threshold, terms.settings, terms.scale)
    point, settings = thresholds.chosen(threshold, scores, labels, terms), terms.settings
    if not thresholds.searches(threshold) or not settings.resamples:
        return Decision(point)
    found = resampled(str(threshold), scores, labels, terms, stream(seed))
    chosen = found.threshold[~np.isnan(found.threshold)]
    low, high = interval(chosen, settings.confidence)
    middle = float(np.quantile(chosen, 0.5, method="lower")) if settings.smoothed and len(chosen) else point
    return Decision(middle, low, high, found.optimism, float(np.isnan(found.threshold).mean()))


def operating_point(threshold: float | str, scores: Scores, terms: Terms, seeds: Iterable[int]) -> OperatingPoint:
    """Decide for each network. Raises ConfigError as `decide`, and DataError that names the seeds it is about."""
    decisions: list[Decision] = []
    problems: dict[str, list[str]] = {}
    for own, seed in zip(scores.scores, seeds, strict=True):
        try:
            decisions.append(decide(threshold, own, scores.labels, terms, seed))
        except DataError as error:
            problems.setdefault(str(error), []).append(str(seed))
    if problems:
        raise DataError("; ".join(f"{error} (seeds {', '.join(own)})" for error, own in problems.items()))
    return OperatingPoint(thresholds.title(threshold, terms.settings), tuple(decisions))


def undecided(threshold: float | str, settings: RuleSettings, networks: int) -> OperatingPoint:
    """Return an operating point without a threshold, NaN."""
    return OperatingPoint(thresholds.title(threshold, settings), (Decision(np.nan),) * networks)
