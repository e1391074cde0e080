"""What explain tells in words and in code is what the model does when it is run."""

import re
from contextlib import nullcontext

import keras
import numpy as np
import pytest
from explained_models import AT_ZERO, BCE, CASES, Case, X, Y, made, sequential, step, subclassed
from explained_others import OTHERS, straight_through
from keras import losses, metrics
from keras import ops as k

import threshold_lab
from threshold_lab.explanation.words import RETURNED

pytestmark = [
    pytest.mark.filterwarnings("ignore:(?s).*softmax over axis:UserWarning"),
    pytest.mark.filterwarnings("ignore:.*received `from_logits=True`:UserWarning"),
]
LEAVES = "can leave [0, 1]"


def words(case: Case) -> str:
    return str(threshold_lab.explain(made(case)))


def of(activation, loss, units=1, metrics=()):
    return Case("", sequential(activation, units), loss, "", "", metrics=metrics)


# ---- the line that calls rows


OF_LARGEST = [
    "hinge of two",
    "hinge of two numbers",
    "softmax of two",
    "softmax, mse",
    "two logits",
    "two logits, class numbers",
]
CALLED = [*OF_LARGEST, "sigmoid, bce", "linear, logits", "hinge", "two numbers for classes", "two sigmoids, mse"]


@pytest.mark.parametrize("name", CALLED)
def test_the_line_that_calls_rows_counts_what_is_said_of_the_natural_threshold(name):
    (case,) = [own for own in (*CASES, *OTHERS) if own.name == name]
    model = made(case)
    bias = model.layers[-1].bias
    bias.assign(np.linspace(0.2, 0.6, *bias.shape))  # lest rows tie, which Keras's accuracy calls class 0
    full = threshold_lab.explain(model, X, case.y)
    (line,) = re.findall(r"lies at .*?: (.*calls = .*)", str(full))
    names = {"model": model, "x": X}
    exec(line.replace("predict(x)", "predict(x, verbose=0)"), names)
    assert np.mean(np.ravel(names["calls"]) == (Y[:, 0] == 1)) == full["accuracies"]["natural"]
    if name in OF_LARGEST:
        assert full["accuracies"]["natural"] == pytest.approx(full["accuracies"]["keras"])


HALVED = {
    "mse": losses.MeanSquaredError(),
    "focal": losses.BinaryFocalCrossentropy(),
    "focal, balanced": losses.BinaryFocalCrossentropy(apply_class_balancing=True),
    "msle": losses.MeanSquaredLogarithmicError(),
    "mape": losses.MeanAbsolutePercentageError(),
    "dice": losses.Dice(),
    "tversky": losses.Tversky(0.9, 0.1),
}


@pytest.mark.parametrize("name", HALVED)
def test_half_is_told_where_the_loss_is_least_for_labels_of_equal_number_and_nowhere_else(name):
    outputs = np.linspace(0.001, 0.999, 999, dtype=np.float32)
    labels = np.array([[0.0], [1.0]], np.float32)
    values = [float(HALVED[name](labels, np.full((2, 1), own, np.float32))) for own in outputs]
    least = outputs[int(np.argmin(values))]
    half = threshold_lab.explain(made(of("sigmoid", HALVED[name])))["half"]
    assert half == (pytest.approx(least, abs=0.002) if abs(least - 0.5) < 0.01 else None)


# ---- what predict returns


SAID = {
    "a score that cannot leave 0 to 1": (of("sigmoid", losses.Dice()), RETURNED["score"] + "."),
    "a score that can": (of("relu", "mse", metrics=("accuracy",)), LEAVES),
    "a loss of one's own": (of("sigmoid", lambda y, p: k.mean(p - y)), "none of Keras's, asks for"),
    "three probabilities": (of("softmax", "categorical_crossentropy", 3), "for each unit a probability"),
    "an activation nobody knows": (of(lambda z: z * z, BCE), "as nothing is of the activation"),
    "two logits": (of(None, losses.CategoricalCrossentropy(from_logits=True), 2), "the second less the first"),
    "two logits, each by itself": (of(None, losses.BinaryCrossentropy(from_logits=True), 2), "for each unit a logit"),
    "no loss": (of("sigmoid", None), "there is no loss"),
    "a step": (Case("", subclassed(step), "mse", "", ""), "one of two numbers"),
    "AUC of logits": (of(None, losses.BinaryCrossentropy(from_logits=True), 1, (metrics.AUC(from_logits=True),)),
                      "of the sigmoid of the output"),
    "F1 of one column": (of("sigmoid", BCE, 1, (metrics.F1Score(),)), "f1_score is F1Score: calls every row positive"),
}  # fmt: skip


