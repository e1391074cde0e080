"""What makes a verdict of numbers: rules, intervals, the error of chance, and words."""

import numpy as np
import pytest
from conftest import spec

from threshold_lab.claims.experiments.probabilities import by_chance
from threshold_lab.claims.measuring import mean_of, part, share, span, with_rows
from threshold_lab.claims.rules import above, at_most, differ, larger, same, verdict
from threshold_lab.claims.trial import Trial, named, the
from threshold_lab.comparison import Asked, compare
from threshold_lab.errors import ConfigError

# ---- rules


@pytest.mark.parametrize(
    ("holds", "expected"),
    [
        ([True, True], "supported"),
        ([False, False], "refuted"),
        ([True, False], "imprecise"),
        ([True, False, None], "imprecise"),
        ([True, None], "not decided"),
        ([False, None], "not decided"),
        ([None], "not decided"),
        ([], "not decided"),
    ],
)
def test_a_verdict_follows_from_where_the_claim_holds(holds, expected):
    assert verdict(holds) == expected
    assert verdict(holds, "the experiment was blind") == "not decided"


@pytest.mark.parametrize(
    ("sure", "expected"), [((0.02, 0.03), True), ((0.0, 0.01), False), ((0.005, 0.02), None), ((0.01, 0.01), False)]
)
def test_a_number_is_above_a_limit_with_its_whole_interval(sure, expected):
    assert above(sure, 0.01) is expected
    assert at_most(sure, 0.01) is (None if expected is None else not expected)


@pytest.mark.parametrize(
    ("differences", "equal", "more"),
    [
        ([0.001, -0.001, 0.0, 0.0], True, False),  # 0 +- .0013: far within .01
        ([0.05, 0.051, 0.049, 0.05], False, True),  # .05 +- .0013: far beyond
        ([-0.05, -0.051, -0.049, -0.05], False, False),
        ([0.006, 0.006, 0.006, 0.006], True, False),  # sure, and too small to matter
        ([0.1, -0.1, 0.05, -0.05], None, None),  # 0 +- .145: says nothing
        ([0.02, 0.02, 0.02, 0.02], False, True),
    ],
)
def test_pairs_are_the_same_larger_or_neither_by_the_margin(differences, equal, more):
    found = compare(np.zeros(4), np.array(differences), Asked(0.01))
    assert same(found) is equal
    assert differ(found) is (None if equal is None else not equal)
    assert larger(found) is more


def test_seeds_and_rows_add_as_independent_errors():
    values = np.array([0.1, 0.2, 0.3])  # mean .2, deviation .1, t(2, .975) = 4.302653: half .24841377
    assert mean_of(values) == (pytest.approx(0.2), (pytest.approx(0.2 - 0.24841377), pytest.approx(0.2 + 0.24841377)))
    mean, (low, high) = with_rows(values, 0.3)
    assert (high - mean, mean - low) == pytest.approx(((0.24841377**2 + 0.3**2) ** 0.5,) * 2)
    assert mean_of(np.full(3, 0.7)) == (0.7, (0.7, 0.7))


def test_numbers_in_words():
    assert span([0.2, 0.1, 0.3]) == "0.100 to 0.300"
    assert span([0.1, 0.1001]) == "0.100"
    assert span([-0.0001, 0.02], "+z.3f") == "+0.000 to +0.020"
    assert [part(own) for own in ([0.0, 0.0], [1.0], [0.0, 0.0001], [0.2, 1.0])] == [
        "none",
        "all",
        "0.000",
        "0.200 to 1.000",
    ]
    assert [share(own) for own in ([True, True], [False], [True, False])] == ["all 2", "none of 1", "1 of 2"]


# ---- trials


def test_data_are_told_apart_and_a_trial_is_named_by_its_leaves():
    rare = spec(data={"source": "classification", "positives": 0.1})
    two = spec(data={"source": "breast_cancer", "features": ["worst area", "mean area"]})
    assert [named(own.data) for own in (spec(), rare, two)] == [
        "moons",
        "classification, 10% positive",
        "breast_cancer, 2 features",
    ]
    trials = [Trial(spec(loss=loss)) for loss in ("mse", "hinge")]
    assert the(trials, loss="mse", optimizer__momentum=0.003) is trials[0]
    with pytest.raises(ConfigError, match="its sweep has 2"):
        the(trials, activation="sigmoid")
    with pytest.raises(ConfigError, match="its sweep has 0"):
        the(trials, loss="mae")


def test_right_probabilities_show_the_error_of_chance_and_no_more():
    generator = np.random.default_rng(0)
    p = generator.random((20, 2000))
    drawn = np.array([np.abs(_gaps(one, generator.random(2000) < one)).sum() / 2000 for one in p])
    assert by_chance(p, 0).mean() == pytest.approx(drawn.mean(), rel=0.1)
    assert by_chance(np.round(p), 0) == pytest.approx(np.zeros(20))  # whoever is sure is right, or it is no chance


def _gaps(p: np.ndarray, labels: np.ndarray) -> np.ndarray:
    order = np.argsort(p)
    return np.array([(p - labels)[own].sum() for own in np.array_split(order, 10)])
