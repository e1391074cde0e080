"""Recalibration keeps its promises about order, and makes probabilities keep theirs."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from threshold_lab.calibration import (
    CALIBRATION,
    CURVES,
    RECALIBRATIONS,
    curves,
    on_test,
    recalibrated,
    reliability,
    table,
)
from threshold_lab.errors import DataError
from threshold_lab.heads import SCALES, head, sigmoid
from threshold_lab.records import Scores
from threshold_lab.scoring import calibration_error, log_loss, roc_auc
from threshold_lab.spec import RuleSettings
from threshold_lab.thresholds import Terms, chosen


def overconfident(rows: int, factor: float = 3.0, shift: float = 0.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits too large by a factor, and labels that follow the true ones."""
    generator = np.random.default_rng(seed)
    true = 1.5 * generator.normal(size=rows)
    return factor * true + shift, generator.random(rows) < sigmoid(true)


def test_a_temperature_finds_by_how_much_logits_are_too_large():
    logits, labels = overconfident(20_000)
    assert recalibrated("temperature", logits, labels)(np.array([-3.0, 0.0, 3.0])) == pytest.approx(
        [-1, 0, 1], abs=0.05
    )


def test_platt_finds_the_shift_too():
    logits, labels = overconfident(20_000, 0.5, 2.0)
    assert recalibrated("platt", logits, labels)(np.array([1.5, 2.0, 2.5])) == pytest.approx([-1, 0, 1], abs=0.1)


@pytest.mark.parametrize("name", RECALIBRATIONS)
def test_a_recalibrated_probability_keeps_its_word_on_other_rows(name):
    own = recalibrated(name, *overconfident(4000))
    logits, labels = overconfident(4000, seed=1)
    before, after = sigmoid(logits)[None], sigmoid(own(logits))[None]
    assert calibration_error(after, labels, mass=True) < 0.03 < calibration_error(before, labels, mass=True)
    assert log_loss(after, labels) < log_loss(before, labels)


@pytest.mark.parametrize("name", ["temperature", "platt"])
@settings(max_examples=60)
@given(seed=st.integers(0, 10_000), factor=st.floats(0.01, 100), shift=st.floats(-50, 50))
def test_the_order_of_the_scores_and_youdens_partition_do_not_change(name, seed, factor, shift):
    logits, labels = overconfident(60, factor, shift if name == "platt" else 0.0, seed)
    terms = Terms(RuleSettings(), 0.5, SCALES["logit"])
    labels |= logits > np.quantile(logits, 0.8)  # or chance might turn so few rows round
    labels &= logits > np.quantile(logits, 0.2)
    own = recalibrated(name, logits, labels)(logits)
    assert roc_auc(own[None], labels) == roc_auc(logits[None], labels)
    cuts = (chosen("youden", values, labels, terms) for values in (logits, own))
    assert np.array_equal(logits >= next(cuts), own >= next(cuts))


def test_isotonic_regression_never_falls():
    own = recalibrated("isotonic", *overconfident(300))(np.linspace(-20, 20, 500))
    assert (own[1:] >= own[:-1]).all()


def test_rows_that_are_parted_entirely_and_logits_without_end_are_calibrated_too():
    logits, labels = np.array([-1e6, -2.0, 2.0, np.inf]), np.array([False, False, True, True])
    for name in RECALIBRATIONS:
        found = sigmoid(recalibrated(name, logits, labels)(logits))
        assert ((found >= 0.5) == labels).all()


def test_labels_the_wrong_way_round_are_told():
    logits, labels = overconfident(500)
    with pytest.raises(DataError, match="would be turned round; look for swapped labels"):
        recalibrated("platt", logits, ~labels)


@pytest.mark.parametrize("name", RECALIBRATIONS)
def test_one_class_is_refused(name):
    with pytest.raises(DataError, match="both classes"):
        recalibrated(name, np.arange(3.0), np.ones(3, bool))


def test_the_reliability_curve_by_hand():
    """Twenty rows, two a bin; those that share a score share the lower bin."""
    p = np.r_[0.1, 0.1, 0.1, np.linspace(0.2, 0.9, 17)]
    labels = np.r_[False, True, True, np.zeros(15, bool), True, True]
    found = reliability(p, labels)
    assert found.rows.tolist() == [3, 1, *[2] * 8]
    assert found.claimed[[0, -1]] == pytest.approx([0.1, (p[-1] + p[-2]) / 2])
    assert found.found[[0, 1, -1]] == pytest.approx([2 / 3, 0, 1])


