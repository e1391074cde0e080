"""Scores of the validation part -> where each network's are cut, and how sure that is."""

from collections.abc import Sequence
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


@dataclass(frozen=True)
class Decision:
    """A threshold, and what its rule makes of resamples of the rows: where the interval of the threshold lies.

    value_low, value_high: the interval of what the rule makes as large as it can, chosen anew on each resample.
    optimism: by how much that is too good on the rows it was chosen on. undecided: the share of resamples on which the
    rule found no cut, which the intervals leave out. All but the threshold are NaN where nothing was resampled.
    """

    threshold: float
    low: float = np.nan
    high: float = np.nan
    value_low: float = np.nan
    value_high: float = np.nan
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


def decide(threshold: float | str, scores: Reals, labels: Flags, terms: Terms, seed: int = 0) -> Decision:
    """Choose a threshold on rows of the validation part, scores (n,) and labels (n,). Raises as `thresholds.chosen`."""
    thresholds.require_meaning(threshold, terms.settings, terms.scale)
    point, settings = thresholds.chosen(threshold, scores, labels, terms), terms.settings
    if not thresholds.searches(threshold) or not settings.resamples:
        return Decision(point)
    found = resampled(str(threshold), scores, labels, terms, seed)
    held = ~np.isnan(found.threshold)
    chosen = found.threshold[held]
    sure = (*interval(chosen, settings.confidence), *interval(found.value[held], settings.confidence))
    middle = float(np.quantile(chosen, 0.5, method="lower")) if settings.smoothed and len(chosen) else point
    return Decision(middle, *sure, found.optimism, float((~held).mean()))


def operating_point(threshold: float | str, scores: Scores, terms: Terms, seeds: Sequence[int]) -> OperatingPoint:
    """Decide for each network, on the same resamples: those of the first seed.

    Raises ConfigError as `decide`, and DataError that names the seeds it is about.
    """
    decisions: list[Decision] = []
    problems: dict[str, list[str]] = {}
    for own, seed in zip(scores.scores, seeds, strict=True):
        try:
            decisions.append(decide(threshold, own, scores.labels, terms, seeds[0]))
        except DataError as error:
            problems.setdefault(str(error), []).append(str(seed))
    if problems:
        raise DataError("; ".join(f"{error} (seeds {', '.join(own)})" for error, own in problems.items()))
    return OperatingPoint(thresholds.title(threshold, terms.settings), tuple(decisions))


def undecided(threshold: float | str, settings: RuleSettings, networks: int) -> OperatingPoint:
    """Return an operating point without a threshold, NaN."""
    return OperatingPoint(thresholds.title(threshold, settings), (Decision(np.nan),) * networks)
