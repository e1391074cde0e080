"""Intervals over rows and over seeds are those of the textbook where it has them."""

import numpy as np
import pytest
from scipy import stats

from threshold_lab.influence import influences
from threshold_lab.records import Scores
from threshold_lab.scoring import score_metrics
from threshold_lab.spec import rule_settings
from threshold_lab.uncertainty import by_resamples, interval, of_scores, over_seeds


def settings(**changes):
    return rule_settings({"resamples": 2000} | changes)


def scored(rows: int = 300, networks: int = 1) -> Scores:
    generator = np.random.default_rng(1)
    labels = generator.random(rows) < 0.4
    p = np.clip(0.3 * labels + 0.35 + 0.15 * generator.normal(size=(networks, rows)), 0, 1)
    return Scores(labels, p, p)


def rates(own: Scores, threshold: float = 0.5, **changes):
    return by_resamples(own.scores >= threshold, own.labels, settings(**changes), 0)


def of_all_cuts(own: Scores, **claim):
    return of_scores(score_metrics(own, **claim), influences(own, **claim), own.labels, 0.95)


def halves(found) -> float:
    return (found[1] - found[0]) / 2


@pytest.mark.parametrize("rows", [300, 3000])
def test_a_share_of_rows_has_the_binomial_interval(rows):
    own = scored(rows)
    found = rates(own)["recall"]
    recall = (own.scores[0][own.labels] >= 0.5).mean()
    assert found[0] < recall < found[1]
    assert halves(found) == pytest.approx(1.96 * np.sqrt(recall * (1 - recall) / own.labels.sum()), rel=0.1)


@pytest.mark.parametrize("networks", [1, 12])
def test_groups_of_rows_are_drawn_as_their_rows_are(networks, monkeypatch):
    """Rows that all networks call alike are drawn together where they are many; the intervals are the same."""
    own = scored(2000, networks)
    monkeypatch.setattr("threshold_lab.draws._KEPT", 0)
    together = rates(own)
    monkeypatch.setattr("threshold_lab.uncertainty._FEW", np.inf)
    alone = rates(own)
    for name, found in together.items():
        assert found == pytest.approx(alone[name], abs=0.15 * halves(alone[name]) + 1e-9)


def test_the_mean_over_networks_varies_as_its_rows_do():
    """Networks that are all the same are no more rows."""
    one = scored()
    many = Scores(one.labels, np.repeat(one.logits, 5, 0), np.repeat(one.scores, 5, 0))
    assert rates(many)["f1"] == pytest.approx(rates(one)["f1"])
    for name, found in of_all_cuts(many).items():
        assert found == pytest.approx(of_all_cuts(one)[name])


def test_the_brier_score_has_the_interval_of_a_mean_within_each_class():
    own = scored()
    losses = np.square(own.scores[0] - own.labels)
    error = np.sqrt(sum(losses[rows].var(ddof=1) * rows.sum() for rows in (own.labels, ~own.labels))) / len(losses)
    found = of_all_cuts(own)["brier"]
    assert halves(found) == pytest.approx(1.96 * error, rel=1e-4)
    assert sum(found) / 2 == pytest.approx(losses.mean())


def test_an_interval_stays_where_the_metric_can_be():
    own = scored(20)
    influence = {name: np.where(np.arange(20) % 2, 9.0, -9.0) for name in ("roc_auc", "log_loss", "brier_resolution")}
    found = of_scores(dict.fromkeys(influence, np.array([0.9])), influence, own.labels, 0.95)
    assert found["roc_auc"] == pytest.approx((0, 1))
    assert found["log_loss"][0] == 0
    assert found["log_loss"][1] > 1
    assert found["brier_resolution"] == (-1, 1)


def test_four_times_the_rows_halve_the_interval():
    few, many = (rates(scored(rows))["accuracy"] for rows in (200, 3200))
    assert halves(many) == pytest.approx(halves(few) / 4, rel=0.25)


def test_what_is_not_defined_has_no_interval():
    own = Scores(np.array([True, False, True]), np.zeros((1, 3)), np.array([[0.1, 0.2, 0.3]]))
    assert np.isnan(rates(own, 0.9)["precision"]).all()
    assert np.isnan(of_all_cuts(own, probability=False)["roc_auc"]).all()
    assert not rates(own, resamples=0)


def test_of_two_jobs_the_difference_on_each_resample_is_told():
    """A job is no different from itself, however few the rows; and pairs are surer than two jobs apart."""
    own = scored(200, 2)
    called = np.concatenate([own.scores >= 0.5, own.scores >= 0.5])
    found = by_resamples(called, own.labels, settings(), 0, lambda values: values[2] - values[0])
    assert set(found.values()) == {(0.0, 0.0)}


def test_an_interval_leaves_out_as_many_below_as_above():
    assert interval(np.arange(101.0), 0.9) == pytest.approx((5, 95))
    assert np.isnan(interval(np.array([0.0, np.nan]), 0.9)).all()


def test_the_interval_over_seeds_is_students():
    values = np.array([[0.5, 0.7, 0.9, 0.8], [1.0, 1.0, 1.0, 0.0]]).T
    low, high = over_seeds(values, 0.9)
    for column in (0, 1):
        own = values[:, column]
        assert (low[column], high[column]) == pytest.approx(stats.t.interval(0.9, 3, own.mean(), stats.sem(own)))
    assert np.isnan(over_seeds(values[:1], 0.9)).all()
