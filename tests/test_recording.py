"""From fits to the record of a job: what is chosen, by which rows, and what is said of it."""

import io
import itertools
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import spec

from threshold_lab.captions import EXPERIMENT
from threshold_lab.cells import cell_of, diverged
from threshold_lab.plan import Job
from threshold_lab.provenance import engine, provenance
from threshold_lab.recording import Origin, record_of
from threshold_lab.records import HISTORY, Fit, Part, Splits
from threshold_lab.tracking import view

ORIGIN = Origin("sweep", "threshold-lab sweep", provenance(), {"store": "mlruns"})


def fit(splits: Splits, seed: int, units: int = 1) -> Fit:
    """A network that says of a row what its first feature says, and a little noise."""
    generator = np.random.default_rng(seed)
    logits = {
        name: (part.features[:, :1] * np.arange(1, units + 1) + generator.normal(0, 0.1, (len(part.rows), units)))
        for name, part in splits.parts()
    }
    weights = (np.full((2, units), seed, np.float32), np.zeros(units, np.float32))
    series = np.arange(3, dtype=np.float32) + seed
    return Fit(str(seed), weights, dict.fromkeys(HISTORY, series), logits, b"a model")


def job(**changes: object) -> Job:
    return Job(spec(**changes), "data", engine())


def recorded(splits: Splits, **changes: object):
    own = job(**changes)
    fits = [fit(splits, seed, 2 if own.spec.activation == "softmax" else 1) for seed in own.spec.all_seeds]
    return record_of(own, cell_of(own, fits, splits), ORIGIN)


def histogram(record) -> dict:
    return json.loads(record.files["histogram.json"])


@pytest.mark.parametrize("rule", ["youden", "accuracy", "f1", "prevalence", "recall_at_least", "cost"])
def test_no_selection_reads_a_test_label(splits, rule):
    permuted = replace(splits, test=replace(splits.test, labels=~splits.test.labels))
    one, other = (recorded(own, threshold=rule) for own in (splits, permuted))
    assert histogram(one)["threshold"] == histogram(other)["threshold"]
    assert one.metrics["validation_error"] == other.metrics["validation_error"]
    assert one.metrics["test_accuracy"] != other.metrics["test_accuracy"]


def test_the_threshold_is_chosen_on_the_validation_labels(splits):
    flipped = replace(splits, validation=replace(splits.validation, labels=~splits.validation.labels))
    assert (
        recorded(splits, threshold="youden").metrics["threshold"]
        != recorded(flipped, threshold="youden").metrics["threshold"]
    )


def test_the_score_of_two_units_is_the_probability_of_the_second(splits):
    own = job(activation="softmax", seeds=1)
    one = fit(splits, 0, units=2)
    scores = cell_of(own, [one], splits).scores["test"]
    powers = np.exp(one.logits["test"])
    assert scores.scores[0] == pytest.approx(powers[:, 1] / powers.sum(axis=1))
    assert scores.logits[0] == pytest.approx(one.logits["test"][:, 1] - one.logits["test"][:, 0])


def test_the_history_is_the_mean_over_seeds(splits):
    assert recorded(splits, seeds=3).series["loss"] == pytest.approx({1: 1.0, 2: 2.0, 3: 3.0})


def test_at_most_25_metrics(splits):
    record = recorded(splits)
    assert len(record.metrics) + len(record.series) <= 25
    assert {"majority", "validation_error", "threshold", "test_accuracy_sd", "test_roc_auc"} <= set(record.metrics)


def test_keras_accuracy_stands_beside_ours_with_the_reason_where_they_differ(splits):
    alike = recorded(splits, threshold=0.5)
    assert alike.tags["keras_accuracy"] == f"{alike.metrics['test_accuracy']:.4f}, as here"
    logits = recorded(splits, threshold="natural", activation="linear", loss="binary_crossentropy_from_logits")
    told = logits.tags["keras_accuracy"]
    assert "logit above .5, which is P = 0.622; here it is 0 or more" in told
    assert float(told.split(":")[0]) != pytest.approx(logits.metrics["test_accuracy"])


