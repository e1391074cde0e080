"""What explain is given: labels that a loss has no place for, penalties, an output with a name, and what is no rows."""

import re

import keras
import numpy as np
import pytest
import tensorflow as tf
from explained_models import BCE, LOGITS, ONE_HOT, PLUS_MINUS, Case, X, Y, made, sequential

import threshold_lab
from threshold_lab.errors import DataError, ModelError

TWICE = np.where(X[:, 1:] > 0.5, 2, Y)
NUMBERS = "sparse_categorical_crossentropy"
# fmt: off
LABELS = {
    "1 and 2": (sequential("sigmoid"), BCE, Y + 1, "a label of 2 it falls without end"),
    "0 and 255": (sequential("sigmoid"), BCE, 255 * Y, "a label of 255 it falls without end"),
    "three": (sequential("sigmoid"), BCE, TWICE, "a label of 2 it falls without end"),
    "three, of which one is negative": (sequential(), LOGITS, TWICE - 1, "a label of -1 it falls without end"),
    "focal": (sequential("sigmoid"), "binary_focal_crossentropy", Y + 1, "a label of 2 it falls without end"),
    "-1 for each unit": (sequential("softmax", 2), "categorical_crossentropy", 2 * ONE_HOT - 1, "a label of -1"),
    "of several units": (sequential("sigmoid", 3), BCE, np.repeat(Y + 1, 3, axis=1), "a label of 2 it falls"),
    "numbers from 1": (sequential("softmax", 2), NUMBERS, Y + 1, "from 0 to 1; a label of 2 is that of none"),
    "numbers, -1 and 1": (sequential("softmax", 2), NUMBERS, PLUS_MINUS, "a label of -1 is that of none"),
    "numbers of three units": (sequential("softmax", 3), NUMBERS, TWICE + 1, "from 0 to 2; a label of 3"),
    "hinge": (sequential("tanh"), "hinge", Y + 1, "from 1 to 2 none is -1"),
    "out of reach": (sequential("sigmoid"), "mse", Y + 1, "out of reach of an output that cannot rise above 1"),
}
FINE = {
    "shares": (sequential("sigmoid"), BCE, np.clip(X[:, :1], 0, 1)),
    "weights of one-hot": (sequential("softmax", 2), "categorical_crossentropy", 3 * ONE_HOT),
    "a class left out": (sequential("softmax", 2), keras.losses.SparseCategoricalCrossentropy(ignore_class=255),
                         np.where(X[:, 1:] > 0.5, 255, Y)),
    "hinge": (sequential("tanh"), "hinge", PLUS_MINUS),
    "regression": (sequential("sigmoid"), "mse", 3 * X[:, :1]),
}
# fmt: on


def asked(model, loss, y):
    own = made(Case("", model, loss, "", ""))
    return threshold_lab.explain(own, X, y)


@pytest.mark.parametrize("name", LABELS)
def test_labels_that_a_loss_has_no_place_for_are_told_and_mended(name):
    model, loss, y, words = LABELS[name]
    full = asked(model, loss, y)
    (finding,) = [own for own in full["findings"] if own["id"] == "labels_out_of_range"]
    assert words in finding["text"]
    assert "accuracy_of_regression" not in full.ids
    names = {"y": y}
    exec(finding["mend"], names)
    after = asked(model, loss, names["y"])
    assert not {"labels_out_of_range", "labels_never_match", "labels_do_not_fit"} & set(after.ids)


@pytest.mark.parametrize("name", FINE)
def test_labels_that_a_loss_has_a_place_for_are_left_alone(name):
    assert "labels_out_of_range" not in asked(*FINE[name]).ids


def test_more_classes_than_units_have_no_mend():
    full = asked(sequential("softmax", 3), NUMBERS, TWICE + 2 * Y)
    assert [own["mend"] for own in full["findings"] if own["id"] == "labels_out_of_range"] == [""]


# ---- penalties, and outputs with a name


class Penalised(keras.Model):
    """A model that adds to its loss what its outputs are."""

    def __init__(self):
        super().__init__()
        self.out = keras.layers.Dense(1, "sigmoid")

    def call(self, rows):
        output = self.out(rows)
        self.add_loss(keras.ops.mean(output))
        return output


def regularised() -> keras.Model:
    given = keras.Input((2,))
    dense = keras.layers.Dense(1, "sigmoid", activity_regularizer="l2", kernel_regularizer="l1")
    return keras.Model(given, dense(given))


def named() -> keras.Model:
    given = keras.Input((2,))
    return keras.Model(given, {"out": keras.layers.Dense(1, "sigmoid", name="out")(given)})


@pytest.mark.parametrize("model", [Penalised, regularised])
def test_what_evaluate_adds_to_the_loss_is_added_to_that_of_predict(model):
    own = made(Case("", model, BCE, "", ""))
    full = threshold_lab.explain(own, X[:80], Y[:80])  # of which the last batch is a small one
    plain = float(keras.losses.BinaryCrossentropy()(Y[:80], own.predict(X[:80], verbose=0)))
    assert full["losses"]["from_predict"] == pytest.approx(full["losses"]["evaluate"], rel=1e-5)
    assert full["losses"]["evaluate"] > plain + 0.01


@pytest.mark.parametrize("y", [Y, {"out": Y}], ids=["array", "by name"])
def test_a_single_output_with_a_name_is_one_like_any_other(y):
    model = made(Case("", named, BCE, "", ""))
    full = threshold_lab.explain(model, X, y)
    printed = model.evaluate(X, y, verbose=0, return_dict=True)
    assert full["accuracies"]["keras"] == pytest.approx(printed["accuracy"])
    assert full["losses"]["from_predict"] == pytest.approx(printed["loss"], rel=1e-5)


# ---- what is refused


def of_pairs(y, output):
    """A loss that compares rows in pairs."""
    return keras.ops.mean(keras.ops.square(keras.ops.reshape(y - output, (-1, 2))), axis=-1)


@pytest.mark.parametrize(("loss", "y", "method"), [(BCE, Y[:50], "evaluate"), (of_pairs, Y, "fit")])
def test_a_method_that_cannot_take_the_rows_is_named(loss, y, method):
    model = made(Case("", sequential("sigmoid"), loss, "", ""))
    with pytest.raises(DataError, match=f"Keras's {method} cannot take these rows"):
        threshold_lab.explain(model, X, y)


NO_ROWS = {
    "a data set": (tf.data.Dataset.from_tensors(X), "x must be an array .* a _TensorDataset; of a data set give"),
    "a generator": ((own for own in X), "x must be an array .* a generator"),
    "of several widths": ([[1.0, 2.0], [3.0]], "x must be an array .* a list"),
    "none": (X[:0], "x has no rows"),
}


@pytest.mark.parametrize("name", NO_ROWS)
def test_what_is_no_rows_is_refused_in_words(name):
    x, words = NO_ROWS[name]
    with pytest.raises(DataError, match=words):
        threshold_lab.explain(made(Case("", sequential("sigmoid"), BCE, "", "")), x)


@pytest.mark.parametrize("model", [None, "model.keras", keras.layers.Dense(1)])
def test_what_is_no_model_is_refused_in_words(model):
    with pytest.raises(ModelError, match=rf"takes a Keras model, and this is a {re.escape(type(model).__name__)}"):
        threshold_lab.explain(model, X)
