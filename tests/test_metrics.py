"""The tidy table and its numbers."""

import numpy as np
import pandas as pd
import pytest

from threshold_lab import metrics
from threshold_lab.decisions import Decision, OperatingPoint, undecided
from threshold_lab.heads import SCALES
from threshold_lab.metrics import COLUMNS
from threshold_lab.records import Scores
from threshold_lab.scoring import OVER_ALL_CUTS
from threshold_lab.spec import Cost, RuleSettings

LABELS = np.array([False, True, True, False, True, False])
PROBABILITIES = np.array([[0.2, 0.7, 0.4, 0.4, 0.9, 0.1], [0.6, 0.5, 0.8, 0.3, 0.2, 0.1]])


SCORED = {name: np.array([0.25, 0.75]) for name in OVER_ALL_CUTS}


def scores(values=PROBABILITIES, labels=LABELS) -> Scores:
    return Scores(labels, values, values)


@pytest.mark.parametrize(
    ("claim", "values"),
    [
        ("probability", [-3.0, 0.0, 0.51, 1.0, 1e300]),
        ("logit", [-1e300, -99.0, 0.05, 99.0, 1e300]),
        ("margin", [-7.0, -1.0, 0.02, 1.0, 7.0]),
        ("expected target, -1 to 1,", [-7.0, -1.0, 0.02, 1.0, 7.0]),
    ],
)
def test_scores_of_any_meaning_are_compared_on_the_same_bins_and_the_ends_hold_what_lies_beyond(claim, values):
    own = scores(np.array([values]), np.array([False, False, True, True, True]))
    found = metrics.comparable(own, SCALES[claim])
    assert found.edges.tolist() == [round(0.05 * bin_, 2) for bin_ in range(21)]
    assert dict(enumerate(found.negative.tolist())) == {bin_: 2 if bin_ == 0 else 0 for bin_ in range(20)}
    assert dict(enumerate(found.positive.tolist())) == {bin_: {10: 1, 19: 2}.get(bin_, 0) for bin_ in range(20)}


def test_the_table_has_a_row_a_seed_part_and_rule():
    parts = {"validation": scores(), "test": scores()}
    points = [
        OperatingPoint("0.5", (Decision(0.5), Decision(0.5))),
        OperatingPoint("youden", (Decision(0.4, 0.3, 0.6, optimism=0.02), Decision(0.45))),
    ]
    tidy = metrics.table(parts, dict.fromkeys(parts, SCORED), points, range(3, 5), Cost(fn=5.0))
    assert tuple(tidy.columns) == COLUMNS
    assert len(tidy) == 2 * 2 * 2
    own = tidy[(tidy["seed"] == 3) & (tidy["part"] == "test") & (tidy["rule"] == "youden")].iloc[0]
    assert (own["tp"], own["fp"], own["fn"], own["tn"]) == (3, 1, 0, 2)  # >= .4: .7 .4 .9 and one negative .4
    assert own["accuracy"] == pytest.approx(5 / 6)
    assert own["expected_cost"] == pytest.approx(1 / 6)
    assert own["called_positive"] == pytest.approx(4 / 6)
    assert own[["threshold", "threshold_low", "threshold_high", "optimism"]].tolist() == [0.4, 0.3, 0.6, 0.02]
    assert own["roc_auc"] == 0.25


def test_a_network_without_a_threshold_is_blank_there_and_nowhere_else():
    point = undecided("youden", RuleSettings(), 2)
    tidy = metrics.table({"test": scores()}, {"test": SCORED}, [point], range(2), Cost())
    assert tidy[["threshold", "tp", "accuracy", "expected_cost"]].isna().all(axis=None)
    assert tidy["roc_auc"].tolist() == [0.25, 0.75]


def test_the_summary_leaves_out_a_metric_that_is_undefined_for_a_seed():
    columns = {"seed": [0, 1], "part": "test", "rule": "0.5", "accuracy": [0.5, 0.7], "precision": [np.nan, 1.0]}
    found = metrics.summary(pd.DataFrame(columns), "test", "0.5")
    assert found["accuracy"] == pytest.approx((0.6, np.sqrt(0.02)))
    assert "precision" not in found


def test_the_summary_of_equal_numbers_is_exact():
    columns = {"seed": range(7), "part": "test", "rule": "0.4", "threshold": [0.4] * 7}
    assert metrics.summary(pd.DataFrame(columns), "test", "0.4")["threshold"] == (0.4, 0.0)


def test_the_estimates_are_those_of_each_part():
    parts = {"validation": scores(), "test": scores(PROBABILITIES[::-1] / 2)}
    tidy = metrics.table(
        parts, dict.fromkeys(parts, SCORED), [OperatingPoint("0.3", (Decision(0.3),) * 2)], range(2), Cost()
    )
    found = metrics.estimates(tidy, "0.3", {"test": {"accuracy": (0.25, 0.75)}, "validation": {}}, 0.95)
    assert tuple(found.columns) == metrics.ESTIMATES
    for part in parts:
        told, summary = metrics.told(found, part), metrics.summary(tidy, part, "0.3")
        assert list(told) == list(summary)
        np.testing.assert_allclose(list(told.values()), list(summary.values()), rtol=1e-14)
    over_rows = found[found["metric"] == "accuracy"].set_index("part")[["rows_low", "rows_high"]]
    assert over_rows.loc["test"].tolist() == [0.25, 0.75]
    assert over_rows.loc["validation"].isna().all()
    accuracy = found[(found["part"] == "test") & (found["metric"] == "accuracy")].iloc[0]
    assert accuracy["seeds_low"] < accuracy["mean"] < accuracy["seeds_high"]


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
