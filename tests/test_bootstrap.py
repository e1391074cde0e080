"""Resamples are what a loop that draws rows and chooses again would make of them."""

import numpy as np
import pytest
from conftest import scores_and_labels
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare, ks_2samp

from threshold_lab import bootstrap
from threshold_lab.bootstrap import resampled
from threshold_lab.counts import Counts, counts_at, every_cut
from threshold_lab.draws import Draws, Resampler, fallen_into, times_drawn, times_within
from threshold_lab.heads import SCALES
from threshold_lab.spec import Cost, RuleSettings
from threshold_lab.thresholds import BEST, Terms, best, rises


def terms(resamples=30, at_least=0.6) -> Terms:
    return Terms(RuleSettings(resamples=resamples, at_least=at_least), 0.4, SCALES["probability"])


SEED = 7


def stream() -> np.random.Generator:
    return np.random.default_rng(SEED)


def by_a_loop(rule, scores, labels, own):
    """Draw rows of each class, choose on them, look at the rows left out."""
    resampler = Resampler(SEED, own.settings.resamples)
    classes = [np.flatnonzero(labels == label) for label in (True, False)]
    every = range(own.settings.resamples)
    times = [resampler.times(len(rows), every, positive=place == 0) for place, rows in enumerate(classes)]
    for each in zip(*times, strict=True):
        drawn = np.concatenate([np.repeat(rows, own_times) for rows, own_times in zip(classes, each, strict=True)])
        left = np.setdiff1d(np.arange(len(scores)), drawn)
        cuts = every_cut(scores[drawn], labels[drawn])
        values = BEST[rule](cuts.counts, own)
        index = best(values[None], cuts.counts[None])[0]
        threshold = cuts.threshold[index] if np.isfinite(values[index]) else np.nan
        outside = counts_at(scores[left][None], labels[left], np.array([cuts.threshold[index]]))
        yield threshold, values[index], BEST[rule](outside, own)[0]


@settings(max_examples=25)
@pytest.mark.parametrize("rule", BEST)
@given(rows=st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=4, max_size=30))
def test_resamples_are_those_of_a_loop(rule, rows):
    scores, labels = scores_and_labels([*rows, (3, True), (5, False)])
    found = resampled(rule, scores, labels, terms(), SEED)
    threshold, value, left_out = map(np.array, zip(*by_a_loop(rule, scores, labels, terms()), strict=True))
    assert found.value == pytest.approx(value, nan_ok=True)
    assert found.threshold == pytest.approx(threshold, nan_ok=True)
    chosen = ~np.isnan(value)
    assert found.left_out[chosen] == pytest.approx(left_out[chosen], nan_ok=True)


def test_what_is_worked_on_in_blocks_is_drawn_in_turn(monkeypatch):
    scores, labels = scores_and_labels([(3, True), (5, False), (6, True), (7, True), (1, False), (2, True)])
    monkeypatch.setattr(bootstrap, "_AT_ONCE", 6 * 4)
    found = resampled("youden", scores, labels, terms(10), SEED)
    assert found.threshold.shape == (10,)
    monkeypatch.setattr(bootstrap, "_AT_ONCE", 1)
    assert resampled("youden", scores, labels, terms(10), SEED).threshold.shape == (10,)


def test_rows_are_drawn_with_replacement_and_few_of_them_once_for_all():
    few, every = Resampler(3, 50), range(50)
    times = few.times(20, every, positive=True)
    assert times.sum(axis=1).tolist() == [20] * 50
    np.testing.assert_array_equal(Resampler(3, 50).times(20, range(10, 30), positive=True), times[10:30])
    for other in (few.times(20, every, positive=False), Resampler(4, 50).times(20, every, positive=True)):
        assert (other != times).any()
    many = Resampler(3, 10)
    assert not many.keeps(2**18)
    drawn = many.times(2**18, range(2), positive=True)
    assert drawn.sum(axis=1).tolist() == [2**18] * 2
    assert (drawn == 0).mean() == pytest.approx(np.exp(-1), abs=0.005)
    assert (many.times(2**18, range(2, 4), positive=True) != drawn).any()


