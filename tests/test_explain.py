"""What explain says of a model is what Keras does with it: over a table of models, in one process."""

import json
import re

import keras
import numpy as np
import pytest
from explained_models import BCE, ONE_HOT, PLUS_MINUS, Case, X, Y, made, sequential
from explained_models import CASES as MODELS
from explained_others import OTHERS

import threshold_lab
from threshold_lab.errors import DataError, ModelError
from threshold_lab.explanation.findings import FINDINGS
from threshold_lab.network import broken_pairs_allowed

pytestmark = [
    pytest.mark.filterwarnings("ignore:(?s).*softmax over axis:UserWarning"),
    pytest.mark.filterwarnings("ignore:In loss categorical_crossentropy, expected y_pred.shape:SyntaxWarning"),
    pytest.mark.filterwarnings("ignore:.*received `from_logits=True`:UserWarning"),
]
SEEN = {"saturated", "constant_output", "loss_differs", "no_better_than_majority", "one_class"}


CASES = [*MODELS, *OTHERS]


@pytest.fixture(scope="module")
def asked():
    """By case: the model, and its explanation, on rows where the case has labels."""
    found = {}
    for case in CASES:
        model = made(case)
        found[case.name] = model, threshold_lab.explain(model, *(() if case.y is None else (X, case.y)))
    return found


@pytest.fixture(scope="module")
def said(asked):
    return {name: own for name, (_, own) in asked.items()}


def test_the_table_is_large_and_its_names_are_distinct():
    assert len({case.name for case in CASES}) == len(CASES) >= 40
    told = {id_ for case in CASES for id_ in (*case.must, *case.seen)}
    assert set(FINDINGS) - told == {"labels_do_not_fit", "one_class", "saturated", "no_better_than_majority"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_model_is_told_what_it_must_be_and_nothing_else(case, said):
    full = said[case.name]
    assert (full["output"], full["activation"]) == (case.output, case.activation)
    assert set(case.must) <= set(full.ids)
    assert not set(case.must_not) & set(full.ids)
    if case.only:
        beyond = {own["id"] for own in full["findings"] if own["severity"] != "note"} - set(case.must) - SEEN
        assert not beyond
    assert set(case.seen) <= set(full.ids)


@pytest.mark.parametrize("case", [case for case in CASES if case.y is not None], ids=lambda case: case.name)
def test_accuracy_and_loss_are_what_evaluate_prints(case, asked):
    model, full = asked[case.name]
    printed = model.evaluate(X, case.y, verbose=0, return_dict=True)
    assert full["losses"]["evaluate"] == pytest.approx(printed["loss"], rel=1e-5)
    named = [own["name"] for own in full["metrics"] if "ccuracy" in own["resolved"] and own["resolved"] != "Accuracy"]
    assert full["accuracies"]["keras"] == (pytest.approx(printed[named[0]], abs=1e-6) if named else None)
    assert [own["name"] for own in full["metrics"]] == [name for name in printed if name != "loss"]


@pytest.mark.parametrize("case", [case for case in CASES if case.metrics and case.loss], ids=lambda case: case.name)
def test_metrics_are_what_keras_makes_of_them_and_cut_where_keras_cuts(case, asked):
    model, full = asked[case.name]
    shape = (2, 4, 1) if case.name == "in time" else (2, full["units"])
    outputs = np.zeros(shape, np.float32)
    model.compute_metrics(None, outputs if case.y is None else case.y[:2], outputs)
    (compiled,) = [own for own in model.metrics if type(own).__name__ == "CompileMetrics"]
    assert [own["resolved"] for own in full["metrics"]] == [type(own).__name__ for own in compiled.metrics]
    with_cut = [
        own for own in compiled.metrics if isinstance(own, keras.metrics.BinaryAccuracy | keras.metrics.F1Score)
    ]
    cuts = [own["threshold"] for own in full["metrics"] if own["resolved"] in ("BinaryAccuracy", "F1Score")]
    assert cuts == [own.threshold for own in with_cut]


def test_the_first_model_is_explained_in_full(said):
    bare, full = threshold_lab.explain(made(CASES[0])), said["sigmoid, bce"]
    assert json.loads(json.dumps(full)) == full
    assert full["metrics"][0] == {
        "name": "accuracy",
        "resolved": "BinaryAccuracy",
        "threshold": 0.5,
        "threshold_as_probability": 0.5,
    }
    assert {"activation", "units", "loss", "output", "metrics", "findings"} <= set(bare)
    assert {"accuracies", "dead_gradient_share"} <= set(full) - set(bare)
    assert {"keras", "natural", "tuned"} <= set(full["accuracies"])
    outputs = made(CASES[0]).predict(X, verbose=0)
    assert full["accuracies"]["keras"] == pytest.approx(float(((outputs > 0.5) == Y).mean()))
    assert full["accuracies"]["natural"] == pytest.approx(float(((outputs >= 0.5) == Y).mean()))  # a tie is positive
    assert full["thresholded"] == {"fit": [], "evaluate": ["accuracy"], "predict": [], "unknown": []}
    assert said["softmax of two"]["metrics"][0]["threshold_as_probability"] == 0.5
    assert "fit, the loss and predict: nothing, ever" in str(full)


def test_a_logit_cut_at_one_half_is_told_as_a_probability(said):
    (metric,) = said["linear, logits"]["metrics"]
    assert metric["threshold_as_probability"] == pytest.approx(0.6224593)


def test_labels_are_mended_by_their_line(said):
    (mend,) = {
        own["mend"]
        for name in ("hinge, -1 and +1", "bce, -1 and +1")
        for own in said[name]["findings"]
        if own["id"].startswith("labels_")
    }
    names = {"y": PLUS_MINUS}
    exec(mend, names)
    assert np.array_equal(names["y"], Y)


# ---- on rows


def test_rows_without_a_gradient_are_those_whose_output_is_beyond_the_clip(said):
    case = next(case for case in CASES if case.name == "linear, bce")
    outputs = made(case).predict(X[:32], verbose=0)
    beyond = float(((outputs < 1e-7) | (outputs > 1 - 1e-7)).mean())
    assert 0 < beyond < 1
    assert said["linear, bce"]["dead_gradient_share"] == beyond
    assert said["a step"]["dead_gradient_share"] == 1
    assert said["sigmoid, bce"]["dead_gradient_share"] == 0


def test_labels_that_do_not_fit_are_told_with_their_mend():
    model = made(Case("", sequential("softmax", 2), "categorical_crossentropy", "", ""))
    full = threshold_lab.explain(model, X, Y[:, 0])
    (finding,) = [own for own in full["findings"] if own["id"] == "labels_do_not_fit"]
    names = {"y": Y[:, 0], "keras": keras}
    exec(finding["mend"], names)
    assert np.array_equal(names["y"], ONE_HOT)
    sparse = made(Case("", sequential("softmax", 2), "sparse_categorical_crossentropy", "", ""))
    assert "labels_do_not_fit" in threshold_lab.explain(sparse, X, ONE_HOT).ids
    assert "labels_do_not_fit" in threshold_lab.explain(made(CASES[0]), X, ONE_HOT).ids


def test_saturated_outputs_and_a_single_class_are_told():
    model = made(Case("", sequential("sigmoid"), BCE, "", ""))
    model.layers[-1].set_weights([np.full((3, 1), 300.0), np.full(1, -1.0)])
    full = threshold_lab.explain(model, X, np.ones_like(Y))
    assert {"saturated", "one_class"} <= set(full.ids)
    assert full["saturated_share"] == np.isin(model.predict(X, verbose=0), (0, 1)).mean() > 0


def test_an_accuracy_of_the_majority_is_told_with_the_threshold_that_is_better():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, "sigmoid")])
    model.compile(loss=BCE, metrics=["accuracy"])
    model.set_weights([np.array([[2.0], [0.0]]), np.array([-9.0])])
    full = threshold_lab.explain(model, X, Y)
    assert "no_better_than_majority" in full.ids
    assert full["accuracies"]["keras"] == pytest.approx(float((Y == 0).mean()))
    assert full["accuracies"]["tuned"] > full["accuracies"]["majority"]
    assert full["accuracies"]["tuned_on"].startswith("one half")


