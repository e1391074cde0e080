"""More models: their activation or loss is of one's own or seldom used, or they have several outputs a row."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from explained_models import (
    AT_ZERO,
    BCE,
    FINE,
    LOGITS,
    ONE_HOT,
    REAL,
    Case,
    X,
    Y,
    ending,
    own_loss,
    sequential,
    subclassed,
)
from keras import layers, losses
from keras import ops as k

REALS = np.concatenate([REAL, 1 - 2 * REAL**2], axis=1)
LARGE = np.abs(REAL) + 10
SEVERAL = (np.concatenate([X, X[:, :1] - X[:, 1:]], axis=1) > 0).astype(np.float32)
LINEAR_BCE = ("from_logits_missing", "dead_gradients")
CCE = "categorical_crossentropy"


def of_two(joined: Callable[[Any], Any], *activations: str | None) -> Callable[[], keras.Model]:
    """A model of two heads on the same rows, whose outputs are joined."""

    def build() -> keras.Model:
        given = keras.Input((2,))
        return keras.Model(given, joined([layers.Dense(1, own)(given) for own in activations]))

    return build


def in_half_precision() -> keras.Model:
    return keras.Sequential([keras.Input((2,)), layers.Dense(1, "sigmoid", dtype="mixed_float16")])


def ending_in_a_model() -> keras.Model:
    reshaped = keras.Sequential([keras.Input((1,)), layers.Reshape((1,))])
    return keras.Sequential([keras.Input((2,)), layers.Dense(1, "sigmoid"), reshaped])


def straight_through(z: Any) -> Any:
    soft = k.sigmoid(z)
    return soft + tf.stop_gradient(k.cast(soft > 0.5, "float32") - soft)


def frozen() -> keras.Model:
    model = sequential("sigmoid")()
    model.trainable = False
    return model


# fmt: off
OTHERS = [
    # ---- what is like another activation, and is not
    Case("a sigmoid of twice the logit", sequential(lambda z: k.sigmoid(2 * z)), BCE, "probability", "sigmoid", (),
         ("one_unit_softmax",), y=Y),
    Case("that in a Lambda", ending(lambda: layers.Lambda(lambda z: k.sigmoid(2 * z))), BCE, "probability", "sigmoid",
         (), ("one_unit_softmax",)),
    Case("a tanh moved to 0 to 1", ending(lambda: layers.Lambda(lambda z: 0.5 * (k.tanh(z) + 1))), BCE, "neither",
         "unknown", ("activation_unknown",), ("one_unit_softmax",)),
    Case("a softmax by hand of two", sequential(lambda z: k.exp(z) / k.sum(k.exp(z), axis=-1, keepdims=True), 2), CCE,
         "probability", "softmax"),
    Case("a sigmoid of twice the logit, two", sequential(lambda z: k.sigmoid(2 * z), 2), BCE, "probability",
         "sigmoid", ("units_do_not_sum_to_one",), ("two_independent_sigmoids",)),
    Case("two sigmoids averaged", of_two(layers.Average(), "sigmoid", "sigmoid"), BCE, "neither", "unknown",
         ("activation_unknown",), LINEAR_BCE, y=Y),
    Case("a sigmoid and a number", of_two(layers.Add(), "sigmoid", None), BCE, "neither", "unknown",
         ("activation_unknown",), LINEAR_BCE),
    Case("two numbers added", of_two(layers.Add(), None, None), LOGITS, "logit", "linear", (), FINE, AT_ZERO),
    Case("a model without activation after it", ending_in_a_model, BCE, "probability", "sigmoid",
         ("logits_not_found",), LINEAR_BCE),
    Case("half precision", in_half_precision, BCE, "probability", "sigmoid", ("logits_not_found",), FINE),
    Case("a step with a gradient", subclassed(straight_through), "mse", "neither", "step", (),
         ("step_has_no_gradient",), y=Y),
    # ---- losses by which P = 1/2 is elsewhere
    Case("focal, balanced", sequential("sigmoid"), losses.BinaryFocalCrossentropy(apply_class_balancing=True),
         "score", "sigmoid", ("not_calibrated",), ("threshold_not_natural",), y=Y),
    Case("dice", sequential("sigmoid"), "dice", "score", "sigmoid", ("not_calibrated",), ("loss_differs",), y=Y),
    Case("tversky", sequential("sigmoid"), losses.Tversky(0.9, 0.1), "score", "sigmoid", ("not_calibrated",), y=Y),
    Case("logarithmic error", sequential("sigmoid"), "msle", "score", "sigmoid", ("not_calibrated",)),
    Case("percentage error", sequential("sigmoid"), "mape", "score", "sigmoid", ("not_calibrated",)),
    Case("summed loss", sequential("sigmoid"), losses.BinaryCrossentropy(reduction="sum"), "probability", "sigmoid",
         (), ("loss_differs",), y=Y),
    # ---- several outputs a row
    Case("two sigmoids, class numbers", sequential("sigmoid", 2), "sparse_categorical_crossentropy", "neither",
         "sigmoid", ("units_do_not_sum_to_one",), y=Y),
    Case("two sigmoids, mse", sequential("sigmoid", 2), "mse", "probability", "sigmoid", ("brier_score",),
         y=ONE_HOT),
    Case("hinge of two", sequential("softmax", 2), "categorical_hinge", "probability", "softmax",
         ("not_calibrated",), ("margin_never_negative",), y=ONE_HOT),
    Case("hinge of two numbers", sequential(None, 2), "categorical_hinge", "margin", "linear", (), (), y=ONE_HOT),
    Case("two labels", sequential("sigmoid", 2), BCE, "probability", "sigmoid", ("many_outputs",),
         ("units_do_not_sum_to_one",), (), y=SEVERAL[:, :2]),
    Case("three labels", sequential("sigmoid", 3), BCE, "probability", "sigmoid", ("many_outputs",),
         ("many_classes",), (), y=SEVERAL),
    Case("three of one's own loss", sequential("sigmoid", 3), own_loss, "score", "sigmoid", ("loss_unknown",),
         ("many_classes", "many_outputs"), ()),
    Case("a regression of two", sequential(None, 2), "mse", "score", "linear", ("regression",),
         ("not_a_probability",), ("mae",), y=REALS),
    Case("a regression of three", sequential(None, 3), "mse", "score", "linear", ("regression",),
         ("many_classes", "many_outputs"), ()),
    Case("two numbers for classes", sequential(None, 2), "mse", "score", "linear", ("not_a_probability",),
         ("regression",), y=ONE_HOT),
    Case("a regression above 0", sequential("relu"), "mse", "score", "relu", ("regression", "dead_gradients"), (),
         ("mae",), y=LARGE),
    # ---- nothing is learnt
    Case("frozen", frozen, BCE, "probability", "sigmoid", ("nothing_trainable",), FINE, (), y=Y),
]
