"""What Keras itself does with a threshold and a loss, on its own `fit`, `evaluate` and `predict`."""

import numpy as np

from threshold_lab.claims.answer import Measured, Picture, Series
from threshold_lab.claims.measuring import (
    About,
    Found,
    Tolerance,
    exactly,
    lines,
    mean_of,
    over,
    part,
    share,
    span,
    surely,
)
from threshold_lab.claims.rules import above, at_most
from threshold_lab.claims.trial import Trial, Trials, cases


def threshold_in_training(trials: Trials, tolerance: Tolerance) -> Found:
    """Compare the hashes of weights trained with one threshold and another among the metrics."""
    known = cases(trials)
    differing = {name: _differing("weights", own) for name, own in known.items()}
    statistic = "share of seeds whose weights differ with the threshold"
    measured = [_held(name, statistic, own, tolerance) for name, own in differing.items()]
    every = np.concatenate(list(differing.values()))
    thresholds = [_cut(own) for own in next(iter(known.values()))]
    printed = {name: [float(own.of("printed").mean()) for own in cases_] for name, cases_ in known.items()}
    moved = [max(own) - min(own) for own in printed.values()]
    return Found(
        measured=tuple(measured),
        says=(
            f"With {len(thresholds)} thresholds from {min(thresholds):g} to {max(thresholds):g} in the metric, the "
            f"trained weights differ on {share(list(every))} networks, to the bit, while the accuracy that fit prints "
            f"moves by {span(moved)}."
        ),
        table=tuple(_hashes(name, own) for name, trials_ in known.items() for own in trials_),
        picture=Picture(
            kind="lines",
            title="What the threshold of the metric moves: the printed accuracy, and no weight",
            x="threshold of the metric",
            y="accuracy that fit prints",
            series=tuple(
                lines(name, thresholds, np.stack([own.of("printed") for own in trials_], axis=1))
                for name, trials_ in known.items()
            ),
        ),
        invalid=_blind(trials, moved, tolerance["printed"]),
    )


def _differing(name: str, trials: Trials) -> np.ndarray:
    """By seed, whether words differ between jobs."""
    return np.array([len(set(own)) > 1 for own in zip(*(own.words[name] for own in trials), strict=True)])


def _cut(own: Trial) -> float:
    return float(own.spec.threshold)


def _hashes(name: str, own: Trial) -> dict[str, str | float | None]:
    return {
        "data": name,
        "threshold": _cut(own),
        "accuracy that fit prints": float(own.of("printed").mean()),
        "hash of the first seed's weights": own.words["weights"][0][:16],
    }


def _blind(trials: Trials, moved: list[float], least: float) -> str:
    """Why equal hashes would say nothing: thresholds that are not in use, or a hash that never differs."""
    if min(moved) <= least:
        return f"the threshold moved the printed accuracy by no more than {min(moved):g}: it was not in use"
    if any(len(set(own.words["weights"])) < len(own.words["weights"]) for own in trials):
        return "two seeds have the same weights"
    return ""


# ---- the loss


_HELD = {
    "predicted": "share of seeds whose predict differs with the loss, at the same weights",
    "metric": "share of seeds for which 'accuracy' is another metric",
}
_DRAWN = {"predicted": "predict, at the same weights", "metric": "'accuracy'", "weights": "the trained weights"}