def test_what_cannot_be_explained_is_refused_in_words():
    model = made(CASES[0])
    with pytest.raises(DataError, match="y was given and no x"):
        threshold_lab.explain(model, y=Y)
    with pytest.raises(ModelError, match="cannot be called on these rows"):
        threshold_lab.explain(model, X[:, :1], Y)
    given = keras.Input((2,))
    two = keras.Model(given, [keras.layers.Dense(1)(given), keras.layers.Dense(1)(given)])
    with pytest.raises(ModelError, match="single output; this one has 2"):
        threshold_lab.explain(two)


def test_a_model_is_left_as_it_was():
    model = made(CASES[0])
    before = [*model.get_weights(), model.predict(X, verbose=0)]
    threshold_lab.explain(model, X, Y)
    after = [*model.get_weights(), model.predict(X, verbose=0)]
    assert all(np.array_equal(*pair) for pair in zip(before, after, strict=True))
    with broken_pairs_allowed():
        model.fit(X, Y, verbose=0)


def test_every_finding_is_told_in_words(said):
    for own in said.values():
        words = str(own)
        assert all(finding["text"] in words and finding["mend"] in words for finding in own["findings"])
        assert not re.search(r"\{\w*\}|None", words)


@pytest.mark.parametrize("units", [1, 2])
def test_the_line_that_calls_rows_gives_one_call_a_row(units):
    model = sequential("softmax" if units == 2 else "sigmoid", units)()
    model.compile("sgd", "mse")
    (line,) = re.findall(r"calls = (model.predict\(x\).*)", str(threshold_lab.explain(model)))
    calls = eval(line.replace("predict(x)", "predict(x, verbose=0)"), {"model": model, "x": X})
    assert np.asarray(calls).size == len(X)
