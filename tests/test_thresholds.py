"""A rule finds the best of all cuts, or says why there is none."""

import numpy as np
import pytest
from conftest import scores_and_labels, spec
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from threshold_lab import plan
from threshold_lab.counts import counts_at
from threshold_lab.errors import ConfigError, DataError
from threshold_lab.heads import SCALES, head_of
from threshold_lab.spec import Cost, RuleSettings, rule_settings
from threshold_lab.thresholds import BEST, GIVEN, KERAS_HALF, RULES, Terms, chosen, expected_cost, title

scored = st.lists(
    st.tuples(st.one_of(st.integers(-3, 3).map(float), st.floats(-1e6, 1e6)), st.booleans()), min_size=2, max_size=40
)
both_classes_and_scores = scored.filter(lambda rows: all(len(set(own)) > 1 for own in zip(*rows, strict=True)))


def terms(scale="probability", prevalence=0.4, **changes) -> Terms:
    return Terms(rule_settings(changes), prevalence, SCALES[scale])


def at(cuts, scores, labels):
    cuts = np.atleast_1d(np.asarray(cuts, float))
    return counts_at(np.tile(scores, (len(cuts), 1)), labels, cuts)


@settings(max_examples=60)
@pytest.mark.parametrize("rule", BEST)
@given(rows=both_classes_and_scores, at_least=st.floats(0, 1))
def test_a_rule_finds_the_best_of_all_cuts(rule, rows, at_least):
    scores, labels = scores_and_labels(rows)
    own = terms(at_least=at_least)
    brute = BEST[rule](at([*scores, np.nextafter(scores.max(), np.inf)], scores, labels), own)
    if np.isnan(brute).all():
        with pytest.raises(DataError, match="no cut has a"):
            chosen(rule, scores, labels, own)
    else:
        found = BEST[rule](at(chosen(rule, scores, labels, own), scores, labels), own)[0]
        assert found == pytest.approx(np.nanmax(brute))


@settings(max_examples=60)
@pytest.mark.parametrize("rule", BEST)
@given(rows=both_classes_and_scores)
def test_any_increasing_map_of_the_scores_calls_the_same_rows(rule, rows):
    scores, labels = scores_and_labels(rows)
    ranks = np.unique(scores, return_inverse=True)[1].astype(float)
    own = terms(at_least=0.3)
    try:
        cut = chosen(rule, scores, labels, own)
    except DataError:
        assume(False)
    assert np.array_equal(scores >= cut, ranks >= chosen(rule, ranks, labels, own))


def test_the_youden_cut_lies_midway_between_the_scores_it_parts():
    scores, labels = np.array([0.1, 0.2, 0.6, 0.9]), np.array([False, False, True, True])
    assert chosen("youden", scores, labels, terms()) == pytest.approx(0.4)


def test_of_equally_good_cuts_the_most_accurate_is_chosen():
    scores, labels = np.array([1.0, 1, 1, 1, 1, 2, 2, 2]), np.array([1, 1, 1, 0, 1, 1, 1, 0], bool)
    # kappa and J: 0 for nobody and for everybody, below 0 between them; 6 of 8 are positive
    assert chosen("youden", scores, labels, terms()) <= 1
    assert chosen("youden", scores, ~labels, terms()) > 1


def test_of_equally_accurate_ones_the_highest():
    scores, labels = np.array([1.0, 2.0, 3.0, 4.0]), np.array([True, False, True, False])
    # accuracy: nobody positive 2/4, >= 4: 1/4, >= 3: 2/4, >= 2: 1/4, everybody: 2/4
    assert chosen("accuracy", scores, labels, terms()) > 4.0


SCORES, LABELS = np.array([0.1, 0.3, 0.4, 0.6, 0.7, 0.9]), np.array([0, 0, 1, 0, 1, 1], bool)