def loss_tells_the_task(trials: Trials, tolerance: Tolerance) -> Found:
    """Compare what `predict` returns, and what 'accuracy' is, under one loss and another."""
    known = cases(trials)
    differing = {words: {name: _differing(words, own) for name, own in known.items()} for words in _DRAWN}
    trained, predicted = (np.concatenate(list(differing[words].values())) for words in ("weights", "predicted"))
    whole = [float(own.of("whole").mean()) for own in trials]
    metrics = sorted({f"{own.words['metric'][0]} at {own.of('cut')[0]:g}" for own in trials})
    return Found(
        measured=tuple(
            _held(name, statistic, found, tolerance)
            for words, statistic in _HELD.items()
            for name, found in differing[words].items()
        ),
        says=(
            f"Compiled with {' or '.join(dict.fromkeys(own.spec.loss for own in trials))}, the same weights predict "
            f"otherwise on {share(list(predicted))} networks, {part(whole)} of what predict returns is 0 or 1, and "
            f"'accuracy' is {' or '.join(metrics)}; trained, the weights differ on {share(list(trained))}."
        ),
        table=tuple(_under_a_loss(name, own) for name, trials_ in known.items() for own in trials_),
        picture=Picture(
            kind="points",
            title="What differs with the loss: at the same weights, and trained",
            x="data",
            y="share of networks on which it differs with the loss",
            series=tuple(
                Series(name=_DRAWN[words], x=tuple(own), y=tuple(float(found.mean()) for found in own.values()))
                for words, own in differing.items()
            ),
        ),
        invalid="" if trained.all() else "the loss changed no weight: it was not in use",
    )


def _held(data: str, statistic: str, differing: np.ndarray, tolerance: Tolerance) -> Measured:
    """A share of seeds, held to the most of them that may differ."""
    value, about = float(differing.mean()), About(data, statistic, over(tolerance, "differing"), len(differing))
    return exactly(about, value, holds=above((value, value), tolerance["differing"]))


def _under_a_loss(name: str, own: Trial) -> dict[str, str | float | None]:
    return {
        "data": name,
        "loss": own.spec.loss,
        "'accuracy' resolves to": own.words["metric"][0],
        "its threshold": float(own.of("cut")[0]),
        "share of predictions that are 0 or 1": float(own.of("whole").mean()),
        "hash of the first seed's predictions": own.words["predicted"][0][:16],
        "hash of its trained weights": own.words["weights"][0][:16],
    }


# ---- predict


def predict_without_threshold(trials: Trials, tolerance: Tolerance) -> Found:
    """See whether predictions are cut, and whether cutting them gives the accuracy that `evaluate` prints."""
    measured, apart = [], []
    for own in trials:
        name, whole = next(iter(cases([own]))), own.of("whole")
        value, sure = mean_of(whole)
        apart.append(float(np.abs(own.of("printed") - own.of("counted")).max()))
        cut = About(name, "share of predictions that are 0 or 1", f"at most {tolerance['whole']:g}", len(whole))
        counted = About(
            name,
            "largest difference of evaluate's accuracy from that of predictions cut at .5",
            f"at most {tolerance['accuracy']:g}",
            len(whole),
        )
        measured.append(surely(cut, value, sure, holds=at_most(sure, tolerance["whole"])))
        measured.append(exactly(counted, apart[-1], holds=at_most((apart[-1],) * 2, tolerance["accuracy"])))
    return Found(
        measured=tuple(measured),
        says=(
            f"{part([float(own.of('whole').mean()) for own in trials]).capitalize()} of what predict returns is 0 or "
            f"1, and {part([float(own.of('distinct').mean()) for own in trials], '.2f')} of it differs from row to "
            f"row; cut above .5 by hand it gives the accuracy that evaluate prints to within {max(apart):.1g}."
        ),
        table=tuple(_predicted(next(iter(cases([own]))), own) for own in trials),
        picture=Picture(
            kind="lines",
            title="What predict returns",
            x="value that predict returns",
            y="share of the test part in a twentieth",
            series=tuple(
                lines(next(iter(cases([own]))), _middles(own.of("histogram").shape[1]), own.of("histogram"))
                for own in trials
            ),
            mark=None,
        ),
    )


def _middles(bins: int) -> list[float]:
    return [(place + 0.5) / bins for place in range(bins)]


def _predicted(name: str, own: Trial) -> dict[str, str | float | None]:
    return {
        "data": name,
        "accuracy that evaluate prints": float(own.of("printed").mean()),
        "accuracy of predictions cut above .5": float(own.of("counted").mean()),
        "share of predictions that are 0 or 1": float(own.of("whole").mean()),
        "different predictions a row": float(own.of("distinct").mean()),
    }
