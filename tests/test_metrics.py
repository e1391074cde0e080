"""The tidy table and its numbers."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from threshold_lab import metrics
from threshold_lab.metrics import COLUMNS, OperatingPoint
from threshold_lab.records import Scores

LABELS = np.array([False, True, True, False, True, False])
PROBABILITIES = np.array([[0.2, 0.7, 0.4, 0.4, 0.9, 0.1], [0.6, 0.5, 0.8, 0.3, 0.2, 0.1]])


def scores(values=PROBABILITIES, labels=LABELS) -> Scores:
    return Scores(labels, values, values)


def test_score_metrics_equal_sklearn():
    found = metrics.score_metrics(scores())
    for index, own in enumerate(PROBABILITIES):
        assert found["roc_auc"][index] == pytest.approx(roc_auc_score(LABELS, own))
        assert found["brier"][index] == pytest.approx(brier_score_loss(LABELS, own))
        assert found["log_loss"][index] == pytest.approx(log_loss(LABELS, own))


@given(st.lists(st.integers(-2, 2), min_size=6, max_size=6))
def test_auc_with_ties_equals_sklearn(values):
    own = np.array([values], float)
    assert metrics.roc_auc(own, LABELS)[0] == pytest.approx(roc_auc_score(LABELS, own[0]))


def test_auc_is_unchanged_by_any_increasing_map():
    assert np.array_equal(metrics.roc_auc(np.exp(PROBABILITIES), LABELS), metrics.roc_auc(PROBABILITIES, LABELS))


def test_auc_of_one_class_is_blank():
    assert np.isnan(metrics.roc_auc(PROBABILITIES, np.ones(6, bool))).all()


def test_a_saturated_score_ties_and_its_logit_does_not():
    logits = np.array([[18.0, 19.0]])
    saturated = Scores(np.array([False, True]), logits, 1 / (1 + np.exp(-logits)))
    found = metrics.score_metrics(saturated)
    assert found["roc_auc"] == [0.5]  # a float32 sigmoid, as `predict` returns it, is 1.0 for both
    assert found["roc_auc_logit"] == [1.0]


def test_the_brier_score_of_a_clipped_score_is_never_above_the_raw_ones():
    raw = PROBABILITIES * 3 - 1
    assert (metrics.brier(raw, LABELS) <= np.square(raw - LABELS).mean(axis=1)).all()
    assert metrics.outside(raw)[0] == pytest.approx(4 / 6)


def test_the_table_has_a_row_a_seed_part_and_rule():
    parts = {"validation": scores(), "test": scores()}
    points = [OperatingPoint("0.5", np.array([0.5, 0.5])), OperatingPoint("youden", np.array([0.4, 0.45]))]
    scored = {name: metrics.score_metrics(part) for name, part in parts.items()}
    tidy = metrics.table(parts, scored, points, range(3, 5))
    assert tuple(tidy.columns) == COLUMNS
    assert len(tidy) == 2 * 2 * 2
    own = tidy[(tidy["seed"] == 3) & (tidy["part"] == "test") & (tidy["rule"] == "youden")].iloc[0]
    assert (own["tp"], own["fp"], own["fn"], own["tn"]) == (3, 1, 0, 2)  # >= .4: .7 .4 .9 and one negative .4
    assert own["accuracy"] == pytest.approx(5 / 6)


def test_the_summary_leaves_out_a_metric_that_is_undefined_for_a_seed():
    columns = {"seed": [0, 1], "part": "test", "rule": "0.5", "accuracy": [0.5, 0.7], "precision": [np.nan, 1.0]}
    found = metrics.summary(pd.DataFrame(columns), "test", "0.5")
    assert found["accuracy"] == pytest.approx((0.6, np.sqrt(0.02)))
    assert "precision" not in found


def test_the_summary_of_equal_numbers_is_exact():
    columns = {"seed": range(7), "part": "test", "rule": "0.4", "threshold": [0.4] * 7}
    assert metrics.summary(pd.DataFrame(columns), "test", "0.4")["threshold"] == (0.4, 0.0)


def test_the_majority_is_the_better_constant():
    assert metrics.majority(np.array([True, False, False, False])) == 0.75


def test_a_histogram_counts_every_score_once():
    raw = scores(PROBABILITIES * 40 - 7)
    counts = metrics.histogram(raw)
    assert counts.positive.sum() == 2 * LABELS.sum()
    assert counts.negative.sum() == 2 * (~LABELS).sum()


@pytest.mark.parametrize(("low", "high", "width"), [(0.2, 0.8, 0.05), (-0.5, 1.4, 0.05), (-4, 30, 1), (-9e9, 1, 2.5e8)])
def test_bins_line_up_at_zero_and_hold_all_scores(low, high, width):
    edges = metrics.bin_edges(low, high)
    assert edges[0] <= min(low, 0)
    assert edges[-1] >= max(high, 1)
    assert len(edges) <= 63
    assert np.diff(edges) == pytest.approx(width)
    assert np.abs(edges).min() == 0
