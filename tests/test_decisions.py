"""Decisions: what is chosen, how sure it is, and of which rows and seeds."""

import numpy as np
import pytest

from threshold_lab.bootstrap import resampled
from threshold_lab.counts import counts_at, youden
from threshold_lab.decisions import decide, operating_point, undecided
from threshold_lab.draws import stream
from threshold_lab.errors import DataError
from threshold_lab.heads import SCALES
from threshold_lab.records import Scores
from threshold_lab.spec import rule_settings
from threshold_lab.thresholds import Terms, chosen
from threshold_lab.uncertainty import interval


def terms(**changes) -> Terms:
    return Terms(rule_settings({"resamples": 200} | changes), 0.4, SCALES["probability"])


def overlapping(rows: int = 120, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    labels = generator.random(rows) < 0.4
    return generator.normal(size=rows) + labels, labels


def test_a_decision_is_the_rules_with_its_interval():
    scores, labels = overlapping()
    found = decide("youden", scores, labels, terms())
    assert found.threshold == chosen("youden", scores, labels, terms())
    assert found.low <= found.threshold <= found.high
    value = youden(counts_at(scores[None], labels, np.array([found.threshold])))[0]
    assert found.value_low < value < found.value_high
    wide, narrow = (decide("youden", scores, labels, terms(confidence=own)) for own in (0.99, 0.5))
    assert wide.low < narrow.low < narrow.high < wide.high
    assert wide.value_low < narrow.value_low < narrow.value_high < wide.value_high


def test_a_smoothed_threshold_is_the_median_of_the_resamples():
    scores, labels = overlapping(seed=2)
    plain, smooth = (decide("accuracy", scores, labels, terms(smoothed=own)) for own in (False, True))
    assert smooth.threshold != plain.threshold
    assert (smooth.low, smooth.high) == (plain.low, plain.high)
    assert smooth.low < smooth.threshold < smooth.high


def test_smoothed_thresholds_vary_less_from_sample_to_sample():
    found = {
        smoothed: [decide("accuracy", *overlapping(80, seed), terms(smoothed=smoothed)).threshold for seed in range(30)]
        for smoothed in (False, True)
    }
    assert np.std(found[True]) < np.std(found[False])


@pytest.mark.parametrize("threshold", [0.3, "natural", "keras"])
def test_what_looks_at_no_row_has_no_interval(threshold):
    found = decide(threshold, *overlapping(), terms())
    assert np.isnan([found.low, found.high, found.optimism]).all()


def test_without_resamples_there_is_no_interval():
    found = decide("youden", *overlapping(), terms(resamples=0))
    assert np.isfinite(found.threshold)
    assert np.isnan(found.low)


def test_the_same_seed_draws_the_same_resamples_and_another_others():
    one, again, other = (decide("f1", *overlapping(), terms(), seed) for seed in (3, 3, 4))
    assert one == again
    assert one.threshold == other.threshold
    assert (one.low, one.optimism) != (other.low, other.optimism)


def test_no_stream_of_the_training_is_drawn_from():
    children = np.random.SeedSequence(5).spawn(4)
    drawn = [np.random.Generator(np.random.SFC64(child)).random() for child in children]
    assert stream(5).random() not in drawn


def test_each_network_has_its_own_decision():
    scores, labels = overlapping()
    point = operating_point(
        "youden", Scores(labels, np.stack([scores, 2 * scores]), np.stack([scores, 2 * scores])), terms(), [0, 0]
    )
    assert point.threshold[1] == pytest.approx(2 * point.threshold[0])
    assert point.rule == "youden"


def test_all_networks_are_looked_at_on_the_same_resamples():
    scores, labels = overlapping()
    same = Scores(labels, np.stack([scores, scores]), np.stack([scores, scores]))
    one, other = operating_point("youden", same, terms(), [3, 4]).decisions
    assert one == other == decide("youden", scores, labels, terms(), 3)


def test_networks_that_cannot_be_cut_are_named_by_their_seeds():
    scores, labels = overlapping()
    stacked = np.stack([np.full_like(scores, 0.5), scores, np.full_like(scores, 0.5)])
    with pytest.raises(DataError, match=r"all scores are 0.5, which no cut parts; give a number \(seeds 7, 9\)"):
        operating_point("youden", Scores(labels, stacked, stacked), terms(), [7, 8, 9])
    assert np.isnan(undecided("youden", terms().settings, 3).threshold).all()


def test_a_smoothed_threshold_lies_in_the_middle_of_the_resamples_cuts():
    scores, labels = overlapping(seed=2)
    own = terms(smoothed=True)
    found = resampled("accuracy", scores, labels, own, 0).threshold
    assert decide("accuracy", scores, labels, own).threshold == pytest.approx(np.median(found), abs=1e-2)
    assert abs(np.median(found) - np.mean(found)) > 1e-2


def test_resamples_without_a_cut_are_counted_and_left_out_of_the_interval():
    scores, labels = overlapping(60, seed=3)
    own = terms(at_least=0.8)
    found = decide("precision_at_least", scores, labels, own)
    cuts = resampled("precision_at_least", scores, labels, own, 0).threshold
    assert found.undecided == np.isnan(cuts).mean() > 0
    assert found.low == interval(cuts[~np.isnan(cuts)], 0.95)[0]
    assert decide("youden", scores, labels, terms()).undecided == 0


def test_an_interval_that_reaches_inf_says_so():
    scores = np.array([-np.inf, -np.inf, 1, 2, np.inf, np.inf, np.inf])
    found = decide("youden", scores, np.array([0, 0, 0, 1, 1, 1, 0], bool), terms())
    assert (found.low, found.high) == (np.nextafter(1.0, 2), np.inf)