@pytest.mark.parametrize(
    ("rule", "changes", "cut"),
    [
        ("recall_at_least", {"at_least": 1.0}, 0.35),
        ("recall_at_least", {"at_least": 0.6}, 0.65),
        ("specificity_at_least", {"at_least": 0.6}, 0.35),
        ("specificity_at_least", {"at_least": 1.0}, 0.65),
        ("precision_at_least", {"at_least": 0.75}, 0.35),
        ("precision_at_least", {"at_least": 0.8}, 0.65),
        ("cost", {"cost": {"fn": 5.0}}, 0.35),
        ("cost", {"cost": {"fp": 5.0}}, 0.65),
        ("fbeta", {"beta": 3.0}, 0.35),
        ("fbeta", {"beta": 0.2}, 0.65),
    ],
)
def test_a_rule_follows_what_it_is_told(rule, changes, cut):
    assert chosen(rule, SCORES, LABELS, terms(**changes)) == pytest.approx(cut)


@pytest.mark.parametrize(("prevalence", "cut"), [(0.17, 0.8), (0.5, 0.5), (0.99, 0.1)])
def test_as_many_are_called_positive_as_were_in_the_training_part(prevalence, cut):
    assert chosen("prevalence", SCORES, LABELS, terms(prevalence=prevalence)) == pytest.approx(cut)


def test_the_cost_of_a_row_by_hand():
    cost = Cost(fp=2.0, fn=7.0, tp=-1.0, tn=0.5)
    assert expected_cost(at(0.5, SCORES, LABELS), cost)[0] == pytest.approx((2 + 7 - 2 + 0.5 * 2) / 6)


@pytest.mark.parametrize(
    ("scale", "natural", "elkan"),
    [("probability", 0.5, 0.2), ("logit", 0, np.log(0.25)), ("expected target, -1 to 1,", 0, -0.6)],
)
def test_what_the_score_means_says_where_a_probability_lies(scale, natural, elkan):
    own = terms(scale, cost={"fp": 1.0, "fn": 4.0})
    assert chosen("natural", SCORES, LABELS, own) == pytest.approx(natural)
    assert chosen("elkan", SCORES, LABELS, own) == pytest.approx(elkan)


def test_a_margin_is_cut_at_zero_and_stands_for_no_other_probability():
    assert chosen("natural", SCORES, LABELS, terms("margin")) == 0
    with pytest.raises(ConfigError, match="a margin stands for no probability but one half"):
        chosen("elkan", SCORES, LABELS, terms("margin", cost={"fn": 4.0}))


def test_elkan_counts_what_right_calls_cost_too():
    own = terms(cost={"fp": 3.0, "tn": 1.0, "fn": 5.0, "tp": -1.0})
    assert chosen("elkan", SCORES, LABELS, own) == pytest.approx(2 / (2 + 6))


def test_keras_begins_to_call_positive_just_above_one_half_of_float32():
    just_above = np.nextafter(np.float32(0.5), np.float32(1))
    for score, called in ((0.5, False), (np.nextafter(0.5, 1), False), (float(just_above), True)):
        assert (score >= KERAS_HALF) == (np.float32(score) > np.float32(0.5)) == called
    middle = (0.5 + float(just_above)) / 2
    for score in (np.nextafter(middle, 0), middle, np.nextafter(middle, 1)):
        assert (score >= KERAS_HALF) == (np.float32(score) > np.float32(0.5))


def test_a_number_is_the_cut():
    assert chosen(0.3, np.zeros(4), np.zeros(4, bool), terms()) == 0.3


@pytest.mark.parametrize("rule", BEST)
def test_rows_that_leave_nothing_to_choose_are_refused(rule):
    with pytest.raises(DataError, match=f"'{rule}' needs both classes"):
        chosen(rule, np.arange(3.0), np.ones(3, bool), terms())
    with pytest.raises(DataError, match=f"'{rule}' cannot choose a cut: all scores are 0.25"):
        chosen(rule, np.full(3, 0.25), np.array([True, False, True]), terms())
    with pytest.raises(DataError, match="NaN"):
        chosen(rule, np.array([0.1, np.nan]), np.array([False, True]), terms())


def test_what_no_cut_can_hold_is_refused_with_the_best_there_is():
    labels = np.array([0, 0, 1, 0, 1, 0], bool)
    with pytest.raises(DataError, match=r"no cut has a precision of 0.9 or more; the best is 0.5, at the threshold 0"):
        chosen("precision_at_least", SCORES, labels, terms(at_least=0.9))


