"""What becomes of a published number, from counts and seeds alone."""

import math

import numpy as np
import pytest
from scipy import stats
from study_results import ROWS, SEEDS, drawn, result, said

from threshold_lab.studies import published
from threshold_lab.studies.published import Beside, judged, spread_of
from threshold_lab.studies.rows import of_published
from threshold_lab.studies.told import markdown


def test_a_number_is_reproduced_where_one_more_of_ours_would_lie_and_nowhere_else():
    own = [result(*drawn(0), "keras", 0.5)]
    values = own[0].of("accuracy")
    half = stats.t.ppf(0.975, SEEDS - 1) * values.std(ddof=1) * math.sqrt(1 + 1 / SEEDS)
    low, high = values.mean() - half, values.mean() + half
    assert spread_of(values).low == pytest.approx(low)
    for number, verdict in ((low, "reproduced"), (low - 0.002, "not reproduced"), (high + 0.002, "not reproduced")):
        assert judged("own", said(number), own).verdict == verdict
    assert judged("own", said(low - 0.0004), own).verdict == "reproduced"  # as printed with three digits


def test_a_deviation_that_is_stated_is_told_with_the_verdict():
    own = [result(*drawn(0), "keras", 0.5)]
    found = judged("own", said(own[0].of("accuracy").mean(), deviations=("other folds",)), own)
    assert (found.verdict, found.reasons) == ("reproduced with a stated deviation", ("other folds",))


def test_the_training_part_has_to_be_reproduced_too():
    own = [result(*drawn(0), "keras", 0.5)]
    mean = own[0].of("accuracy").mean()
    assert judged("own", said(mean, train=mean), own).verdict == "reproduced"
    assert judged("own", said(mean, train=0.3), own).verdict == "not reproduced"


def test_the_majority_is_told_beside_an_accuracy_and_of_the_same_rows():
    scores, labels = drawn(0)
    labels[:10] = True
    own = [result(scores, labels, "keras", 0.5)]
    expected = max(labels.mean(), 1 - labels.mean())
    assert judged("own", said(0.5), own).majority == pytest.approx(expected)
    assert judged("own", said(0.5, metric="roc_auc"), own).majority is None
    found = judged("own", said(0.5), own)
    assert of_published(found, own).majority == pytest.approx(expected)
    assert f"| own | {expected:.3f} | 0.500 |" in markdown({}, [found])


def test_parts_are_counted_together():
    scores, labels = drawn(0)
    own = result(scores, labels, "keras", 0.5)
    assert own.counts(["validation", "test"]).sum(axis=1).tolist() == [2 * ROWS] * SEEDS


def test_a_cut_that_is_not_the_natural_one_makes_a_claim_invalid():
    scores, labels = drawn(1, centre=0.0)
    own = [result(scores, labels, "keras", 0.5), result(scores, labels, "natural", 0.0)]
    found = judged("own", said(own[0].of("accuracy").mean()), own)
    assert found.verdict == "claim invalid"
    assert "a cut at .5" in found.reasons[0]


def test_a_rounded_accuracy_counts_what_rounds_to_its_target():
    scores, labels = drawn(2, centre=0.0)
    own = [result(scores, labels, rule, cut) for rule, cut in (("keras", 0.5), (-0.5, -0.5), ("natural", 0.0))]
    found = judged("own", said(0.5, counted="rounded"), own)
    rounded = np.mean(np.round(np.clip(scores, -1, 1)) == np.where(labels, 1, -1))
    assert found.ours["theirs"].mean == pytest.approx(rounded)
    assert found.verdict == "claim invalid"


def test_the_gap_to_another_study_is_parted_into_the_loss_and_the_cut():
    scores, labels = drawn(3, centre=0.0)
    shifted = [result(scores, labels, rule, cut) for rule, cut in (("keras", 0.5), ("natural", 0.0), ("accuracy", 0.0))]
    better = scores + np.where(labels, 0.2, -0.2)
    other = [result(better, labels, rule, 0.0) for rule in ("keras", "natural", "accuracy")]
    gap = judged("own", said(0.6), shifted, Beside(said(0.9), other)).gap
    means = [own[at].of("accuracy").mean() for own in (other, shifted) for at in (0, 1)]
    assert gap.published == pytest.approx(0.3)
    assert gap.theirs == pytest.approx(means[0] - means[2])
    assert gap.loss == pytest.approx((means[1] - means[3]) / (means[0] - means[2]))
    assert gap.loss + gap.cut == pytest.approx(1)


def test_each_repetition_over_folds_has_a_network_of_each_fold_and_no_two_of_a_seed():
    folds, seeds = 4, 6
    nets = published._nets(np.array([[100 * fold + seed for seed in range(seeds)] for fold in range(folds)]))
    assert sorted(nets.ravel()) == sorted(100 * fold + seed for fold in range(folds) for seed in range(seeds))
    for repetition in nets.T:
        assert [own // 100 for own in repetition] == list(range(folds))
        assert len({own % 100 for own in repetition}) == folds


def test_networks_that_call_every_row_alike_are_counted_and_make_their_mean_invalid():
    labels = np.arange(ROWS) % 2 == 0
    good, dead = drawn(4)[0], np.zeros((SEEDS, ROWS))
    folds = [result(good, labels, "keras", 0.5, seed=fold) for fold in range(3)]
    folds.append(result(dead, labels, "keras", 0.5, seed=3))
    found = judged("own", said(0.7), folds)
    assert (found.one_class.nets, found.one_class.mean, found.one_class.most) == (4, 1.0, 1)
    assert found.verdict == "claim invalid"
    assert judged("own", said(0.7), folds[:3]).one_class.mean == 0
    mean = judged("own", said(0.7), folds[:3]).ours["theirs"].mean
    assert judged("own", said(mean), folds[:3]).verdict == "reproduced"
    assert judged("own", said(mean, one_class=2), folds[:3]).verdict == "claim invalid"
