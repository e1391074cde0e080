"""How much each row moves a metric of scores, from which its interval over rows follows.

The influence of a row is what the metric gains, per unit of weight, as weight of its class moves to that row; each
class keeps its weight. The variance of the metric over rows is the sum over the classes of the variance within each,
divided by its rows. Source: Efron 1982, doi:10.1137/1.9781611970319, chapter 6; of ROC AUC it is that of DeLong et al.
1988, doi:10.2307/2531595. Those of ranks are of one network, scores (n,); all others of several, (r, n).
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from threshold_lab.counts import Flags, Reals, every_cut, precision, ratio
from threshold_lab.records import Scores
from threshold_lab.scoring import (
    as_predicted,
    beyond,
    binned,
    keras_matches,
    log_losses,
    midranks,
    of_equal_mass,
    of_equal_width,
    squared_errors,
)

Influence = Callable[[Reals, Flags], Reals]


def influences(scores: Scores, *, probability: bool = True, low: int = 0) -> dict[str, Reals]:
    """Return the influence of each row on the mean over networks of every metric of `scoring.score_metrics`, (n,) each.

    But of `brier_uncertainty`, which is the share of each class. The arguments are those of `score_metrics`.
    """
    own, labels = scores.scores, scores.labels
    ranked = {
        "roc_auc": _mean(roc_auc, as_predicted(own), labels),
        "roc_auc_logit": _mean(roc_auc, scores.logits, labels),
        "average_precision": _mean(average_precision, own, labels),
        "keras_accuracy": of_mean(keras_matches(own, labels, low).mean(axis=0), labels),
    }
    clipped, outside = np.clip(own, 0, 1), beyond(own).mean(axis=0)
    claimed = {name: np.asarray(of(clipped, labels).mean(axis=0)) for name, of in OF_PROBABILITIES.items()}
    return ranked | (claimed | {"outside": of_mean(outside, labels)} if probability else {})


def _mean(of: Influence, scores: NDArray[Any], labels: Flags) -> Reals:
    return np.asarray(np.mean([of(own, labels) for own in scores], axis=0))


# ---- of ranks


def roc_auc(scores: Reals, labels: Flags) -> Reals:
    """Share of the rows of the other class on the right side of each row, ties counting half."""
    ranks, found = midranks(scores), np.empty(len(scores))
    found[labels] = ratio(ranks[labels] - midranks(scores[labels]), np.asarray(np.sum(~labels)))
    found[~labels] = 1 - ratio(ranks[~labels] - midranks(scores[~labels]), np.asarray(np.sum(labels)))
    return found


def average_precision(scores: Reals, labels: Flags) -> Reals:
    """A positive row brings the precision at its cut; each row changes the precision at all cuts that call it so."""
    cuts = every_cut(scores, labels)
    tp, fp = cuts.counts.tp, cuts.counts.fp
    change = np.diff(tp, prepend=0) / np.square(np.maximum(tp + fp, 1.0))
    hits, misses = (np.cumsum((own * change)[::-1])[::-1] for own in (fp, -tp * (np.sum(~labels) / np.sum(labels))))
    cut = np.searchsorted(cuts.called, np.arange(len(scores)), "right")
    found = np.empty(len(scores))
    found[cuts.order] = np.where(labels[cuts.order], precision(cuts.counts)[cut] + hits[cut], misses[cut])
    return found


# ---- of probabilities


def of_mean(losses: Reals, labels: Flags) -> Reals:
    """Return the influence on a mean over all rows: losses (n,) or (r, n)."""
    return np.asarray(losses * np.where(labels, labels.mean(), (~labels).mean()))


def brier(p: Reals, labels: Flags) -> Reals:
    """Return the influence on the Brier score."""
    return of_mean(squared_errors(p, labels), labels)


def log_loss(p: Reals, labels: Flags) -> Reals:
    """Return the influence on the log loss."""
    return of_mean(log_losses(p, labels), labels)


def brier_reliability(p: Reals, labels: Flags) -> Reals:
    """Return the influence on the Brier score's reliability; rows stay in their bins."""
    gap = _gap(p, labels, of_equal_width(p))
    return of_mean(gap * (2 * (p - labels) - gap), labels)


def brier_resolution(p: Reals, labels: Flags) -> Reals:
    """Return the influence on the Brier score's resolution; rows stay in their bins."""
    return np.asarray(brier_reliability(p, labels) - brier(p, labels))


def calibration_error(bins: Callable[[Reals], NDArray[np.intp]], p: Reals, labels: Flags) -> Reals:
    """Return the influence on the expected calibration error; rows stay in their bins."""
    return of_mean(np.sign(_gap(p, labels, bins(p))) * (p - labels), labels)


def _gap(p: Reals, labels: Flags, bins: NDArray[np.intp]) -> Reals:
    """Mean probability less share of positives, of the bin each row is in, (r, n)."""
    rows, claimed, found = binned(p, labels, bins)
    gap: Reals = (claimed - found) / np.maximum(rows, 1)
    return np.take_along_axis(gap, bins, axis=1)


OF_PROBABILITIES: Mapping[str, Influence] = {
    "brier": brier,
    "brier_reliability": brier_reliability,
    "brier_resolution": brier_resolution,
    "log_loss": log_loss,
    "ece_width": partial(calibration_error, of_equal_width),
    "ece_mass": partial(calibration_error, of_equal_mass),
}
"""By the metric's name in `scoring`; of probabilities in [0, 1]."""
