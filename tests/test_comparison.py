"""Comparisons are what a textbook's paired t test and two one-sided tests say."""

import numpy as np
import pytest
from scipy import stats

from threshold_lab.comparison import Asked, compare, seeds_needed
from threshold_lab.errors import ConfigError, DataError


def pairs(difference: float, spread: float, seeds: int = 20) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    first, noise = generator.normal(0.9, 0.05, seeds), generator.normal(size=seeds)
    noise = (noise - noise.mean()) / noise.std(ddof=1)
    return first, first + difference + spread * noise


def test_the_interval_is_that_of_a_paired_t_test():
    first, second = pairs(0.004, 0.01)
    found, textbook = compare(first, second, Asked(margin=0.01)), stats.ttest_rel(second, first)
    assert (found.low, found.high) == pytest.approx(tuple(textbook.confidence_interval()))
    assert found.difference == pytest.approx(0.004)


def test_equivalence_is_the_worse_of_two_one_sided_tests():
    first, second = pairs(0.004, 0.01)
    sides = (
        stats.ttest_1samp(second - first, -0.01, alternative="greater").pvalue,
        stats.ttest_1samp(second - first, 0.01, alternative="less").pvalue,
    )
    assert compare(first, second, Asked(margin=0.01)).p_equivalence == pytest.approx(max(sides))


@pytest.mark.parametrize(
    ("difference", "spread", "verdict"),
    [
        (0.0, 0.01, "equivalent"),
        (0.05, 0.01, "larger"),
        (-0.05, 0.01, "smaller"),
        (0.003, 0.001, "larger and equivalent"),
        (0.0, 0.2, "not decided"),
    ],
)
def test_the_verdict(difference, spread, verdict):
    assert compare(*pairs(difference, spread), Asked(margin=0.01)).verdict == verdict


def test_improvement_counts_ties_half():
    assert compare(np.array([1.0, 1, 1, 1]), np.array([2.0, 1, 0, 3]), Asked(margin=1.0)).improvement == 0.625


def test_equal_jobs_are_equivalent_and_those_apart_by_the_margin_are_not():
    one = np.array([0.5, 0.6, 0.7])
    assert compare(one, one, Asked(margin=0.01)).verdict == "equivalent"
    assert compare(one, one + 0.25, Asked(margin=0.25)).p_equivalence == 1


def test_as_many_seeds_as_needed_are_enough_as_often_as_said():
    generator, needed = np.random.default_rng(0), seeds_needed(0.02, 0.01)
    drawn = generator.normal(0, 0.02, (4000, needed))
    found = np.mean([compare(np.zeros(needed), own, Asked(margin=0.01)).p_equivalence < 0.05 for own in drawn])
    assert found == pytest.approx(0.8, abs=0.03)
    assert seeds_needed(0.02, 0.005) > 3 * needed
    assert seeds_needed(0.0, 0.01) == 2
    assert seeds_needed(1.0, 1e-9) == 10**6


@pytest.mark.parametrize(("first", "second"), [([0.5], [0.6]), ([0.5, np.nan], [0.5, 0.5])])
def test_what_cannot_be_compared_is_told(first, second):
    with pytest.raises(DataError, match="needs two seeds or more, and the metric defined for each"):
        compare(np.array(first), np.array(second), Asked(margin=0.01))


def test_alpha_and_power_are_those_asked_for():
    first, second = pairs(0.0, 0.02)
    usual = compare(first, second, Asked(margin=0.01))
    assert compare(first, second, Asked(margin=0.01, power=0.95)).seeds_needed > usual.seeds_needed
    strict = compare(first, second, Asked(margin=0.01, confidence=0.99))
    assert strict.seeds_needed > usual.seeds_needed
    assert strict.high - strict.low > usual.high - usual.low
    assert (
        seeds_needed(0.02, 0.01, alpha=0.01)
        == strict.seeds_needed
        == seeds_needed(float(np.std(second - first, ddof=1)), 0.01, alpha=0.01)
    )


@pytest.mark.parametrize("asked", [{"margin": 0}, {"margin": np.inf}, {"margin": 0.1, "confidence": 1}])
def test_what_cannot_be_asked_for_is_refused(asked):
    with pytest.raises(ConfigError, match=r"must (be above 0|lie between 0 and 1)"):
        Asked(**asked)
    with pytest.raises(ConfigError, match="power must lie between 0 and 1"):
        Asked(margin=0.1, power=95)


def test_the_verdict_takes_the_level_of_the_interval():
    first, second = pairs(0.0, 0.01, seeds=8)
    assert 0.01 < compare(first, second, Asked(margin=0.009)).p_equivalence < 0.05
    assert compare(first, second, Asked(margin=0.009)).verdict == "equivalent"
    assert compare(first, second, Asked(margin=0.009, confidence=0.99)).verdict == "not decided"
