"""Where scores are cut: at .5 or elsewhere, and what Keras's 'accuracy' takes for the middle."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from threshold_lab.claims.answer import Cell, Measured, Picture
from threshold_lab.claims.measuring import (
    CONFIDENCE,
    About,
    Found,
    Tolerance,
    exactly,
    mean_of,
    pairs,
    points,
    span,
    surely,
    with_rows,
)
from threshold_lab.claims.rules import above, at_most, same
from threshold_lab.claims.trial import Trial, Trials, cases, the
from threshold_lab.counts import Reals
from threshold_lab.heads import SCALES
from threshold_lab.thresholds import KERAS_HALF, title
from threshold_lab.uncertainty import by_resamples

_ASKED = {"accuracy": "accuracy", "f1": "F1", "cost": "cost of a row saved"}
"""What is asked for, by the rule that looks for it."""


def half_is_the_threshold(trials: Trials, tolerance: Tolerance) -> Found:
    """Measure on the test part what a cut chosen on the validation part gains over .5, by what is asked for."""
    known = cases(trials)
    found = {rule: [_gain(name, own, rule, tolerance[rule]) for name, own in known.items()] for rule in _ASKED}
    words = [f"{_ASKED[rule]} {span([own.value for own in measured], '+z.3f')}" for rule, measured in found.items()]
    cost = trials[0].spec.rule.cost
    return Found(
        measured=tuple(own for measured in found.values() for own in measured),
        says=(
            f"A cut chosen for it gains over .5: {', '.join(words)} (a missed positive costs {cost.fn:g}, a false one "
            f"{cost.fp:g})."
        ),
        table=tuple(_chosen(name, own, rule) for name, own in known.items() for rule in _ASKED),
        picture=Picture(
            kind="points",
            title="What a tuned cut gains over .5 on the test part",
            x="data",
            y="gain",
            series=tuple(points(_ASKED[rule], measured) for rule, measured in found.items()),
            mark=0.0,
        ),
    )


def _metric(rule: str) -> tuple[str, float]:
    """The column that a rule is judged by, and 1 where more of it is better, -1 where less is."""
    return ("expected_cost", -1.0) if rule == "cost" else (rule, 1.0)


def _gain(name: str, own: Trials, rule: str, margin: float) -> Measured:
    half, tuned = the(own, threshold="keras"), the(own, threshold=rule)
    metric, sign = _metric(rule)
    gains = sign * (tuned.of(metric) - half.of(metric))
    value, sure = with_rows(gains, _half_over_rows(half, tuned, metric))
    about = About(name, f"{_ASKED[rule]}, gained by the cut of {rule} over .5", f"at most {margin:g}", len(gains))
    return surely(about, value, sure, holds=at_most(sure, margin))


def _half_over_rows(half: Trial, tuned: Trial, metric: str) -> float:
    """Half the interval of the mean gain on resamples of the rows, the networks and their cuts as they are."""
    networks = len(half.called)
    settings = replace(half.spec.rule, confidence=CONFIDENCE)
    called = np.concatenate([half.called, tuned.called])
    low, high = by_resamples(called, half.tested.labels, settings, half.spec.seed, _mean_gain(networks))[metric]
    return 0.0 if np.isnan(low) else (high - low) / 2


def _mean_gain(networks: int) -> Callable[[Reals], Reals]:
    return lambda values: np.asarray(values[networks:].mean(axis=0) - values[:networks].mean(axis=0))


def _chosen(name: str, own: Trials, rule: str) -> dict[str, Cell]:
    half, tuned, (metric, _) = the(own, threshold="keras"), the(own, threshold=rule), _metric(rule)
    return {
        "data": name,
        "chosen for": title(rule, tuned.spec.rule),
        "positives": float(half.tested.labels.mean()),
        "cut": mean_of(tuned.of("threshold"))[0],
        f"{metric} at .5": mean_of(half.of(metric))[0],
        f"{metric} at the cut": mean_of(tuned.of(metric))[0],
    }


# ---- 'accuracy' on logits


def accuracy_on_logits(trials: Trials, tolerance: Tolerance) -> Found:
    """Compare Keras's 'accuracy' of logits, which it cuts at .5, with a cut where P is one half."""
    measured = [one for name, own in cases(trials).items() for one in _on_logits(name, own[0], tolerance)]
    lowest, otherwise, lost = ([own.value for own in measured[place::3]] for place in range(3))
    stands = SCALES["logit"].probability
    return Found(
        measured=tuple(measured),
        says=(
            f"Of logits, 'accuracy' calls positive what has a probability of {min(lowest):.3f} or more"
            + (f" (logit .5 is P = {stands(0.5):.4f})" if stands else "")
            + f": {span(otherwise)} of the rows are called otherwise than at P = 1/2, and the accuracy printed differs "
            f"by {span(lost, '+z.4f')}."
        ),
        table=tuple(_printed(name, own[0]) for name, own in cases(trials).items()),
        picture=Picture(
            kind="points",
            title="Rows that 'accuracy' calls otherwise than P = 1/2 does, on logits",
            x="data",
            y="share of the test part",
            series=(points("called otherwise", measured[1::3]), points("accuracy lost", measured[2::3])),
            mark=tolerance["called"],
        ),
    )


def _on_logits(name: str, own: Trial, tolerance: Tolerance) -> list[Measured]:
    scores, seeds, margin = own.tested.scores, own.spec.seeds, tolerance["accuracy"]
    lowest = float(1 / (1 + np.exp(-scores[scores >= KERAS_HALF].min())))
    otherwise, sure = mean_of(np.mean((scores >= KERAS_HALF) != own.called, axis=1))
    called, away = tolerance["called"], tolerance["probability"]
    cut = About(name, "least probability that 'accuracy' calls positive", f"0.5, within {away:g}", seeds)
    share = About(name, "share of rows called otherwise than at P = 1/2", f"at most {called:g}", seeds)
    lost = About(name, "accuracy printed above that at P = 1/2", f"within {margin:g}", seeds)
    return [
        exactly(cut, lowest, holds=not above((abs(lowest - 0.5),) * 2, away)),
        surely(share, otherwise, sure, holds=at_most(sure, called)),
        pairs(lost, own.of("accuracy"), own.of("keras_accuracy"), margin, same),
    ]


def _printed(name: str, own: Trial) -> dict[str, Cell]:
    return {
        "data": name,
        "accuracy that Keras prints": float(own.of("keras_accuracy").mean()),
        "accuracy at P = 1/2": float(own.of("accuracy").mean()),
        "called positive by Keras": float(np.mean(own.tested.scores >= KERAS_HALF)),
        "called positive at P = 1/2": float(own.called.mean()),
    }
