"""Counts are exact at every cut, and a rule finds the best of all of them."""

import numpy as np
import pytest
from conftest import spec
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, f1_score, matthews_corrcoef

from threshold_lab import plan, thresholds
from threshold_lab.errors import ConfigError, DataError
from threshold_lab.thresholds import RULES, Counts, chosen, counts_at, counts_at_every_cut

scored = st.lists(
    st.tuples(st.one_of(st.integers(-3, 3).map(float), st.floats(-1e6, 1e6)), st.booleans()), min_size=1, max_size=40
)


def arrays(rows):
    scores, labels = zip(*rows, strict=True)
    return np.array(scores), np.array(labels)


def both_classes(rows):
    return len({label for _, label in rows}) == 2


@given(scored)
def test_counts_equal_sklearn_at_every_cut(rows):
    scores, labels = arrays(rows)
    cuts, counts = counts_at_every_cut(scores, labels)
    for index, cut in enumerate(cuts):
        expected = confusion_matrix(labels, scores >= cut, labels=[False, True]).ravel()
        found = (counts.tn[index], counts.fp[index], counts.fn[index], counts.tp[index])
        assert found == tuple(expected)


@given(scored)
def test_every_partition_of_the_rows_has_one_finite_cut(rows):
    scores, labels = arrays(rows)
    cuts, counts = counts_at_every_cut(scores, labels)
    assert len(cuts) == len(np.unique(scores)) + 1
    assert np.isfinite(cuts).all()
    assert (np.diff(cuts) < 0).all()
    assert (np.diff(counts.tp + counts.fp) > 0).all()


@given(scored, st.floats(-1e6, 1e6))
def test_a_row_on_the_cut_is_positive(rows, cut):
    scores, labels = arrays(rows)
    scores[0] = cut
    counts = counts_at(scores[None], labels, np.array([cut]))
    assert counts.tp[0] + counts.fp[0] == (scores >= cut).sum() >= 1


@pytest.mark.parametrize("rule", RULES)
@given(rows=scored.filter(both_classes))
def test_a_rule_finds_the_best_of_all_cuts(rule, rows):
    scores, labels = arrays(rows)
    found = RULES[rule](counts_at(scores[None], labels, chosen(rule, scores[None], labels)))[0]
    brute = [RULES[rule](counts_at(scores[None], labels, np.array([cut])))[0] for cut in [*scores, scores.max() + 1]]
    assert found == pytest.approx(np.nanmax(brute))


@given(scored)
def test_f1_and_mcc_equal_sklearn(rows):
    scores, labels = arrays(rows)
    counts = counts_at(scores[None], labels, np.zeros(1))
    if labels.any() or (scores >= 0).any():
        assert thresholds.f1(counts)[0] == pytest.approx(f1_score(labels, scores >= 0, zero_division=0))
    if both_classes(rows):
        assert thresholds.mcc(counts)[0] == pytest.approx(matthews_corrcoef(labels, scores >= 0))


def test_metrics_by_hand():
    counts = Counts(*(np.array([count]) for count in (6, 2, 4, 8)))  # tp, fp, fn, tn
    assert thresholds.accuracy(counts) == pytest.approx(14 / 20)
    assert thresholds.recall(counts) == pytest.approx(6 / 10)
    assert thresholds.specificity(counts) == pytest.approx(8 / 10)
    assert thresholds.precision(counts) == pytest.approx(6 / 8)
    assert thresholds.youden(counts) == pytest.approx(0.6 + 0.8 - 1)
    assert thresholds.balanced_accuracy(counts) == pytest.approx(0.7)
    assert thresholds.f1(counts) == pytest.approx(12 / 18)


def test_the_youden_cut_lies_midway_between_the_scores_it_parts():
    scores, labels = np.array([[0.1, 0.2, 0.6, 0.9]]), np.array([False, False, True, True])
    assert chosen("youden", scores, labels) == pytest.approx([0.4])


def test_of_equally_good_cuts_the_most_accurate_is_chosen():
    scores, labels = np.zeros((1, 5)), np.array([True, True, True, False, False])
    cut = chosen("youden", scores, labels)  # J is 0 for nobody positive and for everybody; 3 of 5 are positive
    assert counts_at(scores, labels, cut).tp == [3]
    assert counts_at(scores, ~labels, chosen("youden", scores, ~labels)).tn == [3]


def test_of_equally_accurate_ones_the_highest():
    scores, labels = np.array([[1.0, 2.0, 3.0, 4.0]]), np.array([True, False, True, False])
    # accuracy: nobody positive 2/4, >= 4: 1/4, >= 3: 2/4, >= 2: 1/4, everybody: 2/4
    assert chosen("accuracy", scores, labels)[0] > 4.0


def test_neighbouring_floats_are_still_parted():
    low = 0.5
    scores, labels = np.array([[low, np.nextafter(low, 1)]]), np.array([False, True])
    counts = counts_at(scores, labels, chosen("youden", scores, labels))
    assert (counts.tp[0], counts.tn[0]) == (1, 1)


def test_each_network_has_its_own_cut():
    labels = np.array([False, False, True, True])
    scores = np.array([[0.1, 0.2, 0.6, 0.9], [1.0, 2.0, 6.0, 9.0]])
    assert chosen("youden", scores, labels) == pytest.approx([0.4, 4.0])


def test_a_number_is_a_cut_for_every_network():
    assert chosen(0.3, np.zeros((2, 4)), np.zeros(4, bool)).tolist() == [0.3, 0.3]


def test_one_class_is_refused_by_a_rule():
    with pytest.raises(DataError, match="'youden' needs both classes"):
        chosen("youden", np.zeros((1, 3)), np.ones(3, bool))


def test_nan_is_on_no_side_of_a_cut():
    scores, labels = np.array([[0.1, np.nan]]), np.array([False, True])
    with pytest.raises(DataError, match="NaN"):
        counts_at(scores, labels, np.zeros(1))
    with pytest.raises(DataError, match="NaN"):
        chosen("youden", scores, labels)


def test_an_unknown_rule_is_told_with_the_nearest():
    with pytest.raises(ConfigError, match=r"unknown threshold 'yuden'; known: youden, .* mean 'youden'\?; or give"):
        plan.check([spec(threshold="yuden")])
