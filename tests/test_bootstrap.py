"""Resamples are what a loop that draws rows and chooses again would make of them."""

import numpy as np
import pytest
from conftest import scores_and_labels
from hypothesis import given, settings
from hypothesis import strategies as st

from threshold_lab import bootstrap
from threshold_lab.bootstrap import resampled
from threshold_lab.counts import counts_at, every_cut
from threshold_lab.heads import SCALES
from threshold_lab.spec import RuleSettings
from threshold_lab.thresholds import BEST, Terms, best


def terms(resamples=30, at_least=0.6) -> Terms:
    return Terms(RuleSettings(resamples=resamples, at_least=at_least), 0.4, SCALES["probability"])


def stream() -> np.random.Generator:
    return np.random.default_rng(7)


def by_a_loop(rule, scores, labels, own):
    """Draw rows of each class, choose on them, look at the rows left out."""
    generator, resamples = stream(), own.settings.resamples
    classes = [np.flatnonzero(labels == label)[np.argsort(-scores[labels == label], kind="stable")] for label in (1, 0)]
    draws = [generator.integers(0, len(rows), (resamples, len(rows))) for rows in classes]
    for each in zip(*draws, strict=True):
        drawn = np.concatenate([rows[own_draws] for rows, own_draws in zip(classes, each, strict=True)])
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
    found = resampled(rule, scores, labels, terms(), stream())
    threshold, value, left_out = map(np.array, zip(*by_a_loop(rule, scores, labels, terms()), strict=True))
    assert found.value == pytest.approx(value, nan_ok=True)
    assert found.threshold == pytest.approx(threshold, nan_ok=True)
    chosen = ~np.isnan(value)
    assert found.left_out[chosen] == pytest.approx(left_out[chosen], nan_ok=True)


def test_what_is_worked_on_in_blocks_is_drawn_in_turn(monkeypatch):
    scores, labels = scores_and_labels([(3, True), (5, False), (6, True), (7, True), (1, False), (2, True)])
    monkeypatch.setattr(bootstrap, "_BLOCK", 6 * 4)
    found = resampled("youden", scores, labels, terms(10), stream())
    assert found.threshold.shape == (10,)
    monkeypatch.setattr(bootstrap, "_BLOCK", 1)
    assert resampled("youden", scores, labels, terms(10), stream()).threshold.shape == (10,)


def overlapping(rows: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(1)
    labels = generator.random(rows) < 0.4
    return generator.normal(size=rows) + labels, labels


def test_a_rule_looks_better_on_the_rows_it_chose_on():
    scores, labels = overlapping(60)
    assert 0.02 < resampled("accuracy", scores, labels, terms(400), stream()).optimism < 0.2
    many = overlapping(20_000)
    assert abs(resampled("accuracy", *many, terms(20), stream()).optimism) < 0.005


def test_the_thresholds_spread_less_the_more_rows_there_are():
    spread = [resampled("f1", *overlapping(rows), terms(200), stream()).threshold.std() for rows in (50, 5000)]
    assert spread[1] < spread[0] / 2