def overlapping(rows: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(1)
    labels = generator.random(rows) < 0.4
    return generator.normal(size=rows) + labels, labels


def test_a_rule_looks_better_on_the_rows_it_chose_on():
    scores, labels = overlapping(60)
    assert 0.02 < resampled("accuracy", scores, labels, terms(400), SEED).optimism < 0.2
    many = overlapping(20_000)
    assert abs(resampled("accuracy", *many, terms(20), SEED).optimism) < 0.005


def test_of_many_rows_those_left_out_are_looked_at_in_a_hundred_resamples():
    found = resampled("accuracy", *overlapping(20_000), terms(103), SEED)
    assert np.isnan(found.left_out).tolist() == [False] * 100 + [True] * 3
    assert np.isfinite([found.threshold, found.value]).all()
    assert found.optimism == pytest.approx((found.value - found.left_out)[:100].mean())
    assert np.isfinite(resampled("prevalence", *overlapping(20_000), terms(103), SEED).left_out).all()


def test_the_thresholds_spread_less_the_more_rows_there_are():
    spread = [resampled("f1", *overlapping(rows), terms(200), SEED).threshold.std() for rows in (50, 5000)]
    assert spread[1] < spread[0] / 2


# ---- by blocks of rows

RISING = [rule for rule in BEST if rises(rule)]


@settings(max_examples=200)
@pytest.mark.parametrize("rule", RISING)
@given(data=st.data())
def test_a_rule_rises_with_true_positives_and_falls_with_false_ones(rule, data):
    positives, negatives = data.draw(st.integers(1, 12)), data.draw(st.integers(1, 12))
    tp, fp = np.divmod(np.arange((positives + 1) * (negatives + 1)), negatives + 1)
    wrong, share = st.floats(0.1, 9), st.floats(0.05, 1)
    cost = Cost(fp=data.draw(wrong), fn=data.draw(wrong), tp=-data.draw(wrong), tn=data.draw(st.floats(-3, 0)))
    own = Terms(RuleSettings(beta=data.draw(share), at_least=data.draw(share), cost=cost), 0.4, SCALES["probability"])
    values = BEST[rule](Counts(tp, fp, positives - tp, negatives - fp), own).reshape(positives + 1, -1)
    values = np.where(np.isnan(values), -np.inf, values)
    assert (values[1:] >= values[:-1] - 1e-14).all()
    assert (values[:, 1:] <= values[:, :-1] + 1e-14).all()


def in_blocks(rule, scores, labels, own, blocks):
    """Resamples by all rows, and by the rows that those same draws leave near; the share of rows that are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bootstrap, "_BLOCKS", blocks)
        search = bootstrap._search(rule, scores, labels, own)
    classes = [search.positives, search.negatives]
    times = [times_drawn(len(rows.scores), own.settings.resamples, stream()) for rows in classes]
    edges = [np.r_[0, np.cumsum(rows.sizes)] for rows in classes]
    fallen = [np.diff(np.c_[0 * each[:, 0], each.cumsum(axis=1)][:, at]) for each, at in zip(times, edges, strict=True)]
    near = bootstrap._near(search, *fallen)
    some = [
        Draws(rows[near], each[:, at[near.start] : at[near.stop]], each[:, : at[near.start]].sum(axis=1))
        for rows, each, at in zip(classes, times, edges, strict=True)
    ]
    whole = bootstrap._chosen(search, *(Draws(*own) for own in zip(classes, times, strict=True)))
    return whole, bootstrap._chosen(search, *some), sum(len(rows[near].scores) for rows in classes) / len(scores)


@settings(max_examples=60)
@pytest.mark.parametrize("rule", RISING)
@given(
    rows=st.lists(st.tuples(st.sampled_from([*range(40), np.inf, -np.inf]), st.booleans()), min_size=8, max_size=60),
    blocks=st.integers(2, 30),
    several=st.integers(1, 3),
    at_least=st.sampled_from([0, 0.3, 0.9, 1]),
)
def test_the_rows_left_near_choose_as_all_rows_do(rule, rows, blocks, several, at_least):
    scores, labels = scores_and_labels(rows)
    assume(labels.any() and not labels.all())
    whole, near, _ = in_blocks(rule, scores, labels, terms(several, at_least), blocks)
    np.testing.assert_array_equal(near, whole)


@pytest.mark.parametrize("rule", RISING)
@pytest.mark.parametrize("parting", [0.5, 2])
def test_few_of_many_rows_are_near_and_choose_as_all_rows_do(rule, parting):
    labels = np.arange(3000) % 3 == 0
    scores = np.random.default_rng(2).normal(parting * labels).round(3)
    whole, near, share = in_blocks(rule, scores, labels, terms(40), 100)
    np.testing.assert_array_equal(near, whole)
    assert share < 0.8


def test_draws_by_blocks_are_those_of_as_many_rows_as_there_are():
    """Each of the 35 ways to draw 4 rows of 4, with its chance 4! / (k1! k2! k3! k4!) / 4^4."""
    sizes, generator, several = np.array([0, 2, 0, 1, 1, 0]), stream(), 50_000
    times = times_within(sizes, fallen_into(sizes, several, generator), generator)
    found, number = np.unique(times, axis=0, return_counts=True)
    chance = 24 / np.array([1, 1, 2, 6, 24])[found].prod(axis=1) / 256
    assert len(found) == 35
    assert chisquare(number, several * chance).pvalue > 1e-3


@pytest.mark.parametrize("rule", ["youden", "f1", "cost", "recall_at_least", "precision_at_least"])
def test_resamples_by_blocks_are_distributed_as_those_by_rows(monkeypatch, rule):
    scores, labels = overlapping(700)
    monkeypatch.setattr(bootstrap, "_BLOCKS", 25)
    monkeypatch.setattr(bootstrap, "_IN_FULL", 0)
    by_rows = resampled(rule, scores, labels, terms(4000), SEED)
    monkeypatch.setattr(bootstrap, "_MANY", 1)
    by_blocks = resampled(rule, scores, labels, terms(4000), SEED)
    assert np.isnan(by_blocks.left_out).all()
    for field in ("threshold", "value"):
        one, other = (getattr(own, field)[~np.isnan(own.value)] for own in (by_rows, by_blocks))
        assert len(one) == pytest.approx(len(other), abs=200)
        assert ks_2samp(one, other).pvalue > 1e-3  # of ten
