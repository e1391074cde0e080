"""Scores -> the threshold a rule chooses.

A new rule is one function of the counts and one line in BEST, or one function of the terms and one line in GIVEN.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from threshold_lab import counts
from threshold_lab.counts import Counts, Cuts, Flags, Reals, accuracy, every_cut
from threshold_lab.errors import ConfigError, DataError, unknown
from threshold_lab.heads import Scale
from threshold_lab.spec import Cost, RuleSettings, leaves

TIE = 1e-12
"""Values of a rule as close as this count as equal: they differ by rounding, or by one in a million rows a class."""

KERAS_HALF = float(np.nextafter((0.5 + float(np.nextafter(np.float32(0.5), np.float32(1)))) / 2, 1))
"""The lowest score whose float32 is above .5, where Keras's 'accuracy' begins to call a row positive."""


@dataclass(frozen=True)
class Terms:
    """What a rule may ask for beside the counts: its settings, the share of positives among the rows that were
    trained on, and where a score stands for a probability.
    """

    settings: RuleSettings
    prevalence: float
    scale: Scale


Value = Callable[[Counts, Terms], Reals]
"""What a rule makes as large as it can, at cuts of any shape; NaN where a cut may not be chosen."""


# ---- rules that look for the best of all cuts


def _rate(rate: Callable[[Counts], Reals], counts: Counts, _terms: Terms) -> Reals:
    return rate(counts)


def fbeta(own: Counts, terms: Terms) -> Reals:
    """F-beta."""
    return counts.fbeta(own, terms.settings.beta)


def saving(own: Counts, terms: Terms) -> Reals:
    """Mean cost of a row, below nothing, in the unit of the largest cost."""
    cost = terms.settings.cost
    return -expected_cost(own, cost) / max(map(abs, (cost.fp, cost.fn, cost.tp, cost.tn)))


def expected_cost(own: Counts, cost: Cost) -> Reals:
    """Mean cost of a row, in the unit of the costs; smaller is better."""
    return counts.ratio(cost.fp * own.fp + cost.fn * own.fn + cost.tp * own.tp + cost.tn * own.tn, own.rows)


def prevalence(own: Counts, terms: Terms) -> Reals:
    """How near the share of rows called positive comes to that of positives in the training part."""
    return -np.abs(counts.called_positive(own) - terms.prevalence)


def closest_to_corner(own: Counts, _terms: Terms) -> Reals:
    """How near the cut lies to the corner of the ROC curve."""
    return -counts.corner_distance(own)


def _at_least(held: str, raised: str, own: Counts, terms: Terms) -> Reals:
    """One rate as high as can be where another is at least what the settings say."""
    return np.where(RATES[held](own) >= terms.settings.at_least, RATES[raised](own), np.nan)


RATES: Mapping[str, Callable[[Counts], Reals]] = {
    "accuracy": counts.accuracy,
    "balanced_accuracy": counts.balanced_accuracy,
    "recall": counts.recall,
    "specificity": counts.specificity,
    "precision": counts.precision,
    "npv": counts.npv,
    "f1": counts.f1,
    "mcc": counts.mcc,
    "kappa": counts.kappa,
    "youden": counts.youden,
    "gmean": counts.gmean,
    "jaccard": counts.jaccard,
}
"""By name; the larger the better."""

AT_A_CUT = (*RATES, "called_positive", "expected_cost")
"""Of the counts at a cut: the rates, the share of rows called positive, a row's mean cost (smaller is better)."""


def at_a_cut(own: Counts, cost: Cost) -> dict[str, Reals]:
    """Return every metric of AT_A_CUT."""
    rates = {name: rate(own) for name, rate in RATES.items()}
    return rates | {"called_positive": counts.called_positive(own), "expected_cost": expected_cost(own, cost)}


_CONSTRAINED = {
    "recall_at_least": ("recall", "specificity"),
    "precision_at_least": ("precision", "recall"),
    "specificity_at_least": ("specificity", "recall"),
}

BEST: Mapping[str, Value] = {
    **{
        name: partial(_rate, RATES[name])
        for name in ("youden", "accuracy", "balanced_accuracy", "f1", "mcc", "kappa", "gmean", "jaccard")
    },
    "fbeta": fbeta,
    "cost": saving,
    "prevalence": prevalence,
    "closest_to_corner": closest_to_corner,
    **{name: partial(_at_least, *rates) for name, rates in _CONSTRAINED.items()},
}
"""Rules that look at every cut of the validation part. Of equally good cuts they take the one of the best accuracy; of
those the highest, which calls the fewest rows positive."""


def rises(rule: str) -> bool:
    """Whether a rule never makes less of more true positives, nor of fewer false ones; NaN being the least."""
    return rule != "prevalence"


# ---- rules that look at no row


def keras(_terms: Terms) -> float:
    """Keras's own cut: above .5, whatever the score is."""
    return KERAS_HALF


def natural(terms: Terms) -> float:
    """Where the score stands for a probability of one half."""
    return terms.scale.at(0.5)


