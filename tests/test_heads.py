"""Every activation and loss has its words and its formula, and both agree with Keras."""

import numpy as np
import pytest
from conftest import spec

from threshold_lab import plan
from threshold_lab.errors import ConfigError
from threshold_lab.heads import ACTIVATIONS, LOSSES, SCALES, head, sigmoid

LOGITS = np.array([-900.0, -20.0, -1.5, 0.0, 0.5, 17.4, 900.0])


def test_every_row_has_a_function_and_every_function_a_row():
    from threshold_lab import losses

    assert set(losses.ACTIVATIONS) == {name for name, own in ACTIVATIONS.items() if own.has_gradient}
    used = {formula for loss in LOSSES.values() for formula in (loss.on_logits, loss.on_outputs)}
    assert set(losses.FORMULAS) == used


@pytest.mark.parametrize("activation", [name for name in ACTIVATIONS if name != "step"])
@pytest.mark.filterwarnings("ignore:(?s).*softmax over axis:UserWarning")
def test_the_score_equals_keras(activation):
    import keras

    own = ACTIVATIONS[activation]
    values = np.clip(LOGITS, -80, 80) if activation == "exponential" else LOGITS
    logits = values[:, None] if own.units == 1 else np.stack([values[::-1] / 3, values], axis=1)
    expected = np.asarray(keras.activations.get(own.keras)(logits.astype(np.float32)))[:, -1]
    assert own.score(logits) == pytest.approx(expected, rel=1e-5, abs=1e-6)
    assert own.low <= own.score(logits).min() <= own.score(logits).max() <= own.high


def test_the_sigmoid_does_not_saturate_where_float32_does():
    assert sigmoid(np.array([17.4])) < 1
    assert sigmoid(LOGITS) + sigmoid(-LOGITS) == pytest.approx(1)


def test_sigmoid_is_a_softmax_whose_other_logit_is_zero():
    two = np.stack([np.zeros_like(LOGITS), LOGITS], axis=1)
    assert np.array_equal(ACTIVATIONS["softmax"].score(two), ACTIVATIONS["sigmoid"].score(LOGITS[:, None]))


def test_a_score_that_can_leave_0_to_1_is_not_called_a_probability():
    assert head("sigmoid", "mse").unit("yes") == "predicted probability of 'yes'"
    assert head("tanh", "mse").unit("yes") == "score, meant as the probability of 'yes'"
    assert head("tanh", "hinge").unit("yes") == "score, meant as the margin of 'yes'"
    assert head("linear", "binary_crossentropy_from_logits").unit("yes") == "score, meant as the logit of 'yes'"
    assert head("sigmoid", "binary_crossentropy_from_logits").unit("yes") == "predicted probability of 'yes'"
    assert not head("sigmoid", "hinge").probability
    assert head("tanh", "mse", low=-1).unit("yes") == "score, meant as the expected target, -1 to 1, of 'yes'"


@pytest.mark.parametrize(
    ("activation", "loss", "low", "words"),
    [
        ("sigmoid", "mse", 0, "Keras calls positive any probability above .5"),
        ("linear", "binary_crossentropy_from_logits", 0, "any logit above .5, which is P = 0.622"),
        ("linear", "hinge", 0, "any margin above .5"),
        ("tanh", "mse", -1, "any expected target, -1 to 1 above .5, which is P = 0.750, and counts no negative row"),
    ],
)
def test_where_keras_accuracy_cuts_is_told_in_words(activation, loss, low, words):
    assert words in head(activation, loss, low).keras_accuracy


@pytest.mark.parametrize("name", [name for name, own in SCALES.items() if own.of])
def test_the_score_of_a_probability_leads_back_to_it(name):
    own = SCALES[name]
    assert [own.probability(own.at(p)) for p in (0.1, 0.5, 0.9)] == pytest.approx([0.1, 0.5, 0.9])


def test_unknown_names_are_all_told_with_the_known_and_the_nearest():
    with pytest.raises(ConfigError) as caught:
        plan.check([spec(activation="sigmoyd"), spec(loss="bce"), spec(activation="sigmoyd")])
    assert str(caught.value).splitlines() == [
        f"unknown activation 'sigmoyd'; known: {', '.join(ACTIVATIONS)}; did you mean 'sigmoid'?",
        f"unknown loss 'bce'; known: {', '.join(LOSSES)}",
    ]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"activation": "step"}, "a threshold has no gradient"),
        ({"activation": "tanh", "loss": "categorical_crossentropy"}, "use activation=softmax (two units)"),
        ({"activation": "softmax_1", "loss": "categorical_crossentropy"}, "is always 1 and the loss 0"),
        (
            {"loss": "mse", "label_smoothing": 0.1},
            "loss 'mse' takes no label_smoothing; got 0.1; losses that do: binary_",
        ),
        ({"activation": "softmax", "targets": [-1, 1]}, "activation 'softmax' has two, which are one-hot"),
    ],
)
def test_what_keras_cannot_train_is_refused_with_the_reason(changes, words):
    with pytest.raises(ConfigError) as caught:
        plan.check([spec(**changes)])
    assert words in str(caught.value)
