"""Scores of r networks -> what they come to over all cuts, on a grid, the mean over the networks: to be drawn."""

from collections.abc import Callable

import numpy as np

from threshold_lab import calibration
from threshold_lab.counts import Counts, Flags, Reals, counts_at, every_cut, precision, recall, specificity

GRID = np.linspace(0, 1, 201)
"""Of the horizontal axis of every curve."""


def roc(scores: Reals, labels: Flags) -> Reals:
    """Recall at each false positive rate of GRID, straight between two cuts; on the diagonal for chance.

    Source: Fawcett 2006, doi:10.1016/j.patrec.2005.10.010, section 7.
    """
    return np.asarray(np.mean([_roc(every_cut(own, labels).counts) for own in scores], axis=0))


def _roc(own: Counts) -> Reals:
    """Where the curve rises straight up, the highest point."""
    rate, reached = 1 - specificity(own), recall(own)
    last = np.append(np.diff(rate) > 0, True)
    return np.asarray(np.interp(GRID, rate[last], reached[last]))


def precision_recall(scores: Reals, labels: Flags) -> Reals:
    """Best precision at a recall of GRID or more; the prevalence for chance."""
    return np.asarray(np.mean([_precision(every_cut(own, labels).counts) for own in scores], axis=0))


def _precision(own: Counts) -> Reals:
    """The cut that calls nobody positive has no precision, and none is better than the best that follows."""
    best = np.maximum.accumulate(np.nan_to_num(precision(own), nan=0.0)[::-1])[::-1]
    return best[np.minimum(np.searchsorted(recall(own), GRID - 1e-12), len(best) - 1)]


def at_cuts(measure: Callable[[Counts], Reals], scores: Reals, labels: Flags, thresholds: Reals) -> Reals:
    """A measure of counts at thresholds (t,) in the unit of the score; 0 where there is nothing to measure."""
    each = [counts_at(np.broadcast_to(own, (len(thresholds), len(own))), labels, thresholds) for own in scores]
    return np.asarray(np.mean([np.nan_to_num(measure(own), nan=0.0) for own in each], axis=0))


def reliability(probabilities: Reals, labels: Flags) -> tuple[Reals, Reals]:
    """Claimed probability and found share of all networks together, in ten bins of as many rows each."""
    clipped = np.clip(probabilities, 0, 1).ravel()
    own = calibration.reliability(clipped, np.tile(labels, len(probabilities)))
    return own.claimed, own.found
