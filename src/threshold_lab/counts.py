"""Scores -> true and false positives and negatives at a cut, or at every cut; and the rates made of them.

A cut is exact: every distinct partition of the rows is looked at, and the threshold lies midway between the two
scores it parts. A rate takes counts of any shape and returns values of that shape.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from threshold_lab.errors import DataError

Reals = NDArray[np.float64]
Wholes = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Counts:
    """True and false positives and negatives, at any number of cuts or of networks: whole numbers, of one shape."""

    tp: NDArray[Any]
    fp: NDArray[Any]
    fn: NDArray[Any]
    tn: NDArray[Any]

    @property
    def rows(self) -> NDArray[Any]:
        """All rows."""
        return np.asarray(self.tp + self.fp + self.fn + self.tn)

    def __getitem__(self, index: Any) -> "Counts":
        return Counts(self.tp[index], self.fp[index], self.fn[index], self.tn[index])


def counts_at(scores: Reals, labels: Flags, threshold: Reals) -> Counts:
    """Count (r, n) scores against (n,) labels, each network at its own threshold (r,).

    Positive is score >= threshold. Raises DataError on NaN, which is on neither side.
    """
    if np.isnan(scores).any() or np.isnan(threshold).any():
        raise DataError("a score or a threshold is NaN, which is on neither side of a cut; leave that network out")
    positive = scores >= threshold[:, None]
    tp = (positive & labels).sum(axis=1)
    fp = (positive & ~labels).sum(axis=1)
    return Counts(tp, fp, labels.sum() - tp, (~labels).sum() - fp)


@dataclass(frozen=True, eq=False)
class Cuts:
    """Every partition of n rows by their score, the fewest positives first.

    threshold (c,): descending. counts (c,): at each. order (n,): the rows, the highest score first. called (c,): how
    many of them are positive.
    """

    threshold: Reals
    counts: Counts
    order: NDArray[np.intp]
    called: NDArray[np.intp]


def every_cut(scores: Reals, labels: Flags) -> Cuts:
    """Return every partition of scores (n,), at least one, by a threshold; labels (n,).

    Between two scores the threshold is midway; where rounding would put that onto the lower one, or beyond the finite
    numbers, it is the upper score itself. The first cut is just above the highest score and calls no row positive,
    which nothing does where that is inf; the last is the lowest score and calls every row so. Raises DataError on NaN.
    Cost: one sort. Source: Fawcett 2006, doi:10.1016/j.patrec.2005.10.010, algorithm 1.
    """
    if np.isnan(scores).any():
        raise DataError("a score is NaN, which is on neither side of a cut; leave it out")
    order = np.argsort(scores)[::-1]
    descending = scores[order]
    ends = np.flatnonzero(np.r_[descending[1:] < descending[:-1], True]) + 1
    called = ends if np.isinf(descending[0]) and descending[0] > 0 else np.r_[0, ends]
    hits = np.r_[0, np.cumsum(labels[order])]
    tp = hits[called]
    fp = called - tp
    counts = Counts(tp, fp, hits[-1] - tp, len(scores) - hits[-1] - fp)
    upper, lower = descending[np.maximum(called, 1) - 1], descending[np.minimum(called, len(scores) - 1)]
    return Cuts(np.where(called == 0, above(upper), between(upper, lower)), counts, order, called)


def above(scores: Reals) -> Reals:
    """Return the next number above each score."""
    with np.errstate(over="ignore"):
        return np.asarray(np.nextafter(scores, np.inf))


def some(cuts: Cuts, chosen: Flags) -> Cuts:
    """Return some of the cuts, (c,)."""
    return Cuts(cuts.threshold[chosen], cuts.counts[chosen], cuts.order, cuts.called[chosen])


def between(upper: Reals, lower: Reals) -> Reals:
    """Return the threshold that parts two scores; the upper one where there is no number between them."""
    with np.errstate(invalid="ignore"):
        middle = lower / 2 + upper / 2
    return np.where((middle > lower) & (middle <= upper), middle, upper)


# ---- rates; NaN where they are not defined


def accuracy(counts: Counts) -> Reals:
    """Share of rows on the right side."""
    return ratio(counts.tp + counts.tn, counts.rows)


def recall(counts: Counts) -> Reals:
    """Share of positive rows called positive; NaN without positive rows."""
    return ratio(counts.tp, counts.tp + counts.fn)


def specificity(counts: Counts) -> Reals:
    """Share of negative rows called negative; NaN without negative rows."""
    return ratio(counts.tn, counts.tn + counts.fp)


def precision(counts: Counts) -> Reals:
    """Share of rows called positive that are; NaN where none is called so."""
    return ratio(counts.tp, counts.tp + counts.fp)


def npv(counts: Counts) -> Reals:
    """Negative predictive value: share of rows called negative that are; NaN where none is called so."""
    return ratio(counts.tn, counts.tn + counts.fn)


def called_positive(counts: Counts) -> Reals:
    """Share of rows called positive."""
    return ratio(counts.tp + counts.fp, counts.rows)


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
    return fbeta(counts, 1.0)


def fbeta(counts: Counts, beta: float) -> Reals:
    """Harmonic mean of precision and recall, recall weighing beta^2 times as much; 0 where nothing is called positive.

    Source: van Rijsbergen 1979, Information Retrieval, chapter 7.
    """
    weight = beta * beta
    hits = (1 + weight) * counts.tp
    return ratio(hits, hits + weight * counts.fn + counts.fp)


def mcc(counts: Counts) -> Reals:
    """Matthews' correlation coefficient; 0 where one side of the cut is empty.

    Source: Matthews 1975, doi:10.1016/0005-2795(75)90109-9.
    """
    tp, fp, fn, tn = (np.asarray(count, np.float64) for count in (counts.tp, counts.fp, counts.fn, counts.tn))
    spread = np.sqrt((tp + fp) * (tp + fn)) * np.sqrt((tn + fp) * (tn + fn))
    return np.asarray(np.divide(tp * tn - fp * fn, spread, out=np.zeros_like(spread), where=spread != 0))


def kappa(counts: Counts) -> Reals:
    """Cohen's kappa, agreement of calls and labels beyond chance; NaN where all rows are of one class and called so.

    Source: Cohen 1960, doi:10.1177/001316446002000104.
    """
    tp, fp, fn, tn = (np.asarray(count, np.float64) for count in (counts.tp, counts.fp, counts.fn, counts.tn))
    return ratio(2 * (tp * tn - fn * fp), (tp + fp) * (fp + tn) + (tp + fn) * (fn + tn))


def gmean(counts: Counts) -> Reals:
    """Geometric mean of recall and specificity. Source: Kubat and Matwin 1997, ICML, pages 179-186."""
    return np.asarray(np.sqrt(recall(counts) * specificity(counts)))


def jaccard(counts: Counts) -> Reals:
    """Share of rows that are positive and called so, of those that are either; NaN where there is none."""
    return ratio(counts.tp, counts.tp + counts.fp + counts.fn)


def corner_distance(counts: Counts) -> Reals:
    """Distance from the corner of the ROC curve where recall and specificity are 1; smaller is better.

    Source: Perkins and Schisterman 2006, doi:10.1093/aje/kwj063.
    """
    return np.asarray(np.hypot(1 - recall(counts), 1 - specificity(counts)))


def ratio(part: NDArray[Any], whole: NDArray[Any]) -> Reals:
    """Return part / whole, NaN where the whole is nothing."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.true_divide(part, whole))
