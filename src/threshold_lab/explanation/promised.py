"""What a model's loss asks of its output, in the words of `heads`; also of losses that the lab does not train."""

from dataclasses import replace

import numpy as np

from threshold_lab.explanation.activations import activation
from threshold_lab.explanation.compiled import CompiledLoss
from threshold_lab.explanation.output import Output
from threshold_lab.heads import LOSSES, Head, Loss

_BY_NAME = {
    "binary_crossentropy": LOSSES["binary_crossentropy"],
    "binary_focal_crossentropy": LOSSES["binary_focal_crossentropy"],
    "categorical_crossentropy": LOSSES["categorical_crossentropy"],
    "sparse_categorical_crossentropy": LOSSES["categorical_crossentropy"],
    "mean_squared_error": LOSSES["mse"],
    "mean_absolute_error": LOSSES["mae"],
    "huber": LOSSES["huber"],
    "log_cosh": LOSSES["log_cosh"],
    "hinge": LOSSES["hinge"],
    "squared_hinge": LOSSES["squared_hinge"],
    "poisson": LOSSES["poisson"],
}
"""By the name of Keras's function."""

_OTHERS = {
    "categorical_focal_crossentropy": Loss("CategoricalFocalCrossentropy", "", "", units=(2,)),
    "categorical_hinge": Loss("CategoricalHinge", "", "", claim="margin", units=(2,)),
    "kl_divergence": Loss("KLDivergence", "", "", units=(2,), least_at_mean=(0,)),
    "dice": Loss("Dice", "", ""),
    "tversky": Loss("Tversky", "", ""),
    "cosine_similarity": Loss("CosineSimilarity", "", "", units=(2,)),
    "mean_squared_logarithmic_error": Loss("MeanSquaredLogarithmicError", "", ""),
    "mean_absolute_percentage_error": Loss("MeanAbsolutePercentageError", "", ""),
}
"""Losses that the lab does not train."""

REGRESSIONS = {
    *("mean_squared_error", "mean_absolute_error", "huber", "log_cosh", "poisson", "cosine_similarity"),
    *("mean_squared_logarithmic_error", "mean_absolute_percentage_error"),
}
"""Losses that say nothing of classes."""

_LOPSIDED = {"dice", "tversky", "mean_squared_logarithmic_error", "mean_absolute_percentage_error"}
"""Losses of a single unit that are not the same with both classes exchanged."""


def loss_asked(loss: CompiledLoss) -> Loss | None:
    """Return a compiled loss as `heads` knows it; None for one that nobody knows."""
    own = (_BY_NAME | _OTHERS).get(loss.name)
    if own is None or not loss.from_logits:
        return own
    if loss.name == "binary_crossentropy":
        return LOSSES["binary_crossentropy_from_logits"]
    return replace(own, claim="logit", from_logits=True, clips=False)


def lopsided(loss: CompiledLoss) -> bool:
    """Whether a loss of a single unit is least elsewhere than halfway where P = 1/2."""
    return loss.name in _LOPSIDED or bool(loss.settings.get("apply_class_balancing"))


def head_of(output: Output, loss: CompiledLoss | None, low: int) -> Head | None:
    """Return activation, loss and labels of a model of one or two units together; None where one is unknown."""
    own = of_any_units(output, loss, low)
    return own if own is not None and output.units <= 2 and output.units in own.loss.units else None


def of_any_units(output: Output, loss: CompiledLoss | None, low: int = 0) -> Head | None:
    """Return the same of a model of any number of units, whether or not the loss can be of so many."""
    asked = loss and loss_asked(loss)
    # Focal loss takes the sigmoid of what it is told are logits before it looks for any behind them.
    finds = output.finds_logits and not (loss and "focal" in loss.name and loss.from_logits)
    own = activation(output.activation, output.units, finds_logits=finds)
    if not asked or own is None:
        return None
    if loss and loss.name == "categorical_hinge" and own.low >= 0:
        asked = replace(asked, claim="probability")  # it compares units, and asks for no number below 0
    return Head(own, asked, low)


def score_of(outputs: np.ndarray, output: Output, head: Head | None) -> np.ndarray:
    """Return one number a row, (n, ..., units) -> (n',), larger = more positive."""
    flat = np.asarray(outputs, np.float64).reshape(-1, output.units)
    if output.units == 1:
        return flat[:, 0]
    return flat[:, 1] - flat[:, 0] if differs(head) else flat[:, 1]


def calls_of(each: bool, difference: bool, half: float) -> str:
    """Return the code that calls each unit, or rows by the difference of two units or by the second, at `half`."""
    if each:
        return f"calls = model.predict(x) >= {half:g}"
    if difference:
        return f"p = model.predict(x); calls = p[..., 1] - p[..., 0] >= {half:g}"
    return f"calls = model.predict(x)[..., 1] >= {half:g}"


def differs(head: Head | None) -> bool:
    """Whether the score of two units is their difference, as of logits, and not the second alone."""
    return head is None or head.claim != "probability"
