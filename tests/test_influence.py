"""The influence of a row is the derivative of the metric, and its variance is what resamples of the rows show."""

import numpy as np
import pytest

from threshold_lab.influence import influences
from threshold_lab.records import Scores
from threshold_lab.scoring import OVER_ALL_CUTS, score_metrics

COPIES = 400
NAMES = [name for name in OVER_ALL_CUTS if name != "brier_uncertainty"]


def scored(rows: int = 24, networks: int = 1, digits: int = 1) -> Scores:
    """Scores with ties, a few of them outside [0, 1]."""
    generator = np.random.default_rng(5)
    labels = np.arange(rows) % 3 == 0
    own = np.round(0.53 + 0.2 * labels + 0.3 * generator.normal(size=(networks, rows)), digits)
    return Scores(labels, own * 4, own)


def taken(scores: Scores, rows) -> Scores:
    return Scores(scores.labels[rows], scores.logits[:, rows], scores.scores[:, rows])


def gained(scores: Scores, row: int) -> dict[str, float]:
    """What every metric gains, per share, as one copy in so many of each row of a class becomes one of `row`."""
    rows = np.arange(len(scores.labels))
    before = np.repeat(rows, COPIES)
    own = rows[scores.labels == scores.labels[row]]
    after = np.r_[np.repeat(rows, COPIES - np.isin(rows, own)), np.full(len(own), row)]
    was, now = (score_metrics(taken(scores, own), low=-1) for own in (before, after))
    return {name: COPIES * float(now[name].mean() - was[name].mean()) for name in was}


@pytest.mark.parametrize("name", [name for name in NAMES if name != "ece_mass"])
def test_it_is_the_derivative_of_the_metric(name):
    own = scored(networks=2)
    influence = influences(own, low=-1)[name]
    for row in range(len(own.labels)):
        expected = influence[row] - influence[own.labels == own.labels[row]].mean()
        assert gained(own, row)[name] == pytest.approx(expected, abs=0.02)


def test_bins_of_equal_mass_and_of_equal_width_are_one_where_scores_are_spread_evenly():
    labels = np.random.default_rng(0).random(40) < 0.3
    evenly = (np.arange(40) + 0.5)[None] / 40
    found = influences(Scores(labels, evenly, evenly))
    assert found["ece_mass"] == pytest.approx(found["ece_width"])


@pytest.mark.parametrize("name", NAMES)
def test_its_variance_is_that_of_resamples_of_the_rows(name):
    own, generator = scored(600, networks=3, digits=3), np.random.default_rng(0)
    classes = [np.flatnonzero(own.labels), np.flatnonzero(~own.labels)]
    drawn = [np.concatenate([generator.choice(rows, len(rows)) for rows in classes]) for _ in range(400)]
    again = [score_metrics(taken(own, rows))[name].mean() for rows in drawn]
    values = influences(own)[name]
    error = np.sqrt(sum(values[rows].var(ddof=1) / len(rows) for rows in classes))
    assert error == pytest.approx(np.std(again), rel=0.15)


def test_only_the_ranks_of_a_margin_are_moved():
    found = influences(scored(), probability=False)
    assert list(found) == ["roc_auc", "roc_auc_logit", "average_precision", "keras_accuracy"]
