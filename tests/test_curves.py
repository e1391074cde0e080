"""Curves are those of scikit-learn, read at the points of the grid."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, precision_recall_curve, roc_auc_score, roc_curve

from threshold_lab import counts, curves


def scored(networks: int = 1) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    labels = generator.random(90) < 0.4
    return np.round(generator.normal(size=(networks, 90)) + labels, 1), labels


def test_the_roc_curve_goes_straight_from_cut_to_cut_and_up_where_it_rises():
    scores, labels = scored()
    rates, recalls, _ = roc_curve(labels, scores[0], drop_intermediate=False)
    highest = {rate: recalls[rates == rate].max() for rate in rates}
    expected = np.interp(curves.GRID, list(highest), list(highest.values()))
    assert curves.roc(scores, labels) == pytest.approx(expected)


def test_the_roc_curve_of_one_score_for_all_rows_is_the_diagonal():
    labels = np.arange(10) % 2 == 0
    assert curves.roc(np.full((1, 10), 0.3), labels) == pytest.approx(curves.GRID)


def test_the_area_below_the_roc_curve_is_the_roc_auc_also_of_ties():
    scores, labels = scored()
    coarse = np.round(scores)
    area = np.trapezoid(curves.roc(coarse, labels), curves.GRID)
    assert area == pytest.approx(roc_auc_score(labels, coarse[0]), abs=0.003)


def test_the_precision_is_the_best_with_a_recall_of_so_much_or_more():
    scores, labels = scored()
    precisions, recalls, cuts = precision_recall_curve(labels, scores[0])
    expected = [precisions[: len(cuts)][recalls[: len(cuts)] >= own - 1e-12].max() for own in curves.GRID]
    assert curves.precision_recall(scores, labels) == pytest.approx(expected)


def test_the_accuracy_is_that_of_each_threshold():
    scores, labels = scored()
    expected = [accuracy_score(labels, scores[0] >= own) for own in (-1.0, 0.1, 0.5)]
    assert curves.at_cuts(counts.accuracy, scores, labels, np.array([-1.0, 0.1, 0.5])) == pytest.approx(expected)


def test_a_curve_of_several_networks_is_their_mean():
    scores, labels = scored(3)
    alone = [curves.roc(own[None], labels) for own in scores]
    assert curves.roc(scores, labels) == pytest.approx(np.mean(alone, axis=0))


def test_reliability_takes_all_networks_together():
    p = np.stack([np.linspace(0, 1, 50), np.linspace(1, 0, 50)])
    claimed, found = curves.reliability(p, np.arange(50) < 25)
    assert claimed == pytest.approx(np.linspace(0.04, 0.96, 10), abs=0.03)
    assert found == pytest.approx(np.full(10, 0.5), abs=0.11)
