"""Intervals over rows and over seeds are those of the textbook where it has them."""

import numpy as np
import pytest
from scipy import stats

from threshold_lab.decisions import stream
from threshold_lab.heads import SCALES
from threshold_lab.records import Scores
from threshold_lab.spec import rule_settings
from threshold_lab.thresholds import Terms
from threshold_lab.uncertainty import interval, over_rows, over_seeds


def terms(scale="probability", **changes) -> Terms:
    return Terms(rule_settings({"resamples": 2000} | changes), 0.4, SCALES[scale])


def scored(rows: int = 300, networks: int = 1) -> Scores:
    generator = np.random.default_rng(1)
    labels = generator.random(rows) < 0.4
    p = np.clip(0.3 * labels + 0.35 + 0.15 * generator.normal(size=(networks, rows)), 0, 1)
    return Scores(labels, p, p)


def halves(found) -> float:
    return (found[1] - found[0]) / 2


def test_a_share_of_rows_has_the_binomial_interval():
    own = scored()
    found = over_rows(own, np.array([0.5]), terms(), stream(0))
    recall = (own.scores[0][own.labels] >= 0.5).mean()
    expected = 1.96 * np.sqrt(recall * (1 - recall) / own.labels.sum())
    assert found["recall"][0] < recall < found["recall"][1]
    assert halves(found["recall"]) == pytest.approx(expected, rel=0.1)


def test_the_mean_over_networks_varies_as_its_rows_do():
    """Networks that are all the same are no more rows."""
    one = scored()
    many = Scores(one.labels, np.repeat(one.logits, 5, 0), np.repeat(one.scores, 5, 0))
    alone, together = (over_rows(own, np.full(len(own.scores), 0.5), terms(), stream(0)) for own in (one, many))
    assert together["f1"] == pytest.approx(alone["f1"])
    assert together["brier"] == pytest.approx(alone["brier"], rel=1e-5)
    assert together["roc_auc"] == pytest.approx(alone["roc_auc"])


def test_the_brier_score_has_the_interval_of_a_mean_within_each_class():
    own = scored()
    losses = np.square(own.scores[0] - own.labels)
    error = np.sqrt(sum(losses[rows].var() * rows.sum() for rows in (own.labels, ~own.labels))) / len(losses)
    found = over_rows(own, np.array([0.5]), terms(), stream(0))["brier"]
    assert halves(found) == pytest.approx(1.96 * error, rel=0.1)
    assert sum(found) / 2 == pytest.approx(losses.mean(), rel=0.02)


def test_the_auc_has_the_interval_that_resamples_give_it():
    from threshold_lab.scoring import roc_auc

    own, generator = scored(), np.random.default_rng(0)
    classes = [np.flatnonzero(own.labels), np.flatnonzero(~own.labels)]
    drawn = [np.concatenate([generator.choice(rows, len(rows)) for rows in classes]) for _ in range(1000)]
    again = [roc_auc(own.scores[:, rows], own.labels[rows])[0] for rows in drawn]
    found = over_rows(own, np.array([0.5]), terms(), stream(0))["roc_auc"]
    assert halves(found) == pytest.approx(1.96 * np.std(again), rel=0.1)
    assert sum(found) / 2 == pytest.approx(roc_auc(own.scores, own.labels)[0])


def test_four_times_the_rows_halve_the_interval():
    few, many = (over_rows(scored(rows), np.array([0.5]), terms(), stream(0))["accuracy"] for rows in (200, 3200))
    assert halves(many) == pytest.approx(halves(few) / 4, rel=0.25)


def test_what_is_not_defined_has_no_interval():
    own = Scores(np.array([True, False, True]), np.zeros((1, 3)), np.array([[0.1, 0.2, 0.3]]))
    found = over_rows(own, np.array([0.9]), terms("margin"), stream(0))
    assert np.isnan(found["precision"]).all()
    assert np.isnan(found["roc_auc"]).all()
    assert "brier" not in found
    assert set(over_rows(own, np.array([0.9]), terms(resamples=0), stream(0))) == {"roc_auc"}


def test_an_interval_leaves_out_as_many_below_as_above():
    assert interval(np.arange(101.0), 0.9) == pytest.approx((5, 95))
    assert np.isnan(interval(np.array([0.0, np.nan]), 0.9)).all()


def test_the_interval_over_seeds_is_students():
    values = np.array([0.5, 0.7, 0.9, 0.8])
    expected = stats.t.interval(0.9, 3, values.mean(), stats.sem(values))
    assert over_seeds(values, 0.9) == pytest.approx(expected)
    assert np.isnan(over_seeds(values[:1], 0.9)).all()