def elkan(terms: Terms) -> float:
    """Where both calls are expected to cost the same, if the score is the probability it stands for.

    Source: Elkan 2001, The foundations of cost-sensitive learning, IJCAI, equation 2.
    """
    cost = terms.settings.cost
    wrong = cost.fp - cost.tn
    return terms.scale.at(wrong / (wrong + cost.fn - cost.tp))


GIVEN: Mapping[str, Callable[[Terms], float]] = {"keras": keras, "natural": natural, "elkan": elkan}
"""Rules that follow from what the score means."""

RULES = (*BEST, *GIVEN)


def _costs(settings: RuleSettings) -> str:
    return ", ".join(f"{name}={value:g}" for name, value in leaves(settings.cost).items() if value)


_TOLD: Mapping[str, Callable[[RuleSettings], str]] = {
    "fbeta": lambda settings: f"{settings.beta:g}",
    **dict.fromkeys(_CONSTRAINED, lambda settings: f"{settings.at_least:g}"),
    **dict.fromkeys(("cost", "elkan"), _costs),
}
"""The settings a rule follows, in words."""


def title(threshold: float | str, settings: RuleSettings) -> str:
    """Return a threshold with all that decides it: 0.3, youden, fbeta(2), cost(fn=5, fp=1), youden smoothed."""
    told = _TOLD.get(str(threshold))
    words = str(threshold) if told is None else f"{threshold}({told(settings)})"
    return f"{words} smoothed" if settings.smoothed and searches(threshold) else words


def check(threshold: float | str) -> None:
    """Raise ConfigError where a threshold is neither a number nor the name of a rule."""
    if threshold != threshold:
        raise ConfigError("threshold is nan, which cuts nothing; give a number or a rule")
    if isinstance(threshold, str) and threshold not in RULES:
        raise ConfigError(f"{unknown('threshold', threshold, RULES)}; or give a number")


def require_meaning(threshold: float | str, settings: RuleSettings, scale: Scale) -> None:
    """Raise ConfigError where a rule asks for what the score does not stand for, or for what smoothing may break."""
    if threshold in _CONSTRAINED and settings.smoothed:
        raise ConfigError(
            f"the rule {threshold!r} cannot be smoothed: the median of cuts that hold a limit need not hold it; leave "
            f"rule.smoothed out"
        )
    if threshold in GIVEN:
        GIVEN[str(threshold)](Terms(settings, np.nan, scale))


def searches(threshold: float | str) -> bool:
    """Whether a threshold is chosen by what the rows hold."""
    return threshold in BEST


def chosen(threshold: float | str, scores: Reals, labels: Flags, terms: Terms) -> float:
    """Return the threshold on rows of the validation part, never of the test part: scores (n,), labels (n,).

    It is the number itself, or what the rule says. Raises ConfigError on an unknown rule or one that the score has
    no meaning for; DataError where the rows hold NaN, one class, one score, or no cut that the rule may choose.
    """
    check(threshold)
    if not isinstance(threshold, str):
        return float(threshold)
    if threshold in GIVEN:
        return GIVEN[threshold](terms)
    require_choice(threshold, scores, labels)
    cuts = every_cut(scores, labels)
    values = BEST[threshold](cuts.counts, terms)
    if np.isnan(values).all():
        raise DataError(_unmet(threshold, cuts, terms))
    return float(cuts.threshold[best(values[None], cuts.counts[None])[0]])


def require_choice(rule: str, scores: Reals, labels: Flags) -> None:
    """Raise DataError where rows leave a rule nothing to choose."""
    if labels.all() or not labels.any():
        raise DataError(f"the rule {rule!r} needs both classes to choose a cut; the rows hold one")
    if not len(scores) or (scores == scores[0]).all():
        raise DataError(
            f"the rule {rule!r} cannot choose a cut: all scores are {scores[0]:g}, which no cut parts; give a number"
        )


def best(values: Reals, own: Counts) -> NDArray[np.intp]:
    """Return which cut is chosen by a rule's values at the cuts of several samples, (b, c) -> (b,)."""
    top = np.fmax.reduce(values, axis=1)
    tied = np.flatnonzero((values >= top[:, None] - TIE) | np.isnan(top)[:, None])
    sample, cut = np.divmod(tied, values.shape[1])
    right = accuracy(own[sample, cut])
    begins = np.flatnonzero(np.diff(sample, prepend=-1))
    most = np.maximum.reduceat(right, begins)[sample]
    return np.minimum.reduceat(np.where(right == most, cut, values.shape[1]), begins)


def _unmet(rule: str, cuts: Cuts, terms: Terms) -> str:
    held = _CONSTRAINED[rule][0]
    rates = RATES[held](cuts.counts)
    index = int(np.nanargmax(rates))
    return (
        f"no cut has a {held} of {terms.settings.at_least:g} or more; the best is {rates[index]:.4g}, at the threshold "
        f"{cuts.threshold[index]:.6g}; ask for less"
    )
