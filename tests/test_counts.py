"""Counts are exact at every cut, and rates are what scikit-learn says they are."""

import numpy as np
import pytest
from conftest import scores_and_labels
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sklearn

from threshold_lab import counts
from threshold_lab.counts import Counts, counts_at, every_cut
from threshold_lab.errors import DataError
from threshold_lab.thresholds import RATES

numbers = st.one_of(st.integers(-3, 3).map(float), st.floats(allow_nan=False), st.sampled_from([np.inf, -np.inf]))
scored = st.lists(st.tuples(numbers, st.booleans()), min_size=1, max_size=40)


def confusion(labels, called) -> tuple[int, ...]:
    return tuple(sklearn.confusion_matrix(labels, called, labels=[False, True]).ravel())


@given(scored)
def test_counts_equal_sklearn_at_every_cut(rows):
    scores, labels = scores_and_labels(rows)
    cuts = every_cut(scores, labels)
    for index, cut in enumerate(cuts.threshold):
        own = cuts.counts[index]
        assert (own.tn, own.fp, own.fn, own.tp) == confusion(labels, scores >= cut)
        assert set(cuts.order[: cuts.called[index]]) == set(np.flatnonzero(scores >= cut))


@given(scored)
def test_every_partition_of_the_rows_has_one_cut(rows):
    """But for calling nobody positive, where a score is inf: no threshold does."""
    scores, labels = scores_and_labels(rows)
    cuts = every_cut(scores, labels)
    assert len(cuts.threshold) == len(np.unique(scores)) + (scores.max() < np.inf)
    assert (np.diff(cuts.called) > 0).all()
    assert (cuts.threshold[:-1] > cuts.threshold[1:]).all()
    if np.isfinite(scores).all():
        assert np.isfinite(cuts.threshold[1:]).all()


@given(scored)
def test_the_cuts_of_the_roc_curve_are_among_them(rows):
    scores, labels = scores_and_labels(rows)
    scores, labels = np.r_[np.clip(scores, -1e300, 1e300), 0, 1], np.r_[labels, False, True]
    fpr, tpr, _ = sklearn.roc_curve(labels, scores, drop_intermediate=False)
    cuts = every_cut(scores, labels)
    assert counts.recall(cuts.counts) == pytest.approx(tpr)
    assert 1 - counts.specificity(cuts.counts) == pytest.approx(fpr)


@given(scored, st.floats(-1e6, 1e6))
def test_a_row_on_the_cut_is_positive(rows, cut):
    scores, labels = scores_and_labels(rows)
    scores[0] = cut
    own = counts_at(scores[None], labels, np.array([cut]))
    assert own.tp[0] + own.fp[0] == (scores >= cut).sum() >= 1


@given(scored)
def test_any_increasing_map_leaves_every_partition_as_it_is(rows):
    scores, labels = scores_and_labels(rows)
    scores = np.clip(scores, -1e300, 1e300)
    ranks = np.unique(scores, return_inverse=True)[1].astype(float)
    one, other = every_cut(scores, labels), every_cut(np.exp(ranks / 4) - 2, labels)
    assert all(np.array_equal(getattr(one.counts, name), getattr(other.counts, name)) for name in ("tp", "fp"))


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40), st.floats(0.1, 5))
def test_rates_equal_sklearn(rows, beta):
    labels, called = map(np.array, zip(*rows, strict=True))
    tn, fp, fn, tp = confusion(labels, called)
    own = Counts(*(np.array(count) for count in (tp, fp, fn, tn)))
    both = 0 < labels.sum() < len(labels)
    assert counts.accuracy(own) == pytest.approx(sklearn.accuracy_score(labels, called))
    if labels.any():
        assert counts.recall(own) == pytest.approx(sklearn.recall_score(labels, called))
        assert counts.f1(own) == pytest.approx(sklearn.f1_score(labels, called))
        assert counts.fbeta(own, beta) == pytest.approx(sklearn.fbeta_score(labels, called, beta=beta))
        assert counts.jaccard(own) == pytest.approx(sklearn.jaccard_score(labels, called))
    if called.any():
        assert counts.precision(own) == pytest.approx(sklearn.precision_score(labels, called))
    if not called.all():
        assert counts.npv(own) == pytest.approx(sklearn.precision_score(~labels, ~called))
    if both:
        assert counts.balanced_accuracy(own) == pytest.approx(sklearn.balanced_accuracy_score(labels, called))
        assert counts.mcc(own) == pytest.approx(sklearn.matthews_corrcoef(labels, called))
        assert counts.kappa(own) == pytest.approx(sklearn.cohen_kappa_score(labels, called), abs=1e-12)


