"""Models whose mend depends on how they end or on what their loss is set to."""

import keras
import numpy as np
from explained_models import BCE, LOGITS, ONE_HOT, Case, Y, ending, operation, sequential, step, subclassed
from keras import layers, losses, metrics
from keras import ops as k


class Accuracy(metrics.BinaryAccuracy):
    """An accuracy of one's own."""


def around(*tail: layers.Layer) -> keras.Model:
    """A model that ends with a model."""
    inner = keras.Sequential([keras.Input((2,)), *tail])
    return keras.Sequential([keras.Input((2,)), layers.Dense(2, "relu"), inner])


def twice_around() -> keras.Model:
    return keras.Sequential([keras.Input((2,)), around(layers.Dense(1))])


def wrapped() -> keras.Model:
    return keras.Sequential([keras.Input((2,)), layers.SpectralNormalization(layers.Dense(1))])


def lasting(layer: type[layers.Layer]) -> keras.Model:
    return keras.Sequential([keras.Input((2,)), layers.Reshape((2, 1)), layer(1)])


def normalised() -> keras.Model:
    return keras.Sequential([keras.Input((2,)), layers.Dense(1), layers.BatchNormalization()])


def case(name, model, loss, must, must_not=(), metrics=("accuracy",), y=Y):
    """A model that is mended on labels; what it returns is no matter here."""
    return Case(name, model, loss, "", "", must, must_not, metrics, y)


CLASSES = np.arange(len(Y)).reshape(-1, 1) % 3
THREE = np.eye(3, dtype=np.float32)[CLASSES[:, 0]]
CATEGORICAL = losses.CategoricalCrossentropy
# fmt: off
ENDINGS = [
    case("a linear model in a model", lambda: around(layers.Dense(1)), "mse", ["not_a_probability"]),
    case("a model in a model in a model", twice_around, "mse", ["not_a_probability"]),
    case("a softmax layer in a model", lambda: around(layers.Dense(1), layers.Softmax()), BCE, ["one_unit_softmax"]),
    case("wrapped", wrapped, "mse", ["not_a_probability"]),
    case("sign in a sequence", lambda: around(layers.Dense(1), layers.Lambda(k.sign)), BCE,
         ["step_has_no_gradient"]),
    case("round at the end", ending(lambda: layers.Lambda(k.round)), BCE, ["step_has_no_gradient"]),
    case("a step of logits", ending(lambda: layers.Lambda(step)), LOGITS, ["step_has_no_gradient"]),
    case("a step with a hinge", ending(lambda: layers.Lambda(step)), "hinge", ["step_has_no_gradient"]),
    case("softmax, an operation", operation(lambda z: k.softmax(z)), BCE, ["one_unit_softmax"]),
    case("a normalisation", normalised, "mse", ["not_a_probability"]),
    case("LSTM", lambda: lasting(layers.LSTM), "mse", ["not_a_probability"]),
    case("GRU, bce", lambda: lasting(layers.GRU), BCE, ["not_a_probability"]),
    case("log_sigmoid of logits", sequential("log_sigmoid"), LOGITS, ["logit_is_confined"]),
    case("softmax of one told of logits", sequential("softmax"), LOGITS, ["one_unit_softmax"]),
    case("hard sigmoid told of logits", sequential("hard_sigmoid"), LOGITS, ["from_logits_twice"]),
    case("absolute error of logits", sequential(), "mae", ["not_calibrated"]),
    case("absolute error of an operation", operation(k.exp), "mae", ["not_calibrated"]),
    case("absolute error of two", sequential("softmax", 2), "mae", ["not_calibrated"], y=ONE_HOT),
    case("focal of two", sequential("softmax", 2), "categorical_focal_crossentropy", ["not_calibrated"], y=ONE_HOT),
    case("smoothed, two units", sequential("softmax", 2), CATEGORICAL(label_smoothing=0.1), ["label_smoothing"],
         y=ONE_HOT),
    case("smoothed logits", sequential(), losses.BinaryCrossentropy(True, 0.1), ["label_smoothing"],
         metrics=(metrics.BinaryAccuracy(threshold=0.0),)),
    case("smoothed logits of two", sequential(None, 2), CATEGORICAL(True, 0.1), ["label_smoothing"], y=ONE_HOT),
    case("smoothed focal", sequential("sigmoid"), losses.BinaryFocalCrossentropy(label_smoothing=0.1),
         ["label_smoothing"]),
    case("hinge of a sigmoid", sequential("sigmoid"), "hinge", ["margin_never_negative"]),
    case("categorical logits of one", sequential(), CATEGORICAL(True), ["one_unit_of_many"]),
    case("intersection of logits", sequential(), LOGITS, ["threshold_on_logits"], metrics=(metrics.BinaryIoU([1]),)),
    case("F beta without a threshold", sequential("sigmoid"), BCE, ["f1_without_threshold"],
         metrics=(metrics.FBetaScore(beta=2.0),)),
    case("F beta of logits", operation(lambda z: z), LOGITS, ["f1_on_logits"],
         metrics=(metrics.FBetaScore(beta=2.0, threshold=0.5),)),
    case("F1 of an operation", operation(k.leaky_relu), LOGITS, ["f1_on_logits"],
         metrics=(metrics.F1Score(threshold=0.5),)),
    case("an accuracy of one's own", sequential(), LOGITS, ["accuracy_on_logits"], metrics=(Accuracy(),)),
    case("softmax of one, categorical", sequential("softmax"), "categorical_crossentropy",
         ["one_unit_softmax", "one_unit_of_many"]),
    case("softmax of one, class numbers", sequential("softmax"), "sparse_categorical_crossentropy",
         ["one_unit_softmax", "one_unit_of_many"]),
    case("three logits, not told so", sequential(None, 3), "categorical_crossentropy", ["from_logits_missing"],
         y=THREE),
    case("three logits, class numbers", sequential(None, 3), "sparse_categorical_crossentropy",
         ["from_logits_missing"], y=CLASSES),
    case("three probabilities, told of logits", sequential("softmax", 3), CATEGORICAL(True), ["from_logits_twice"],
         y=THREE),
    case("three of tanh told of logits", sequential("tanh", 3), CATEGORICAL(True), ["logit_is_confined"], y=THREE),
    case("three of tanh", sequential("tanh", 3), "categorical_crossentropy", ["not_a_probability"], y=THREE),
    case("three labels at once", sequential(None, 3), BCE, ["from_logits_missing"], y=THREE),
    case("subclassed, mae", subclassed(lambda z: z), "mae", ["not_calibrated"]),
]