@pytest.mark.parametrize("rule", GIVEN)
def test_a_rule_that_looks_at_no_row_needs_none(rule):
    assert np.isfinite(chosen(rule, np.zeros(0), np.zeros(0, bool), terms()))


def test_an_unknown_rule_is_told_with_the_nearest():
    with pytest.raises(ConfigError, match=r"unknown threshold 'yuden'; known: youden, .* mean 'youden'\?; or give"):
        plan.check([spec(threshold="yuden")])


def test_a_rule_the_score_has_no_meaning_for_is_refused_before_anything_runs():
    margin = {"activation": "linear", "loss": "hinge"}
    with pytest.raises(ConfigError, match="a margin stands for no probability"):
        plan.check([spec(threshold="elkan", rule={"cost": {"fn": 2.0}}, **margin)])
    plan.check([spec(threshold="natural", **margin)])


@pytest.mark.parametrize(
    ("activation", "loss", "targets", "natural"),
    [
        ("sigmoid", "mse", [0, 1], 0.5),
        ("linear", "mse", [0, 1], 0.5),
        ("linear", "binary_crossentropy_from_logits", [0, 1], 0.0),
        ("tanh", "mse", [-1, 1], 0.0),
        ("tanh", "hinge", [0, 1], 0.0),
    ],
)
def test_the_natural_cut_of_a_head(activation, loss, targets, natural):
    assert head_of(spec(activation=activation, loss=loss, targets=targets).training).scale.at(0.5) == natural


@pytest.mark.parametrize(
    ("threshold", "changes", "words"),
    [
        (0.3, {}, "0.3"),
        ("youden", {"beta": 3.0}, "youden"),
        ("fbeta", {"beta": 3.0}, "fbeta(3)"),
        ("recall_at_least", {"at_least": 0.85}, "recall_at_least(0.85)"),
        ("cost", {"cost": {"fn": 5.0}}, "cost(fn=5, fp=1)"),
        ("f1", {"smoothed": True}, "f1 smoothed"),
        (0.3, {"smoothed": True}, "0.3"),
    ],
)
def test_a_threshold_is_called_by_all_that_decides_it(threshold, changes, words):
    assert title(threshold, rule_settings(changes)) == words


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"cost": {"fp": 0.0}}, "a wrong call must cost more than a right one"),
        ({"cost": {"fn": 1.0, "tp": 2.0}}, "got fp 1, tn 0, fn 1, tp 2"),
        ({"smoothed": True, "resamples": 0}, "smoothed takes the median over resamples"),
        ({"at_least": 1.5}, "at_least must be 1 or less"),
        ({"beta": 0.0}, "beta must be more than 0"),
        ({"confidence": 1.0}, "confidence must be less than 1"),
        ({"betta": 1.0}, "unknown key 'betta'"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes, problem):
    with pytest.raises(ConfigError, match=problem):
        rule_settings(changes)


def test_settings_are_those_of_the_configuration():
    assert spec().rule == RuleSettings()
    assert len(RULES) == len(set(RULES)) == 18


@pytest.mark.parametrize("activation", ["sigmoid", "relu", "exponential"])
def test_a_margin_that_cannot_fall_below_0_has_no_natural_cut(activation):
    with pytest.raises(ConfigError, match="a margin that cannot fall below 0 stands for no probability; choose"):
        plan.check([spec(threshold="natural", activation=activation, loss="squared_hinge")])


def test_what_smoothing_may_break_is_not_smoothed():
    with pytest.raises(ConfigError, match="cannot be smoothed: the median of cuts"):
        plan.check([spec(threshold="precision_at_least", rule={"smoothed": True})])


def test_costs_in_any_unit_choose_alike():
    scores, labels = np.array([0.1, 0.3, 0.4, 0.6, 0.7, 0.9]), np.array([0, 0, 1, 0, 1, 1], bool)
    cuts = [chosen("cost", scores, labels, terms(cost={"fp": unit, "fn": 5 * unit})) for unit in (1e-13, 1.0, 1e50)]
    assert cuts == pytest.approx([0.35] * 3)