@pytest.mark.parametrize("name", SAID)
def test_words_say_what_is_and_no_more(name):
    case, said = SAID[name]
    assert said in words(case)
    assert (LEAVES in words(case)) == (said == LEAVES)
    assert "contradict each other" not in words(case)


# ---- who thresholds


def share_above(y, p):
    return k.mean(k.cast(p > 0.5, "float32"))


class Share(keras.metrics.Mean):
    """A metric of one's own."""

    def update_state(self, y, p, sample_weight=None):
        return super().update_state(k.cast(p > 0.5, "float32"))


def test_what_is_none_of_keras_is_said_to_be_unknown():
    full = threshold_lab.explain(made(of("sigmoid", BCE, 1, ("accuracy", "mae"))))
    assert full["thresholded"] == {"fit": [], "evaluate": ["accuracy"], "predict": [], "unknown": []}
    model = sequential("sigmoid")()
    model.compile("sgd", lambda y, p: k.mean(p - y), metrics=[share_above, Share(name="own"), "mae", losses.hinge])
    full = threshold_lab.explain(model)
    assert full["thresholded"]["unknown"] == ["loss", "share_above", "own"]
    assert str(full).count("what it may cut is unknown") == 2
    assert "nothing, ever" not in str(full)


@pytest.mark.parametrize("last", [step, straight_through])
def test_a_step_at_the_end_is_named_as_what_cuts(last):
    model = made(Case("", subclassed(last), "mse", "", "", metrics=AT_ZERO))
    full = threshold_lab.explain(model)
    assert full["thresholded"]["predict"] == full["thresholded"]["fit"] == ["step"]
    assert "nothing, ever" not in str(full)
    before, learns = model.get_weights(), "step_has_no_gradient" not in full.ids
    with nullcontext() if learns else pytest.raises(ValueError, match="No gradients provided"):
        model.fit(X, Y, verbose=0)
    moved = any(not np.array_equal(*own) for own in zip(before, model.get_weights(), strict=True))
    assert moved == learns == (last is straight_through)


# ---- how Keras counts


def test_f1_without_a_threshold_calls_positive_what_is_not_0():
    counted = metrics.F1Score()
    counted.update_state([[1.0], [0.0], [1.0]], [[0.0], [0.0], [0.2]])
    assert float(counted.result()[0]) == pytest.approx(2 / 3)  # one of two positive rows found, and no other


@pytest.mark.parametrize("policy", ["float32", "float64", "mixed_float16"])
def test_logits_are_found_in_the_dtype_of_the_loss_alone(policy):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, "sigmoid", dtype=policy)])
    model.compile(keras.optimizers.SGD(1.0), BCE)
    model.set_weights([np.ones((1, 1)), np.zeros(1)])
    found = "behind the output" in threshold_lab.explain(model)["loss_computed"]
    loss = model.evaluate(np.full((1, 1), -20.0, np.float32), np.ones((1, 1), np.float32), verbose=0)
    assert found == (loss == pytest.approx(20, abs=1e-3))  # cut to 1e-7 it is 16.1


@pytest.mark.parametrize("weights", [None, 2.0, [2.0]])
@pytest.mark.parametrize("loss", [losses.BinaryCrossentropy(), losses.BinaryCrossentropy(reduction="sum")])
def test_the_loss_of_what_predict_returns_is_weighed_and_summed_as_evaluate_does(loss, weights):
    model = sequential("sigmoid")()
    model.compile("sgd", loss, loss_weights=weights)
    full = threshold_lab.explain(model, X[:70], Y[:70])
    assert full["losses"]["from_predict"] == pytest.approx(full["losses"]["evaluate"], rel=1e-5)


def test_two_labels_are_called_each_by_itself():
    (case,) = [own for own in OTHERS if own.name == "two labels"]
    full = threshold_lab.explain(made(case), X, case.y)
    assert full["calls"] == "calls = model.predict(x) >= 0.5"
    assert "for each unit a probability" in str(full)


def test_a_regression_is_mended_by_an_activation_that_reaches_what_it_estimates():
    (mend,) = {
        own["mend"]
        for own in threshold_lab.explain(made(of("relu", "mse")))["findings"]
        if own["id"] == "dead_gradients"
    }
    assert mend.endswith("keras.activations.softplus")


def test_nothing_is_said_of_gradients_where_nothing_is_trainable():
    (case,) = [own for own in OTHERS if own.name == "frozen"]
    full = threshold_lab.explain(made(case), X, Y)
    assert full["dead_gradient_share"] is None
    assert "gradient" not in str(full)
