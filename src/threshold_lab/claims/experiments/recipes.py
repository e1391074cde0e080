"""What a loss and an optimiser do to what is learnt."""

from threshold_lab.claims.answer import Cell, Measured, Picture
from threshold_lab.claims.measuring import About, Found, Tolerance, over, pairs, points, span
from threshold_lab.claims.rules import differ, larger
from threshold_lab.claims.trial import Trial, Trials, cases, the

_WORSE = {
    "roc_auc": "ROC AUC lost",
    "ece_mass": "calibration error added",
    "accuracy": "accuracy lost in the first epochs",
}


def mse_for_regression(trials: Trials, tolerance: Tolerance) -> Found:
    """Compare squared error with cross-entropy: ranks and probabilities in the end, accuracy after a few epochs."""
    known = cases(trials)
    first, last = (end(own.spec.epochs for own in trials) for end in (min, max))
    found: dict[str, list[Measured]] = {metric: [] for metric in _WORSE}
    for name, own in known.items():
        for metric, measured in found.items():
            epochs = first if metric == "accuracy" else last
            pair = [the(own, loss=loss, epochs=epochs).of(metric) for loss in ("binary_crossentropy", "mse")]
            about = About(name, f"{_WORSE[metric]} by mse, {epochs} epochs", over(tolerance, metric), len(pair[0]))
            worse = pair if metric == "ece_mass" else pair[::-1]
            measured.append(pairs(about, worse[0], worse[1], tolerance[metric], larger))
    words = [f"{_WORSE[metric]} {span([one.value for one in own], '+z.3f')}" for metric, own in found.items()]
    return Found(
        measured=tuple(one for own in found.values() for one in own),
        says=f"Trained on mean squared error instead of cross-entropy, after {last} epochs (the first: {first}): "
        f"{', '.join(words)}.",
        table=tuple(_learnt(name, own) for name, trials_ in known.items() for own in trials_),
        picture=Picture(
            kind="points",
            title="What mean squared error costs a classifier, against cross-entropy",
            x="data",
            y="difference on the test part",
            series=tuple(points(_WORSE[metric], own) for metric, own in found.items()),
            mark=0.0,
        ),
    )


def _learnt(name: str, own: Trial) -> dict[str, Cell]:
    numbers = {metric: float(own.of(metric).mean()) for metric in _WORSE}
    return {"data": name, "loss": own.spec.loss, "epochs": own.spec.epochs, **numbers}


# ---- the recipe of the question


def recipe(trials: Trials, tolerance: Tolerance) -> Found:
    """Change the learning rate, the momentum, or both for another optimiser, and compare accuracy seed by seed."""
    margin, known = tolerance["accuracy"], cases(trials)
    found: dict[str, list[Measured]] = {words: [] for words in _CHANGES}
    for name, own in known.items():
        asked = the(own, **_RECIPE)
        for words, change in _CHANGES.items():
            about = About(name, f"accuracy above the recipe's, {words}", f"beyond {margin:g}", asked.spec.seeds)
            changed = the(own, **change).of("accuracy")
            found[words].append(pairs(about, asked.of("accuracy"), changed, margin, differ))
    changes = [f"{words} {span([one.value for one in own], '+z.3f')}" for words, own in found.items()]
    return Found(
        measured=tuple(one for own in found.values() for one in own),
        says=f"Accuracy changes by these: {'; '.join(changes)}.",
        table=tuple(_recipe(name, own) for name, trials_ in known.items() for own in trials_),
        picture=Picture(
            kind="points",
            title="What a change of the recipe does to accuracy",
            x="data",
            y="difference of accuracy on the test part",
            series=tuple(points(words, own) for words, own in found.items()),
            mark=0.0,
        ),
    )


_RECIPE = {"optimizer__learning_rate": 0.1, "optimizer__momentum": 0.003}
_CHANGES = {
    "without momentum": _RECIPE | {"optimizer__momentum": 0.0},
    "with a momentum of 0.9": _RECIPE | {"optimizer__momentum": 0.9},
    "with a learning rate of 0.01": _RECIPE | {"optimizer__learning_rate": 0.01},
}


def _recipe(name: str, own: Trial) -> dict[str, Cell]:
    optimizer = own.spec.optimizer
    return {
        "data": name,
        "learning rate": optimizer.learning_rate,
        "momentum": float(getattr(optimizer, "momentum", 0.0)),
        "accuracy": float(own.of("accuracy").mean()),
        "ROC AUC": float(own.of("roc_auc").mean()),
    }