def test_the_files_of_a_cell_are_those_of_each_of_its_jobs(splits):
    jobs = [job(threshold=own) for own in (0.5, "youden")]
    cell = cell_of(jobs[0], [fit(splits, seed) for seed in jobs[0].spec.all_seeds], splits)
    records = [record_of(own, cell, ORIGIN) for own in jobs]
    for name in ("calibration.csv", "reliability.csv", "reliability.png", "test_logits.npz"):
        assert records[0].files[name] == records[1].files[name]
    with np.load(io.BytesIO(records[0].files["test_logits.npz"])) as stored:
        assert np.array_equal(stored["labels"], splits.test.labels)
        assert stored["logits"].shape == (2, len(splits.test.labels), 1)


def test_the_summary_has_both_uncertainties_of_every_metric(splits):
    found = (
        pd.read_csv(io.BytesIO(recorded(splits, threshold="youden").files["summary.csv"]))
        .query("part == 'test'")
        .set_index("metric")
    )
    both = found.dropna()
    assert {"accuracy", "f1", "expected_cost", "roc_auc", "average_precision", "brier", "ece_mass"} <= set(both.index)
    assert (both["rows_low"] <= both["mean"] + 1e-9).all()
    assert (both["mean"] <= both["rows_high"] + 1e-9).all()


def test_weights_of_every_seed_and_one_model_named_by_its_seed(splits):
    record = recorded(splits, seed=4, seeds=2)
    assert record.files["model/artifacts/network.keras"] == b"a model"
    assert "spec.json" in record.files
    assert json.loads(record.files["spec.json"])["seed"] == 4


def test_a_network_without_a_finite_result_is_named(splits):
    fine, lost = fit(splits, 0), fit(splits, 1)
    lost.logits["test"][0] = np.inf
    own = job()
    assert diverged(own, [fine, fine]) == ""
    assert "seeds 1; lower" in diverged(own, [fine, lost])


def test_a_score_that_overflows_is_not_finite(splits):
    large = fit(splits, 0)
    large.logits["train"][0] = 1000
    assert diverged(job(seeds=1), [large]) == ""
    assert "seeds 0; lower" in diverged(job(seeds=1, activation="exponential"), [large])


def test_a_loss_that_takes_logarithms_says_what_to_do_about_negative_outputs(splits):
    lost = fit(splits, 0)
    lost.logits["test"][0] = np.nan
    assert "use activation=exponential" in diverged(job(seeds=1, activation="linear", loss="poisson"), [lost])


def test_the_history_of_seeds_that_stopped_early_is_the_mean_of_those_that_went_on(splits):
    own = job(seeds=2)
    fits = [fit(splits, seed) for seed in own.spec.all_seeds]
    short = replace(fits[1], history={name: series[:1] for name, series in fits[1].history.items()})
    record = record_of(own, cell_of(own, [fits[0], short], splits), ORIGIN)
    assert list(record.series["val_loss"].values()) == [0.5, 1.0, 2.0]
    assert record.metrics["epochs"] == 2


@pytest.mark.parametrize(("activation", "loss"), [("tanh", "hinge"), ("linear", "binary_crossentropy_from_logits")])
def test_a_score_that_claims_no_probability_is_not_judged_as_one(splits, activation, loss):
    metrics = recorded(splits, activation=activation, loss=loss).metrics
    assert "test_accuracy" in metrics
    assert not {"test_brier", "test_log_loss"} & set(metrics)


def test_an_experiment_says_what_its_page_averages():
    (group,) = [own["groupBy"] for own in map(json.loads, view.tags().values()) if "groupBy" in own]
    assert group["groupByKeys"] == [{"mode": "tag", "groupByData": "head"}]
    assert f"a bar is the {group['aggregateFunction']} over all thresholds of the group" in " ".join(EXPERIMENT.split())


