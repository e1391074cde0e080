"""Models good and broken, and what is to be found in each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from keras import layers, losses, metrics
from keras import ops as k

_RNG = np.random.default_rng(0)
X = _RNG.normal(size=(96, 2)).astype(np.float32)
Y = (X[:, :1] + 0.3 * _RNG.normal(size=(96, 1)) > 0.4).astype(np.float32)
ONE_HOT = np.concatenate([1 - Y, Y], axis=1)
REAL = (3 * X[:, :1] + _RNG.normal(size=(96, 1))).astype(np.float32)
PLUS_MINUS = 2 * Y - 1


@dataclass(frozen=True, eq=False)
class Case:
    """A model as a function, what it is compiled with, what is to be found in it, and what is not.

    only: whether nothing but notes may be found beside `must`. y: the labels it is looked at with.
    """

    name: str
    model: Callable[[], keras.Model]
    loss: Any
    output: str
    activation: str
    must: Sequence[str] = ()
    must_not: Sequence[str] = ()
    metrics: Sequence[Any] = ("accuracy",)
    y: Any = None
    only: bool = True
    seen: Sequence[str] = field(default_factory=tuple)


def made(case: Case) -> keras.Model:
    """The model of a case, compiled, with weights of one seed."""
    keras.utils.set_random_seed(1)
    model = case.model()
    if case.loss is not None:
        compiled(model, case)
    return model


def compiled(model: keras.Model, case: Case) -> None:
    given = [own if isinstance(own, str) else type(own).from_config(own.get_config()) for own in case.metrics]
    model.compile(keras.optimizers.SGD(0.05), case.loss, metrics=given)


def sequential(activation: Any = None, units: int = 1) -> Callable[[], keras.Model]:
    return lambda: keras.Sequential([keras.Input((2,)), layers.Dense(3, "relu"), layers.Dense(units, activation)])


def ending(*tail: Callable[[], Any], units: int = 1) -> Callable[[], keras.Model]:
    """A functional model whose output layer is followed by others."""

    def build() -> keras.Model:
        flow = given = keras.Input((2,))
        flow = layers.Dense(units)(layers.Dense(3, "relu")(flow))
        for layer in tail:
            flow = layer()(flow)
        return keras.Model(given, flow)

    return build


def operation(function: Callable[[Any], Any]) -> Callable[[], keras.Model]:
    """A functional model that ends with a function of keras.ops."""

    def build() -> keras.Model:
        given = keras.Input((2,))
        return keras.Model(given, function(layers.Dense(1)(given)))

    return build


class Own(keras.Model):
    """A subclassed model, whose last step is a function in its `call`."""

    def __init__(self, last: Callable[[Any], Any]) -> None:
        super().__init__()
        self.hidden, self.out, self.last = layers.Dense(3, "relu"), layers.Dense(1), last

    def call(self, rows: Any) -> Any:
        return self.last(self.out(self.hidden(rows)))


def subclassed(last: Callable[[Any], Any]) -> Callable[[], keras.Model]:
    def build() -> keras.Model:
        model = Own(last)
        model(X[:2])
        return model

    return build


def nested() -> keras.Model:
    inner = keras.Sequential([keras.Input((2,)), layers.Dense(1, "sigmoid"), layers.Dropout(0.1)])
    return keras.Sequential([keras.Input((2,)), layers.Dense(2, "relu"), inner])


def in_time() -> keras.Model:
    return keras.Sequential([keras.Input((4, 2)), layers.TimeDistributed(layers.Dense(1, "sigmoid"))])


def written_sigmoid(z: Any) -> Any:
    return 1 / (1 + k.exp(-z))


def step(z: Any) -> Any:
    return k.cast(z > 0, "float32")


def own_loss(y: Any, output: Any) -> Any:
    return k.mean(k.square(y - output) * 2, axis=-1)


BCE, LOGITS = "binary_crossentropy", losses.BinaryCrossentropy(from_logits=True)
AT_ZERO = (metrics.BinaryAccuracy(threshold=0.0),)
FINE = ("from_logits_missing", "from_logits_twice", "not_a_probability", "accuracy_on_logits", "dead_gradients")
NEVER = ("labels_never_match", "labels_out_of_range", "regression", "one_unit_softmax")
NAN = ["logarithm_of_negative", "not_a_probability"]

# fmt: off
CASES = [
    # ---- as it should be
    Case("sigmoid, bce", sequential("sigmoid"), BCE, "probability", "sigmoid", (), (*FINE, *NEVER), y=Y),
    Case("acc and a loss object", sequential("sigmoid"), losses.BinaryCrossentropy(), "probability", "sigmoid", (),
         FINE, ("acc",)),
    Case("a loss function", sequential("sigmoid"), losses.binary_crossentropy, "probability", "sigmoid", (), FINE),
    Case("crossentropy for short", sequential("sigmoid"), "crossentropy", "probability", "sigmoid", (), FINE),
    Case("linear, logits, cut at 0", sequential(), LOGITS, "logit", "linear", (), FINE, AT_ZERO, y=Y),
    Case("softmax of two", sequential("softmax", 2), "categorical_crossentropy", "probability", "softmax", (), FINE,
         y=ONE_HOT),
    Case("softmax of two, class numbers", sequential("softmax", 2), "sparse_categorical_crossentropy",
         "probability", "softmax", (), FINE, y=Y),
    Case("two logits", sequential(None, 2), losses.CategoricalCrossentropy(from_logits=True), "logit", "linear", (),
         FINE, y=ONE_HOT),
    Case("two logits, class numbers", sequential(None, 2), losses.SparseCategoricalCrossentropy(from_logits=True),
         "logit", "linear", (), FINE, y=Y),
    Case("sigmoid, mse", sequential("sigmoid"), "mse", "probability", "sigmoid", ("brier_score",),
         ("not_a_probability",), y=Y),
    Case("softmax, mse", sequential("softmax", 2), "mse", "probability", "softmax", ("brier_score",),
         ("two_independent_sigmoids",), y=ONE_HOT),
    Case("activation of its own", ending(lambda: layers.Activation("sigmoid")), BCE, "probability", "sigmoid", (),
         FINE, y=Y),
    Case("softmax of its own", ending(layers.Softmax, units=2), "categorical_crossentropy", "probability",
         "softmax", (), FINE),
    Case("dropout after it", ending(lambda: layers.Activation("sigmoid"), lambda: layers.Dropout(0.1)), BCE,
         "probability", "sigmoid"),
    Case("an operation", operation(k.sigmoid), BCE, "probability", "sigmoid", (), FINE),
    Case("nested", nested, BCE, "probability", "sigmoid", (), FINE, y=Y),
    Case("subclassed, sigmoid", subclassed(k.sigmoid), BCE, "probability", "sigmoid", (), FINE, y=Y),
    Case("subclassed, logits", subclassed(lambda z: z), LOGITS, "logit", "linear", (), FINE, AT_ZERO),
    Case("regression", sequential(), "mse", "score", "linear", ("regression",), ("not_a_probability",), ("mae",),
         y=REAL),
    Case("regression of counts", sequential("exponential"), "poisson", "score", "exponential", ("regression",),
         FINE, ()),
    Case("hinge", sequential("tanh"), "hinge", "margin", "tanh", (), ("not_a_probability",), AT_ZERO, y=Y),
    Case("three classes", sequential("softmax", 3), "categorical_crossentropy", "probability", "softmax",
         ("many_classes",), FINE),
    Case("F1 with a threshold", sequential("sigmoid"), BCE, "probability", "sigmoid", (), ("f1_without_threshold",),
         (metrics.F1Score(threshold=0.5),), y=Y),
    Case("AUC of logits, told so", sequential(), LOGITS, "logit", "linear", (), ("auc_on_logits",),
         (metrics.AUC(from_logits=True),)),
    Case("precision of logits at 0", sequential(), LOGITS, "logit", "linear", (), ("threshold_on_logits",),
         (metrics.Precision(thresholds=0.0),)),
    # ---- a note
    Case("a reshape hides the logits", ending(lambda: layers.Activation("sigmoid"), lambda: layers.Reshape((1,))),
         BCE, "probability", "sigmoid", ("logits_not_found",), ("dead_gradients",)),
    Case("a sigmoid written by hand", ending(lambda: layers.Lambda(written_sigmoid)), BCE, "probability", "sigmoid",
         ("logits_not_found",)),
    Case("subclassed, by hand", subclassed(written_sigmoid), BCE, "probability", "sigmoid", ("logits_not_found",)),
    Case("in time", in_time, BCE, "probability", "sigmoid", ("logits_not_found",)),
    Case("focal", sequential("sigmoid"), "binary_focal_crossentropy", "probability", "sigmoid", ("not_calibrated",),
         FINE, y=Y),
    Case("smoothed labels", sequential("sigmoid"), losses.BinaryCrossentropy(label_smoothing=0.1), "probability",
         "sigmoid", ("label_smoothing",), FINE, y=Y),
    Case("another threshold", sequential("sigmoid"), BCE, "probability", "sigmoid", ("threshold_not_natural",),
         FINE, (metrics.BinaryAccuracy(threshold=0.3),), y=Y),
    Case("an own loss", sequential("sigmoid"), own_loss, "score", "sigmoid", ("loss_unknown",), FINE),
    Case("an own activation", sequential(lambda z: z * z), BCE, "neither", "unknown", ("activation_unknown",),
         FINE),
    Case("accuracy by unit", sequential("softmax", 2), "categorical_crossentropy", "probability", "softmax",
         ("accuracy_per_unit",), (), ("binary_accuracy",)),
    # ---- broken
    Case("one unit of softmax", sequential("softmax"), BCE, "neither", "softmax", ("one_unit_softmax",), (), y=Y,
         seen=("constant_output", "loss_differs")),
    Case("one unit of softmax, mse", sequential("softmax"), "mse", "neither", "softmax", ("one_unit_softmax",),
         ("regression",)),
    Case("softmax of two, bce", sequential("softmax", 2), BCE, "probability", "softmax",
         ("two_independent_sigmoids",), (), y=ONE_HOT, seen=("loss_differs",)),
    Case("softmax of two, bce of logits", sequential("softmax", 2), LOGITS, "probability", "softmax",
         ("two_independent_sigmoids", "from_logits_twice")),
    Case("linear, bce", sequential(), BCE, "neither", "linear", ("from_logits_missing", "dead_gradients"),
         ("not_a_probability",), y=Y),
    Case("linear, focal", sequential(), losses.BinaryFocalCrossentropy(), "neither", "linear",
         ("from_logits_missing",), ("dead_gradients",)),
    Case("subclassed, linear, bce", subclassed(lambda z: z), BCE, "neither", "linear", ("from_logits_missing",
         "dead_gradients")),
    Case("two logits, not told so", sequential(None, 2), "categorical_crossentropy", "neither", "linear",
         ("from_logits_missing",), (), only=False),
    Case("sigmoid, logits", sequential("sigmoid"), LOGITS, "probability", "sigmoid", ("from_logits_twice",),
         ("from_logits_missing",), y=Y),
    Case("sigmoid, focal of logits", sequential("sigmoid"), losses.BinaryFocalCrossentropy(from_logits=True),
         "logit", "sigmoid", ("from_logits_twice",), (), only=False),
    Case("softmax of two, logits", sequential("softmax", 2), losses.CategoricalCrossentropy(from_logits=True),
         "probability", "softmax", ("from_logits_twice",)),
    Case("linear, logits", sequential(), LOGITS, "logit", "linear", ("accuracy_on_logits",),
         ("from_logits_missing",), y=Y),
    Case("tanh, logits", sequential("tanh"), LOGITS, "logit", "tanh", ("logit_is_confined", "accuracy_on_logits")),
    Case("tanh, bce", sequential("tanh"), BCE, "neither", "tanh", ("not_a_probability", "dead_gradients")),
    Case("linear, mse, accuracy", sequential(), "mse", "score", "linear", ("not_a_probability",), ("regression",),
         y=Y),
    Case("linear, mse, labels of two", sequential(), "mse", "score", "linear", ("not_a_probability",),
         ("regression",), (), y=Y),
    Case("a regression with accuracy", sequential(), "mse", "score", "linear", ("regression",
         "accuracy_of_regression"), ("not_a_probability",), y=REAL),
    Case("relu, bce", ending(layers.ReLU), BCE, "neither", "relu", ("not_a_probability", "dead_gradients")),
    Case("leaky relu, bce", ending(layers.LeakyReLU), BCE, "neither", "leaky_relu", ("from_logits_missing",
         "dead_gradients")),
    Case("hard sigmoid", sequential("hard_sigmoid"), BCE, "probability", "hard_sigmoid", ("dead_gradients",),
         ("not_a_probability",)),
    Case("hinge on a sigmoid", sequential("sigmoid"), "hinge", "neither", "sigmoid", ("margin_never_negative",),
         ("accuracy_on_margins",), y=Y),
    Case("hinge, accuracy", sequential("tanh"), "squared_hinge", "margin", "tanh", ("accuracy_on_margins",),
         ("labels_never_match",), y=Y),
    Case("hinge, -1 and +1", sequential("tanh"), "hinge", "margin", "tanh", ("labels_never_match",
         "accuracy_on_margins"), (), y=PLUS_MINUS),
    Case("tanh, mse, -1 and +1", sequential("tanh"), "mse", "score", "tanh", ("labels_never_match",),
         ("not_a_probability",), y=PLUS_MINUS),
    Case("bce, -1 and +1", sequential("sigmoid"), BCE, "neither", "sigmoid", ("labels_never_match",
         "labels_out_of_range"), (), y=PLUS_MINUS, only=False),
    Case("a step", ending(lambda: layers.Lambda(step)), BCE, "neither", "step", ("step_has_no_gradient",),
         ("activation_unknown",), y=Y),
    Case("subclassed, a step", subclassed(step), "mse", "neither", "step", ("step_has_no_gradient",)),
    Case("F1 without one", sequential("sigmoid"), BCE, "probability", "sigmoid", ("f1_without_threshold",), (),
         (metrics.F1Score(),), y=Y),
    Case("F1 of logits", sequential(), LOGITS, "logit", "linear", ("f1_on_logits",), ("f1_without_threshold",),
         (metrics.F1Score(threshold=0.5),)),
    Case("AUC of logits", sequential(), LOGITS, "logit", "linear", ("auc_on_logits",), (), (metrics.AUC(),), y=Y),
    Case("AUC of a margin", sequential("tanh"), "hinge", "margin", "tanh", ("auc_on_logits",), (),
         (metrics.AUC(),)),
    Case("AUC told of logits", sequential("sigmoid"), BCE, "probability", "sigmoid", ("auc_from_logits_twice",), (),
         (metrics.AUC(from_logits=True),)),
    Case("precision of logits", sequential(), LOGITS, "logit", "linear", ("threshold_on_logits",),
         ("accuracy_on_logits",), (metrics.Precision(),)),
    Case("recall of margins", sequential("tanh"), "hinge", "margin", "tanh", ("threshold_on_margins",), (),
         (metrics.Recall(),)),
    Case("cross-entropy metric of logits", sequential(), LOGITS, "logit", "linear", ("crossentropy_of_logits",), (),
         (metrics.BinaryCrossentropy(),)),
    Case("accuracy of equality", sequential("sigmoid"), BCE, "probability", "sigmoid", ("accuracy_of_equality",),
         (), (metrics.Accuracy(),), y=Y),
    Case("categorical accuracy of one", sequential("sigmoid"), BCE, "probability", "sigmoid",
         ("argmax_of_one_unit",), (), ("categorical_accuracy",), y=Y),
    Case("categorical loss of one", sequential("sigmoid"), "categorical_crossentropy", "neither", "sigmoid",
         ("one_unit_of_many",), ("one_unit_softmax",)),
    Case("divergence of one", sequential("sigmoid"), "kl_divergence", "neither", "sigmoid", ("one_unit_of_many",)),
    Case("two sigmoids", sequential("sigmoid", 2), "categorical_crossentropy", "neither", "sigmoid",
         ("units_do_not_sum_to_one",), only=False),
    Case("poisson of anything", sequential(), "poisson", "score", "linear", NAN, ("regression",), y=None),
    Case("not compiled", sequential("sigmoid"), None, "neither", "sigmoid", ("not_compiled",), FINE),
]
