"""What a sigmoid returns, and whether Keras has to know that it is one."""

import numpy as np

from threshold_lab.claims.answer import Cell, Measured, Picture, Series
from threshold_lab.claims.measuring import About, Found, Tolerance, exactly, lines, mean_of, pairs, part, span, surely
from threshold_lab.claims.rules import above, at_most, same
from threshold_lab.claims.trial import Trial, Trials, cases
from threshold_lab.counts import Reals
from threshold_lab.scoring import as_predicted

_BINS = 20
_ORDINARY, _FAR = 10.0, 100.0
"""Logits up to the first are those of an ordinary network; at the second a float32 sigmoid is 1 to the last bit."""


def sigmoid_picks(trials: Trials, tolerance: Tolerance) -> Found:
    """Count the scores of a trained sigmoid that are 0 or 1, as `predict` returns them."""
    measured, rows, series = [], [], []
    for name, (own,) in cases(trials).items():
        scores = as_predicted(own.tested.scores)
        value, sure = mean_of(np.mean((scores == 0) | (scores == 1), axis=1, dtype=np.float64))
        limit = f"{tolerance['most']:g} or more where it picks, {tolerance['few']:g} or less where it does not"
        about = About(name, "share of scores that are exactly 0 or 1", limit, len(scores))
        measured.append(surely(about, value, sure, holds=_picks(sure, tolerance)))
        rows.append(_picked(name, scores.astype(np.float64), value))
        held = np.array([np.histogram(one, _BINS, (0, 1))[0] / len(one) for one in scores])
        series.append(lines(name, [(place + 0.5) / _BINS for place in range(_BINS)], held))
    distinct, near = ([float(str(row[key])) for row in rows] for key in (_DISTINCT, _NEAR))
    return Found(
        measured=tuple(measured),
        says=(
            f"{part([own.value for own in measured]).capitalize()} of a trained sigmoid's scores are exactly 0 or "
            f"1 and {span(near)} within .01 of them; {part(distinct, '.2f')} of the rows have a score of their own."
        ),
        table=tuple(rows),
        picture=Picture(
            kind="lines",
            title="What a trained sigmoid returns",
            x="score",
            y="share of the test part in a twentieth",
            series=tuple(series),
        ),
    )


_DISTINCT, _NEAR = "different scores a row", "share within .01 of 0 or 1"


def _picks(sure: tuple[float, float], tolerance: Tolerance) -> bool | None:
    if at_most(sure, tolerance["few"]):
        return False
    return True if sure[0] >= tolerance["most"] else None


def _picked(name: str, scores: Reals, value: float) -> dict[str, Cell]:
    near = np.minimum(scores, 1 - scores) <= 0.01
    return {
        "data": name,
        "share of exactly 0 or 1": value,
        _NEAR: float(near.mean()),
        _DISTINCT: float(np.mean([len(np.unique(own)) / len(own) for own in scores])),
    }


# ---- built in, and written by hand


def framework_need_not_know(trials: Trials, tolerance: Tolerance) -> Found:
    """Compare Keras's own sigmoid with one written by hand: loss, gradient and what is learnt."""
    curves = trials[0]
    measured = [*_of_curves(curves, tolerance), *(one for own in trials for one in _of_training(own, tolerance))]
    far = curves.of("logits") == _FAR
    loss, gradient = ([float(curves.of(f"{what}_{how}")[far][0]) for how in _HOW] for what in ("loss", "gradient"))
    apart = max(abs(own.value) for own in measured if own.statistic.startswith("accuracy"))
    return Found(
        measured=tuple(measured),
        says=(
            f"Written by hand, 1 / (1 + exp(-z)) learns as the built-in sigmoid does (accuracy to within {apart:.3g}) "
            f"as long as logits are ordinary; for a negative row at logit 100 the loss is {loss[0]:.4g} built in and "
            f"{loss[1]:.4g} by hand, the gradient {gradient[0]:.3g} and {gradient[1]:.3g}"
            f"{_overflow(curves)}."
        ),
        table=tuple(_by_hand(own) for own in trials),
        picture=Picture(
            kind="lines",
            title="Binary cross-entropy of a negative row",
            x="logit",
            y="loss",
            series=tuple(
                Series(name=words, x=tuple(curves.of("logits")), y=tuple(curves.of(f"loss_{how}")))
                for how, words in _HOW.items()
            ),
        ),
    )


_HOW = {"built_in": "sigmoid, built in", "by_hand": "sigmoid, written by hand"}


def _overflow(own: Trial) -> str:
    """Where the gradient of the one written by hand is no number, in words; empty where it is one everywhere."""
    lost = own.of("logits")[np.isnan(own.of("gradient_by_hand"))]
    return f"; from logit {lost.max():g} down the latter is no number, as exp(-z) overflows" if len(lost) else ""


def _of_curves(own: Trial, tolerance: Tolerance) -> list[Measured]:
    logits, found = own.of("logits"), []
    ordinary, far = np.abs(logits) <= _ORDINARY, logits == _FAR
    for where, chosen in ((f"logits -{_ORDINARY:g} to {_ORDINARY:g}", ordinary), (f"logit {_FAR:g}", far)):
        for what in ("loss", "gradient"):
            apart = float(np.abs(own.of(f"{what}_built_in") - own.of(f"{what}_by_hand"))[chosen].max())
            about = About(where, f"largest difference of the {what} of a negative row", f"at most {tolerance[what]:g}")
            found.append(exactly(about, apart, holds=at_most((apart, apart), tolerance[what])))
    return found


def _of_training(own: Trial, tolerance: Tolerance) -> list[Measured]:
    name, margin, seeds = next(iter(cases([own]))), tolerance["accuracy"], own.spec.seeds
    usual = About(name, "accuracy by hand above that built in", f"within {margin:g}", seeds)
    learns = [own.of(f"moved_{how}") > tolerance["moved"] for how in _HOW]
    apart = float(np.mean(learns[0] != learns[1]))
    begun = About(name, "begun at logit 100: share of seeds on which only one of them learns", "none", seeds)
    return [
        pairs(usual, own.of("accuracy_built_in"), own.of("accuracy_by_hand"), margin, same),
        exactly(begun, apart, holds=not above((apart, apart), 0.0)),
    ]


def _by_hand(own: Trial) -> dict[str, Cell]:
    return {
        "data": next(iter(cases([own]))),
        **{f"accuracy, {words}": float(own.of(f"accuracy_{how}").mean()) for how, words in _HOW.items()},
        **{
            f"largest change of a weight from logit 100, {words}": float(own.of(f"moved_{how}").max())
            for how, words in _HOW.items()
        },
    }