def test_one_seed_has_no_deviation(splits):
    metrics = recorded(splits, seeds=1).metrics
    assert np.isnan(metrics["test_accuracy_sd"])
    assert np.isfinite(metrics["test_accuracy"])


def test_rows_of_one_part_are_not_those_of_another(splits):
    rows = Part(splits.test.features[:5], splits.test.labels[:5], splits.test.rows[:5])
    own = job(seeds=1)
    shorter = replace(splits, test=rows)
    assert cell_of(own, [fit(shorter, 0)], shorter).scores["test"].scores.shape == (1, 5)


def test_the_summary_holds_every_number_with_its_uncertainty_over_seeds_and_rows(splits):
    record = recorded(splits, threshold="youden", seeds=3)
    found = pd.read_csv(io.BytesIO(record.files["summary.csv"])).query("part == 'test'").set_index("metric")
    assert found.loc["accuracy", "mean"] == pytest.approx(record.metrics["test_accuracy"])
    assert found.loc["accuracy", "sd"] == pytest.approx(record.metrics["test_accuracy_sd"])
    every = pd.read_csv(io.BytesIO(record.files["summary.csv"])).set_index(["part", "metric"])
    assert set(every.index.get_level_values("part")) == {"train", "validation", "test"}
    assert 1 - every.loc[("validation", "accuracy"), "mean"] == pytest.approx(record.metrics["validation_error"])
    for name in itertools.product(("train", "validation", "test"), ("accuracy", "roc_auc", "brier")):
        own = every.loc[name]
        assert own["seeds_low"] <= own["mean"] <= own["seeds_high"]
        assert own["rows_low"] < own["mean"] < own["rows_high"]
    assert found.loc["tp", ["rows_low", "rows_high"]].isna().all()


def test_the_histogram_is_a_series_too_a_step_a_bin(splits):
    record = recorded(splits)
    steps = range(0, 100, 5)
    assert record.series["test_rows_positive"] == dict(zip(steps, histogram(record)["counts"]["1"], strict=True))
    assert sum(record.series["test_rows_negative"].values()) == 2 * (~splits.test.labels).sum()


def test_all_runs_share_the_steps_of_their_histograms_however_far_their_scores_reach(splits):
    heads = [("sigmoid", "binary_crossentropy"), ("linear", "mse"), ("linear", "hinge"), ("relu", "hinge")]
    own = [recorded(splits, activation=activation, loss=loss).series for activation, loss in heads]
    assert {tuple(series["test_rows_positive"]) for series in own} == {tuple(range(0, 100, 5))}
    assert {sum(series["test_rows_positive"].values()) for series in own} == {2 * splits.test.labels.sum()}


def test_a_run_says_what_it_is_and_what_made_it(splits):
    record = recorded(splits, threshold="youden")
    assert "output activation **sigmoid**, trained on **binary_crossentropy**, cut at **youden**" in record.description
    assert "The score is a probability; its natural cut is 0.5." in record.description
    assert "    threshold-lab sweep\n" in record.description
    assert record.tags["contract"] == "ok"
    assert record.tags["score"] == "score is a probability"
    assert record.data["hash"] == splits.hash
    assert record.data["rows"] == {"train": 90, "validation": 40, "test": 30}


def test_no_recalibration_reads_a_test_label(splits):
    """Of flipped test labels the probabilities that are claimed stay, and what is found in them turns round."""
    flipped = replace(splits, test=replace(splits.test, labels=~splits.test.labels))
    one, other = (pd.read_csv(io.BytesIO(recorded(own).files["reliability.csv"])) for own in (splits, flipped))
    assert one["claimed"].tolist() == other["claimed"].tolist()
    assert (one["found"] + other["found"]).tolist() == pytest.approx([1.0] * len(one))


def test_of_one_seed_too_keras_accuracy_is_told_to_be_ours_where_it_is(splits):
    assert recorded(splits, seeds=1, threshold=0.5).tags["keras_accuracy"].endswith(", as here")
