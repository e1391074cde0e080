"""What the literature says of thresholds, and numbers other packages publish for tables anybody can have."""

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sklearn
from test_shared_data import FOLDER

from threshold_lab.counts import counts_at, every_cut
from threshold_lab.heads import SCALES, sigmoid
from threshold_lab.spec import rule_settings
from threshold_lab.thresholds import BEST, RATES, Terms, chosen


def terms(prevalence: float = 0.5, **changes) -> Terms:
    return Terms(rule_settings(changes), prevalence, SCALES["probability"])


def table(name: str) -> pd.DataFrame:
    if not FOLDER.is_dir():
        pytest.skip(f"the tables are not at {FOLDER}; name their folder with THRESHOLD_LAB_DATA")
    return pd.read_csv(FOLDER / name)


def calibrated(rows: int = 400_000) -> tuple[np.ndarray, np.ndarray]:
    """Scores that are the probability of the label."""
    generator = np.random.default_rng(3)
    p = sigmoid(2 * generator.normal(size=rows) - 1)
    return p, generator.random(rows) < p


def rates_at(cut: float, scores: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    own = counts_at(scores[None], labels, np.array([cut]))
    return {name: float(rate(own)[0]) for name, rate in RATES.items()}


def test_two_class_example():
    """The yardstick package's example, positive "Class1"."""
    own = table("two_class_example.csv")
    scores, labels = own["Class1"].to_numpy(), (own["truth"] == "Class1").to_numpy()
    at_half = rates_at(0.5, scores, labels)
    assert at_half["accuracy"] == pytest.approx(0.838, abs=1e-12)
    assert at_half["f1"] == pytest.approx(0.8486, abs=5e-5)
    cut = chosen("youden", scores, labels, terms())
    assert cut <= 0.762705
    assert np.array_equal(scores >= cut, scores >= 0.762705 - 5e-7)
    assert rates_at(cut, scores, labels)["youden"] == pytest.approx(0.7277, abs=5e-5)


def test_suicide():
    """The cutpointr package's example; its cut is an observed score, 2, ours midway to the next."""
    own = table("suicide.csv")
    scores, labels = own["dsi"].to_numpy(float), (own["suicide"] == "yes").to_numpy()
    cut = chosen("youden", scores, labels, terms())
    assert np.array_equal(scores >= cut, scores >= 2)
    found = rates_at(cut, scores, labels)
    assert found["recall"] + found["specificity"] == pytest.approx(1.751792, abs=5e-7)


def test_the_best_f1_of_a_calibrated_score_is_twice_its_cut():
    """Source: Lipton et al. 2014, doi:10.1007/978-3-662-44851-9_15."""
    scores, labels = calibrated()
    cut = chosen("f1", scores, labels, terms())
    assert cut == pytest.approx(rates_at(cut, scores, labels)["f1"] / 2, abs=0.03)


@pytest.mark.parametrize(("fp", "fn"), [(1.0, 1.0), (1.0, 4.0), (3.0, 1.0)])
def test_the_cheapest_cut_of_a_calibrated_score_is_elkans(fp, fn):
    scores, labels = calibrated()
    own = terms(cost={"fp": fp, "fn": fn})
    assert chosen("elkan", scores, labels, own) == pytest.approx(fp / (fp + fn))
    assert chosen("cost", scores, labels, own) == pytest.approx(fp / (fp + fn), abs=0.03)


@pytest.mark.parametrize("prevalence", [0.1, 0.5, 0.8])
def test_the_best_f1_of_an_uninformative_score_is_that_of_calling_everybody_positive(prevalence):
    """2 p / (1 + p): scores that say the same of both classes, through the rule and its cut."""
    scores = np.tile(np.arange(10.0), 100)
    labels = np.repeat(np.arange(100) < 100 * prevalence, 10)
    cut = chosen("f1", scores, labels, terms())
    assert (scores >= cut).all()
    assert rates_at(cut, scores, labels)["f1"] == pytest.approx(2 * prevalence / (1 + prevalence))


SKLEARN = {
    "accuracy": sklearn.accuracy_score,
    "balanced_accuracy": sklearn.balanced_accuracy_score,
    "recall": sklearn.recall_score,
    "specificity": lambda labels, called: sklearn.recall_score(~labels, ~called),
    "precision": sklearn.precision_score,
    "npv": lambda labels, called: sklearn.precision_score(~labels, ~called),
    "f1": sklearn.f1_score,
    "mcc": sklearn.matthews_corrcoef,
    "kappa": sklearn.cohen_kappa_score,
    "youden": lambda labels, called: sklearn.balanced_accuracy_score(labels, called, adjusted=True),
    "gmean": lambda labels, called: np.sqrt(
        sklearn.recall_score(labels, called) * sklearn.recall_score(~labels, ~called)
    ),
    "jaccard": sklearn.jaccard_score,
}


@pytest.mark.parametrize("name", RATES)
def test_a_rate_is_what_scikit_learn_calls_so(name):
    generator = np.random.default_rng(1)
    labels, called = generator.random(60) < 0.3, generator.random(60) < 0.4
    own = counts_at(called[None].astype(float), labels, np.array([0.5]))
    assert RATES[name](own)[0] == pytest.approx(SKLEARN[name](labels, called))


def corner(own) -> np.ndarray:
    return -np.hypot(own.fn / (own.tp + own.fn), own.fp / (own.fp + own.tn))


BY_HAND = {
    "closest_to_corner": corner,
    "recall_at_least": lambda own: np.where(own.tp / (own.tp + own.fn) >= 0.5, own.tn / (own.tn + own.fp), np.nan),
    "specificity_at_least": lambda own: np.where(own.tn / (own.tn + own.fp) >= 0.5, own.tp / (own.tp + own.fn), np.nan),
    "precision_at_least": lambda own: np.where(
        own.tp >= 0.5 * np.maximum(own.tp + own.fp, 1), own.tp / (own.tp + own.fn), np.nan
    ),
    "cost": lambda own: -(2 * own.fp + 3 * own.fn + 0.5 * own.tp - 0.25 * own.tn),
    "prevalence": lambda own: -np.abs((own.tp + own.fp) / own.rows - 0.3),
    "fbeta": lambda own: 10 * own.tp / (10 * own.tp + 9 * own.fn + own.fp),
}


@pytest.mark.parametrize("rule", BY_HAND)
@pytest.mark.parametrize("seed", range(5))
def test_a_rule_chooses_what_its_definition_says(rule, seed):
    generator = np.random.default_rng(seed)
    labels = generator.random(80) < 0.4
    scores = np.round(labels + generator.normal(size=80), 1)
    costs = {"fp": 2.0, "fn": 3.0, "tp": 0.5, "tn": -0.25}
    own = terms(0.3, at_least=0.5, beta=3.0, cost=costs)
    values = BY_HAND[rule](every_cut(scores, labels).counts)
    cut = chosen(rule, scores, labels, own)
    found = BY_HAND[rule](counts_at(scores[None], labels, np.array([cut])))[0]
    assert found == pytest.approx(np.nanmax(values))


def test_every_rule_that_looks_for_the_best_has_a_definition_outside():
    assert set(BEST) == set(BY_HAND) | set(SKLEARN) & set(BEST)