def test_rates_by_hand():
    own = Counts(*(np.array([count]) for count in (6, 2, 4, 8)))  # tp, fp, fn, tn
    assert counts.accuracy(own) == pytest.approx(14 / 20)
    assert counts.recall(own) == pytest.approx(6 / 10)
    assert counts.specificity(own) == pytest.approx(8 / 10)
    assert counts.precision(own) == pytest.approx(6 / 8)
    assert counts.npv(own) == pytest.approx(8 / 12)
    assert counts.called_positive(own) == pytest.approx(8 / 20)
    assert counts.youden(own) == pytest.approx(0.6 + 0.8 - 1)
    assert counts.f1(own) == pytest.approx(12 / 18)
    assert counts.fbeta(own, 2.0) == pytest.approx(5 * 6 / (5 * 6 + 4 * 4 + 2))
    assert counts.gmean(own) == pytest.approx(np.sqrt(0.48))
    assert counts.jaccard(own) == pytest.approx(6 / 12)
    assert counts.corner_distance(own) == pytest.approx(np.sqrt(0.16 + 0.04))
    assert counts.kappa(own) == pytest.approx((0.7 - 0.5) / 0.5)  # chance: .4 x .5 + .6 x .5


def test_a_rate_without_rows_to_count_is_blank():
    nobody = Counts(*(np.array(0) for _ in range(4)))
    assert all(np.isnan(rate(nobody)) for name, rate in RATES.items() if name != "mcc")


@pytest.mark.parametrize("prevalence", [0.1, 0.5, 0.7])
def test_f1_of_an_uninformative_score_is_that_of_calling_everybody_positive(prevalence):
    """2 p / (1 + p), the best there is where every share of each class lies above a cut."""
    positives, rows = round(1000 * prevalence), 1000
    share = np.arange(11) / 10
    tp, fp = share * positives, share * (rows - positives)
    own = Counts(tp, fp, positives - tp, rows - positives - fp)
    assert np.nanmax(counts.f1(own)) == pytest.approx(2 * prevalence / (1 + prevalence))


def test_nan_is_on_no_side_of_a_cut():
    scores, labels = np.array([0.1, np.nan]), np.array([False, True])
    with pytest.raises(DataError, match="NaN"):
        counts_at(scores[None], labels, np.zeros(1))
    with pytest.raises(DataError, match="NaN"):
        every_cut(scores, labels)


def test_neighbouring_floats_are_still_parted():
    scores, labels = np.array([0.5, np.nextafter(0.5, 1)]), np.array([False, True])
    assert every_cut(scores, labels).threshold[1] == scores[1]


@pytest.mark.parametrize("scores", [[-1.7e308, 1.7e308], [0.0, np.inf], [-np.inf, 0.0], [5e-324, 0.0], [-5e-324, 0.0]])
def test_scores_at_the_end_of_the_numbers_are_parted(scores):
    own = np.array(scores)
    cut = every_cut(own, np.array([False, True])).threshold[int(own.max() < np.inf)]
    assert (own >= cut).tolist() == (own == own.max()).tolist()
    assert (own >= every_cut(own, np.array([False, True])).threshold[-1]).all()
