"""Every activation and loss has its words and its formula, and both agree with Keras."""

import numpy as np
import pytest
from conftest import spec

from threshold_lab import plan
from threshold_lab.errors import ConfigError
from threshold_lab.heads import ACTIVATIONS, LOSSES, head, sigmoid

LOGITS = np.array([-900.0, -20.0, -1.5, 0.0, 0.5, 17.4, 900.0])


def test_every_row_has_a_function_and_every_function_a_row():
    from threshold_lab import losses

    assert set(losses.ACTIVATIONS) == set(ACTIVATIONS)
    used = {head(activation, loss).formula for activation in ACTIVATIONS for loss in LOSSES}
    assert set(losses.FORMULAS) == used


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_score_equals_keras(activation):
    import keras

    units = ACTIVATIONS[activation].units
    logits = LOGITS[:, None] if units == 1 else np.stack([LOGITS[::-1] / 3, LOGITS], axis=1)
    expected = np.asarray(keras.activations.get(activation)(logits.astype(np.float32)))[:, -1]
    assert ACTIVATIONS[activation].score(logits) == pytest.approx(expected, abs=1e-6)


def test_the_sigmoid_does_not_saturate_where_float32_does():
    assert sigmoid(np.array([17.4])) < 1
    assert sigmoid(LOGITS) + sigmoid(-LOGITS) == pytest.approx(1)


def test_sigmoid_is_a_softmax_whose_other_logit_is_zero():
    two = np.stack([np.zeros_like(LOGITS), LOGITS], axis=1)
    assert np.array_equal(ACTIVATIONS["softmax"].score(two), ACTIVATIONS["sigmoid"].score(LOGITS[:, None]))


def test_a_score_that_can_leave_0_to_1_is_not_called_a_probability():
    assert head("sigmoid", "mse").unit("yes") == "predicted probability of 'yes'"
    assert head("tanh", "mse").unit("yes") == "score, meant as the probability of 'yes'"


def test_unknown_names_are_all_told_with_the_known_and_the_nearest():
    with pytest.raises(ConfigError) as caught:
        plan.check([spec(activation="sigmoyd"), spec(loss="bce"), spec(activation="sigmoyd")])
    assert str(caught.value).splitlines() == [
        "unknown activation 'sigmoyd'; known: sigmoid, softmax, linear, tanh; did you mean 'sigmoid'?",
        "unknown loss 'bce'; known: binary_crossentropy, mse",
    ]
