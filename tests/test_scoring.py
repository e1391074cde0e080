"""Metrics over all cuts are what scikit-learn says they are, and blank where they mean nothing."""

import numpy as np
import pytest
from conftest import scores_and_labels
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from threshold_lab import scoring
from threshold_lab.records import Scores
from threshold_lab.scoring import BINS, OF_PROBABILITIES, OVER_ALL_CUTS, score_metrics

LABELS = np.array([False, True, True, False, True, False])
PROBABILITIES = np.array([[0.2, 0.7, 0.4, 0.4, 0.9, 0.1], [0.6, 0.5, 0.8, 0.3, 0.2, 0.1]])
pairs = st.lists(st.tuples(st.floats(-0.5, 1.5), st.booleans()), min_size=1, max_size=60)


def scores(values=PROBABILITIES, labels=LABELS) -> Scores:
    return Scores(labels, values, values)


def test_score_metrics_equal_sklearn():
    found = score_metrics(scores())
    assert tuple(found) == OVER_ALL_CUTS
    for index, own in enumerate(PROBABILITIES):
        assert found["roc_auc"][index] == pytest.approx(roc_auc_score(LABELS, own))
        assert found["average_precision"][index] == pytest.approx(average_precision_score(LABELS, own))
        assert found["brier"][index] == pytest.approx(brier_score_loss(LABELS, own))
        assert found["log_loss"][index] == pytest.approx(log_loss(LABELS, own))


@given(st.lists(st.integers(-2, 2), min_size=6, max_size=6))
def test_ranks_with_ties_equal_sklearn(values):
    own = np.array([values], float)
    assert scoring.roc_auc(own, LABELS)[0] == pytest.approx(roc_auc_score(LABELS, own[0]))
    assert scoring.average_precision(own, LABELS)[0] == pytest.approx(average_precision_score(LABELS, own[0]))


@pytest.mark.parametrize("metric", [scoring.roc_auc, scoring.average_precision])
def test_ranks_are_unchanged_by_any_increasing_map(metric):
    assert np.array_equal(metric(np.exp(PROBABILITIES), LABELS), metric(PROBABILITIES, LABELS))


def test_ranks_of_one_class_are_blank():
    assert np.isnan(scoring.roc_auc(PROBABILITIES, np.ones(6, bool))).all()
    assert np.isnan(scoring.average_precision(PROBABILITIES, np.zeros(6, bool))).all()


def test_a_saturated_score_ties_and_its_logit_does_not():
    logits = np.array([[18.0, 19.0]])
    found = score_metrics(Scores(np.array([False, True]), logits, 1 / (1 + np.exp(-logits))))
    assert found["roc_auc"] == [0.5]  # a float32 sigmoid, as `predict` returns it, is 1.0 for both
    assert found["roc_auc_logit"] == [1.0]


def test_a_score_that_claims_no_probability_has_no_metric_of_one():
    found = score_metrics(scores(), probability=False)
    assert all(np.isnan(found[name]).all() for name in OF_PROBABILITIES)
    assert np.isfinite(found["average_precision"]).all()


@given(pairs)
def test_the_brier_score_of_a_clipped_score_is_never_above_the_raw_ones(rows):
    raw, labels = scores_and_labels(rows)
    assert scoring.brier(raw[None], labels)[0] <= np.square(raw - labels).mean() + 1e-15


@given(pairs)
def test_the_brier_score_is_the_sum_of_its_parts_which_are_murphys_where_a_bin_holds_one_score(rows):
    raw, labels = scores_and_labels(rows)
    p = np.floor(np.clip(raw, 0, 0.99) * BINS) / BINS + 0.5 / BINS  # one score a bin
    reliability, resolution, uncertainty = (float(own[0]) for own in scoring.brier_parts(p[None], labels))
    shares = {score: labels[p == score].mean() for score in np.unique(p)}
    share = np.array([shares[score] for score in p])
    assert reliability == pytest.approx(np.square(p - share).mean(), abs=1e-12)
    assert resolution == pytest.approx(np.square(share - labels.mean()).mean(), abs=1e-12)
    assert uncertainty == pytest.approx(labels.mean() * (1 - labels.mean()))


def test_the_calibration_error_by_hand():
    p = np.array([[0.01, 0.03, 0.52, 0.58, 0.98]])
    labels = np.array([False, True, True, True, True])
    # three bins: |.5 - .02| of two rows, |1 - .55| of two, |1 - .98| of one
    assert scoring.calibration_error(p, labels, mass=False) == pytest.approx((2 * 0.48 + 2 * 0.45 + 0.02) / 5)
    # a row a bin: .01, .97, .48, .42, .02
    assert scoring.calibration_error(p, labels, mass=True) == pytest.approx((0.01 + 0.97 + 0.48 + 0.42 + 0.02) / 5)


def test_bins_of_equal_mass_hold_as_many_rows_and_ties_share_one():
    p = np.random.default_rng(0).random(1000)
    assert (np.bincount(scoring.of_equal_mass(p[None])[0]) == 1000 // BINS).all()
    assert set(scoring.of_equal_mass(np.full((1, 50), 0.3))[0]) == {0}


def test_a_score_of_one_is_in_the_last_bin():
    assert scoring.of_equal_width(np.array([0.0, 0.999, 1.0])).tolist() == [0, BINS - 1, BINS - 1]


def test_the_share_outside():
    assert scoring.outside(PROBABILITIES * 3 - 1)[0] == pytest.approx(4 / 6)


def test_keras_counts_above_one_half_and_never_matches_a_target_of_minus_one():
    values, labels = np.array([[0.5, 0.6, 0.4, 0.7]]), np.array([True, True, False, False])
    assert scoring.keras_matches(values, labels, 0).mean() == 0.5
    assert scoring.keras_matches(values, labels, -1).mean() == 0.25


def test_the_log_loss_is_clipped_where_keras_clips():
    sure = np.array([[1.0, 0.0]])
    assert scoring.log_loss(sure, np.array([False, True]))[0] == pytest.approx(16.118096, abs=1e-6)


def test_calibration_errors_by_mass_and_by_width_are_two_things():
    p, labels = np.r_[np.linspace(0.01, 0.09, 18), 0.5, 0.9][None], np.arange(20) % 4 == 0
    width = abs(p[0, :18].sum() - labels[:18].sum()) + abs(0.5 - labels[18]) + abs(0.9 - labels[19])
    assert scoring.calibration_error(p, labels, mass=False)[0] == pytest.approx(width / 20)
    pairs = np.abs((p[0] - labels).reshape(10, 2).sum(axis=1)).sum()
    assert scoring.calibration_error(p, labels, mass=True)[0] == pytest.approx(pairs / 20)
