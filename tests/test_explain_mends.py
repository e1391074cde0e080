"""The line that mends what explain found mends it, and breaks nothing else."""

import keras
import numpy as np
import pytest
from explained_endings import ENDINGS
from explained_models import BCE, CASES, ONE_HOT, Case, X, Y, compiled, made

import threshold_lab
from threshold_lab.explanation.findings import FINDINGS

pytestmark = [
    pytest.mark.filterwarnings("ignore:(?s).*softmax over axis:UserWarning"),
    pytest.mark.filterwarnings("ignore:In loss categorical_crossentropy, expected y_pred.shape:SyntaxWarning"),
    pytest.mark.filterwarnings("ignore:.*received `from_logits=True`:UserWarning"),
]
MENDED = [
    (case, id_)
    for case in (*CASES, *ENDINGS)
    for id_ in case.must
    if FINDINGS[id_].mend and not id_.startswith("labels")
]


def worrying(full):
    """What is no note, and hangs on no weights: these are untrained."""
    found = {own["id"] for own in full["findings"] if own["severity"] != "note"}
    return found - {"no_better_than_majority", "saturated"}


@pytest.mark.parametrize(("case", "id_"), MENDED, ids=lambda own: getattr(own, "name", own))
def test_a_mend_is_one_line_that_mends_and_brings_no_other_trouble(case, id_):
    model = made(case)
    rows = (X, case.y) if case in ENDINGS or "regression" in case.must or not case.metrics else ()
    rows = rows if case.y is not None else ()
    before = threshold_lab.explain(model, *rows)
    (mend,) = [own["mend"] for own in before["findings"] if own["id"] == id_]
    assert "\n" not in mend
    assert mend.startswith("return ") == (not getattr(model, "outputs", None) and "activation" in mend)
    if mend.startswith("return "):
        return  # of the model's own code, which only its author can mend
    names = {"model": model, "keras": keras}
    exec(mend, names)
    if "compile" not in mend:
        compiled(names["model"], case)
    after = threshold_lab.explain(names["model"], *rows)
    assert id_ not in after.ids, mend
    assert worrying(after) <= worrying(before), mend


def told(full, id_):
    (mend,) = [own["mend"] for own in full["findings"] if own["id"] == id_]
    return mend


def untrained(loss, units=1, activation="sigmoid", y=Y, tail=()):
    """A model without a hidden layer, whose weights a test sets."""
    layers = [keras.layers.Dense(units, activation), *tail]
    return Case("", lambda: keras.Sequential([keras.Input((2,)), *layers]), loss, "", "", y=y)


@pytest.mark.parametrize("case", [untrained("mse"), untrained(BCE, tail=[keras.layers.Reshape((1,))])])
def test_a_sigmoid_without_a_gradient_is_not_mended_by_another_sigmoid(case):
    model = made(case)
    model.set_weights([np.full((2, 1), -300.0), np.zeros(1)])
    before = threshold_lab.explain(model, X, Y)
    names = {"model": model, "keras": keras}
    exec(told(before, "dead_gradients"), names)
    if not names["model"].compiled:
        compiled(names["model"], case)
    after = threshold_lab.explain(names["model"], X, Y)
    assert before["dead_gradient_share"] > after["dead_gradient_share"]
    assert "dead_gradients" not in after.ids


def test_a_majority_of_25_rows_is_one_though_keras_counts_in_float32():
    x, y = np.linspace(-1, 1, 25, dtype=np.float32).reshape(-1, 1), np.repeat([0.0, 1.0], [17, 8]).reshape(-1, 1)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, "sigmoid")])
    model.compile("sgd", BCE, metrics=["accuracy"])
    model.set_weights([np.full((1, 1), 2.0), np.full(1, -9.0)])
    full = threshold_lab.explain(model, x, y)
    assert full["accuracies"]["keras"] > full["accuracies"]["majority"]
    assert "no_better_than_majority" in full.ids


@pytest.mark.parametrize(
    ("activation", "loss"),
    [
        ("softmax", keras.losses.CategoricalCrossentropy()),
        (None, keras.losses.CategoricalCrossentropy(from_logits=True)),
        (None, "mse"),
    ],
)
def test_two_units_are_cut_by_what_is_between_them(activation, loss):
    model = made(untrained(loss, 2, activation))
    model.set_weights([np.array([[0.0, 2.0], [0.0, 0.0]]), np.array([9.0, 0.0])])
    full = threshold_lab.explain(model, X, ONE_HOT)
    names = {"model": model, "x": X}
    exec(told(full, "no_better_than_majority"), names)
    right = float((names["calls"] == Y[:, 0]).mean())
    assert right == pytest.approx(full["accuracies"]["tuned"], abs=0.03)
    assert right > full["accuracies"]["majority"] + 0.1