def stacked(logits, labels) -> Scores:
    """Two networks, the second twice as sure."""
    both = np.stack([logits, 2 * logits])
    return Scores(labels, both, sigmoid(both))


def test_the_table_has_a_row_a_seed_and_recalibration_and_no_test_label_changes_a_fit():
    validation, test = stacked(*overconfident(300)), stacked(*overconfident(300, seed=1))
    probabilities = on_test(validation, test, probability=True)
    found = table(probabilities, test.labels, [4, 5])
    assert tuple(found.columns) == CALIBRATION
    assert found["recalibration"].tolist() == [name for name in ("none", *RECALIBRATIONS) for _ in (4, 5)]
    losses = found.set_index(["seed", "recalibration"])["log_loss"]
    assert losses[4, "temperature"] == pytest.approx(losses[5, "temperature"])
    assert losses[4, "temperature"] < losses[4, "none"] < losses[5, "none"]
    turned = on_test(validation, replace(test, labels=~test.labels), probability=True)
    assert all(np.array_equal(turned[name], own) for name, own in probabilities.items())


def test_a_network_that_cannot_be_recalibrated_is_blank():
    test = stacked(*overconfident(300))
    one_class = replace(test, labels=np.ones(300, bool))
    found = on_test(one_class, test, probability=True)
    judged = table(found, test.labels, [4, 5])
    assert judged[judged["recalibration"] != "none"]["brier"].isna().all()
    assert judged[judged["recalibration"] == "none"]["brier"].notna().all()
    assert set(curves(found, test.labels, [4, 5])["recalibration"]) == {"none"}


def test_what_predict_returns_is_judged_where_it_claims_to_be_a_probability():
    scores = Scores(np.array([True, False, True]), np.array([[3.0, -3.0, 0.5]]), np.array([[1.2, -0.1, 0.4]]))
    assert on_test(scores, scores, probability=True)["none"].tolist() == [[1.0, 0.0, 0.4]]
    assert on_test(scores, scores, probability=False)["none"] == pytest.approx(sigmoid(scores.logits))


def test_the_curves_hold_every_row_once_a_seed_and_recalibration():
    test = stacked(*overconfident(300))
    found = curves(on_test(test, test, probability=True), test.labels, [4, 5])
    assert tuple(found.columns) == CURVES
    assert (found.groupby(["recalibration", "seed"])["rows"].sum() == 300).all()
    positives = (found["rows"] * found["found"]).groupby([found["recalibration"], found["seed"]]).sum()
    assert positives.to_numpy() == pytest.approx(test.labels.sum())


def test_a_fit_is_not_penalised_towards_no_slope():
    logits, labels = overconfident(40)
    own = recalibrated("platt", logits, labels)(logits)
    gradient = np.array([np.sum(sigmoid(own) - labels), np.sum((sigmoid(own) - labels) * logits)])
    assert gradient == pytest.approx([0, 0], abs=1e-3)


@pytest.mark.parametrize(
    ("activation", "loss", "low", "centred"),
    [
        ("sigmoid", "mse", 0, True),
        ("softmax", "mse", 0, True),
        ("linear", "mse", 0, False),
        ("tanh", "mse", 0, False),
        ("tanh", "mse", -1, True),
        ("linear", "binary_crossentropy_from_logits", 0, True),
        ("linear", "hinge", 0, True),
        ("relu", "hinge", 0, False),
        ("hard_sigmoid", "mse", 0, True),
        ("exponential", "mse", 0, False),
    ],
)
def test_a_temperature_is_fitted_where_a_logit_of_0_is_one_half(activation, loss, low, centred):
    assert head(activation, loss, low).centred == centred


def test_a_calibrated_output_of_a_linear_layer_is_not_made_worse_by_a_temperature():
    generator = np.random.default_rng(0)
    p = generator.beta(2, 2, 4000)
    scores = Scores(generator.random(4000) < p, p[None], p[None])
    found = on_test(scores, scores, probability=True, centred=False)
    assert np.isnan(found["temperature"]).all()
    judged = table(found, scores.labels, [0]).set_index("recalibration")["brier"]
    assert judged["platt"] == pytest.approx(judged["none"], rel=0.01)
