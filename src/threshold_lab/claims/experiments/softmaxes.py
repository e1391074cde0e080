"""A sigmoid and softmaxes of one and two units."""

import numpy as np

from threshold_lab.claims.answer import Cell, Measured, Picture
from threshold_lab.claims.measuring import About, Found, Tolerance, exactly, lines, pairs, part, points, span
from threshold_lab.claims.rules import at_most, larger
from threshold_lab.claims.trial import Trial, Trials, cases, the

_PATHS = {
    "held": "second logit held at 0",
    "free": "second logit free, same learning rate",
    "halved": "second logit free, half the learning rate",
}


def sigmoid_is_softmax(trials: Trials, tolerance: Tolerance) -> Found:
    """Compare them as functions of logits, as outputs, and along their training."""
    function = float(trials[0].of("function").max())
    about = About("logits -30 to 30", "largest difference of sigmoid(z) from softmax([z, 0])[0]", "")
    measured = [_within(about, function, tolerance["rounding"])]
    for own in trials:
        name, seeds = next(iter(cases([own]))), own.spec.seeds
        zeros = float(own.of("zero").mean())
        second = About(name, "share of rows whose second output is 0", f"above {1 - tolerance['zero']:g}", seeds)
        measured.append(exactly(second, zeros, holds=zeros > 1 - tolerance["zero"]))
        for path in ("held", "free"):
            words = f"largest difference of the probability in training, {_PATHS[path]}"
            measured.append(_within(About(name, words, "", seeds), float(own.of(path).max()), tolerance["path"]))
    steps, most = trials[0].of("held").shape[1], max(own.of("held").shape[1] for own in trials)
    zero = [float(own.of("zero").mean()) for own in trials]
    furthest = {path: [float(own.of(path).max()) for own in trials] for path in _PATHS}
    return Found(
        measured=tuple(measured),
        says=(
            f"As functions of logits they are equal to {function:.1g}, and a softmax whose second logit is held at 0 "
            f"trains alike to {max(furthest['held']):.1g}; {part(zero)} of the rows have a second output of 0. With "
            f"both units free it is up to {span(furthest['free'], '.2f')} away in {most} steps, at half the learning "
            f"rate {max(furthest['halved']):.1g}."
        ),
        table=tuple(_ways(own) for own in trials),
        picture=Picture(
            kind="lines",
            title=f"How far softmaxes train away from a sigmoid ({next(iter(cases(trials)))})",
            x="step",
            y="largest difference of the probability on the test part",
            series=tuple(lines(words, range(1, steps + 1), trials[0].of(path)) for path, words in _PATHS.items()),
        ),
    )


def _within(about: About, value: float, limit: float) -> Measured:
    own = About(about.data, about.statistic, f"at most {limit:g}", about.seeds)
    return exactly(own, value, holds=at_most((value, value), limit))


def _ways(own: Trial) -> dict[str, Cell]:
    return {
        "data": next(iter(cases([own]))),
        **{f"furthest, {words}": float(own.of(path).max()) for path, words in _PATHS.items()},
        "share of rows whose second output is 0": float(own.of("zero").mean()),
    }


# ---- instead of a sigmoid


def sigmoid_rather_than_softmax(trials: Trials, tolerance: Tolerance) -> Found:
    """Compare the accuracy of a sigmoid with that of softmaxes, seed by seed."""
    margin, known = tolerance["accuracy"], cases(trials)
    found: dict[str, list[Measured]] = {words: [] for words in _OTHERS}
    for name, own in known.items():
        sigmoid = the(own, activation="sigmoid")
        for words, chosen in _OTHERS.items():
            about = About(name, f"accuracy above that of {words}", f"above {margin:g}", sigmoid.spec.seeds)
            other = the(own, **chosen).of("accuracy")
            found[words].append(pairs(about, other, sigmoid.of("accuracy"), margin, larger))
    gains = {words: span([own.value for own in measured], "+z.3f") for words, measured in found.items()}
    return Found(
        measured=tuple(own for measured in found.values() for own in measured),
        says="Against "
        + "; against ".join(f"{words} a sigmoid gains {gain} of accuracy" for words, gain in gains.items())
        + ".",
        table=tuple(_accuracies(name, own) for name, own in known.items()),
        picture=Picture(
            kind="points",
            title="What a sigmoid gains over a softmax",
            x="data",
            y="difference of accuracy on the test part",
            series=tuple(points(f"over {words}", measured) for words, measured in found.items()),
            mark=margin,
        ),
    )


_OTHERS = {
    "a softmax of two units on categorical cross-entropy": {
        "activation": "softmax",
        "loss": "categorical_crossentropy",
    },
    "a softmax of two units on binary cross-entropy": {"activation": "softmax", "loss": "binary_crossentropy"},
    "a softmax of one unit": {"activation": "softmax_1"},
}


def _accuracies(name: str, own: Trials) -> dict[str, Cell]:
    return {
        "data": name,
        "sigmoid": float(the(own, activation="sigmoid").of("accuracy").mean()),
        **{words: float(np.mean(the(own, **chosen).of("accuracy"))) for words, chosen in _OTHERS.items()},
    }
