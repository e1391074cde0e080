"""Scores -> counts at every cut -> the operating point a rule chooses.

A cut is exact: every distinct partition of the rows is looked at, and the threshold lies midway between the two
scores it parts. A new rule is one function of the counts and one row of RULES.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from threshold_lab.errors import ConfigError, DataError, unknown

_TIE = 1e-12
"""Values of a rule as close as this differ by rounding only: counts are whole numbers."""

Reals = NDArray[np.float64]
Wholes = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Counts:
    """True and false positives and negatives, at any number of cuts or of networks: arrays of one shape."""

    tp: Wholes
    fp: Wholes
    fn: Wholes
    tn: Wholes


def counts_at(scores: Reals, labels: NDArray[np.bool_], threshold: Reals) -> Counts:
    """Count (r, n) scores against (n,) labels, each network at its own threshold (r,).

    Positive is score >= threshold. Raises DataError on NaN, which is on neither side.
    """
    if np.isnan(scores).any() or np.isnan(threshold).any():
        raise DataError("a score or a threshold is NaN, which is on neither side of a cut; leave that network out")
    positive = scores >= threshold[:, None]
    tp = (positive & labels).sum(axis=1)
    fp = (positive & ~labels).sum(axis=1)
    return Counts(tp, fp, labels.sum() - tp, (~labels).sum() - fp)


def counts_at_every_cut(scores: Reals, labels: NDArray[np.bool_]) -> tuple[Reals, Counts]:
    """Return finite thresholds (c,), descending, and the counts at each: every partition of n scores.

    scores (n,) finite, labels (n,). Between two scores the threshold is midway; where rounding would put that
    onto the lower one, it is the upper score itself. The first cut is just above the highest score and calls no
    row positive; the last is the lowest score and calls every row so. Cost: one sort.
    Source: Fawcett 2006, doi:10.1016/j.patrec.2005.10.010, algorithm 1.
    """
    order = np.argsort(-scores, kind="stable")
    descending, hits = scores[order], labels[order]
    last = np.flatnonzero(np.r_[descending[1:] < descending[:-1], True])
    tp = np.r_[0, np.cumsum(hits)[last]]
    fp = np.r_[0, np.cumsum(~hits)[last]]
    upper, lower = descending[last[:-1]], descending[last[:-1] + 1]
    middle = lower + (upper - lower) / 2
    cuts = np.r_[np.nextafter(descending[0], np.inf), np.where(middle > lower, middle, upper), descending[-1]]
    return cuts, Counts(tp, fp, labels.sum() - tp, (~labels).sum() - fp)


# ---- what a rule makes as large as it can: counts of any shape -> values of that shape, the larger the better


def accuracy(counts: Counts) -> Reals:
    """Share of rows on the right side."""
    return (counts.tp + counts.tn) / (counts.tp + counts.fp + counts.fn + counts.tn)


def recall(counts: Counts) -> Reals:
    """Share of positive rows called positive; NaN without positive rows."""
    return _ratio(counts.tp, counts.tp + counts.fn)


def specificity(counts: Counts) -> Reals:
    """Share of negative rows called negative; NaN without negative rows."""
    return _ratio(counts.tn, counts.tn + counts.fp)


def precision(counts: Counts) -> Reals:
    """Share of rows called positive that are; NaN where none is called so."""
    return _ratio(counts.tp, counts.tp + counts.fp)


def balanced_accuracy(counts: Counts) -> Reals:
    """Mean of recall and specificity."""
    return (recall(counts) + specificity(counts)) / 2


def youden(counts: Counts) -> Reals:
    """Youden's J = recall + specificity - 1.

    Source: Youden 1950, doi:10.1002/1097-0142(1950)3:1<32::AID-CNCR2820030106>3.0.CO;2-3.
    """
    return recall(counts) + specificity(counts) - 1


def f1(counts: Counts) -> Reals:
    """Harmonic mean of precision and recall, 2 tp / (2 tp + fp + fn); 0 where nothing is called positive."""
    return _ratio(2 * counts.tp, 2 * counts.tp + counts.fp + counts.fn)


def mcc(counts: Counts) -> Reals:
    """Matthews' correlation coefficient; 0 where one side of the cut is empty.

    Source: Matthews 1975, doi:10.1016/0005-2795(75)90109-9.
    """
    tp, fp, fn, tn = (np.asarray(count, np.float64) for count in (counts.tp, counts.fp, counts.fn, counts.tn))
    spread = np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
    return np.divide(tp * tn - fp * fn, spread, out=np.zeros_like(spread), where=spread > 0)


RULES: dict[str, Callable[[Counts], Reals]] = {
    "youden": youden,
    "accuracy": accuracy,
    "balanced_accuracy": balanced_accuracy,
    "f1": f1,
    "mcc": mcc,
}


def check(threshold: float | str) -> None:
    """Raise ConfigError where a threshold is neither a number nor the name of a rule."""
    if isinstance(threshold, str) and threshold not in RULES:
        raise ConfigError(f"{unknown('threshold', threshold, RULES)}; or give a number")


def chosen(threshold: float | str, scores: Reals, labels: NDArray[np.bool_]) -> Reals:
    """Return each network's cut, (r,): the number itself, or what the rule chooses on these rows.

    scores (r, n), labels (n,): of the validation part, never of the test part. Of equally good cuts the one of the
    best accuracy; of those the highest, which calls the fewest rows positive. Raises ConfigError on an unknown rule,
    DataError on NaN or one class.
    """
    check(threshold)
    if not isinstance(threshold, str):
        return np.full(len(scores), float(threshold))
    if np.isnan(scores).any():
        raise DataError("a score is NaN, so no cut can be chosen; leave that network out")
    if labels.all() or not labels.any():
        raise DataError(f"the rule {threshold!r} needs both classes to choose a cut; the rows hold one")
    return np.array([_best(RULES[threshold], *counts_at_every_cut(own, labels)) for own in scores])


def _best(rule: Callable[[Counts], Reals], cuts: Reals, counts: Counts) -> float:
    values = rule(counts)
    tied = values >= np.nanmax(values) - _TIE
    return float(cuts[np.argmax(np.where(tied, accuracy(counts), -1))])


def _ratio(part: Wholes, whole: Wholes) -> Reals:
    missing = np.full(np.shape(whole), np.nan)
    return np.asarray(np.divide(part, whole, out=missing, where=np.asarray(whole) > 0))
