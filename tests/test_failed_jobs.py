"""Jobs that have no result are recorded with their reason, and stop no other. One sweep has all of them."""

import io
import json

import pandas as pd
import pytest
from conftest import SMALL, lab_here
from stored_runs import artifact, runs, sweeps

MIXED = ["sweep", "activation=linear,softmax_1", "loss=mse", "threshold=0.5,youden,natural"]
MIXED += ["optimizer.learning_rate=0.01,1e9", "data.rows=80,90", "data=moons"]
MIXED += [word for word in SMALL if not word.startswith("data")]
JOBS, DIVERGED, UNCUT = 24, 6, 4
"""All; those of a linear output and the larger rate; and, of a softmax of one unit, those whose rule is youden."""


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """A folder with a sweep some of whose jobs fail, and what it said."""
    folder = tmp_path_factory.mktemp("mixed")
    return folder, lab_here(*MIXED, folder=folder)


def test_the_jobs_that_fail_stop_no_other(mixed):
    folder, done = mixed
    assert done.returncode == 1
    found = runs(folder)
    assert len(found) == JOBS
    failed = [run for run in found if run.info.status == "FAILED"]
    assert {run.info.status for run in found} == {"FAILED", "FINISHED"}
    assert len(failed) == DIVERGED + UNCUT
    status = lab_here("status", folder=folder).stdout
    assert f"finished {JOBS - len(failed)}  failed {len(failed)}" in status


def test_the_run_above_jobs_on_several_data_sets_tells_of_each(mixed):
    folder, _ = mixed
    (parent,) = sweeps(folder)
    (own,) = parent.inputs.dataset_inputs
    told = json.loads(own.dataset.profile)
    assert {each["hash"] for each in told["splits"]} == {run.data.tags["data"] for run in runs(folder)}
    assert {sum(each["rows"].values()) for each in told["splits"]} == {80, 90}
    assert len(told["hash"]) == 64
    assert told["spec"]["data.source"] == "moons"
    assert "data.rows" not in told["spec"]
    assert lab_here("verify", folder=folder).returncode == 0


def test_a_job_that_diverges_is_recorded_with_its_reason(mixed):
    folder, done = mixed
    assert (
        f"{DIVERGED} jobs failed: diverged: not finite after training, seeds 0, 1; lower the learning rate"
        in done.stdout
    )
    failed = runs(folder, "params.activation = 'linear' and attributes.status = 'FAILED'")
    assert len(failed) == DIVERGED
    assert all(run.data.tags["lab.reason"].startswith("diverged") for run in failed)
    assert {run.data.params["optimizer.learning_rate"] for run in failed} == {"1000000000.0"}


def test_a_job_whose_scores_no_cut_parts_is_recorded_with_its_reason(mixed):
    folder, done = mixed
    said = " ".join(done.stdout.split())
    assert f"{UNCUT} jobs failed: no threshold: the rule 'youden' cannot choose a cut: all scores are 1" in said
    assert "give a number (seeds 0, 1)" in said
    failed = runs(folder, "params.activation = 'softmax_1' and attributes.status = 'FAILED'")
    assert [run.data.params["threshold"] for run in failed] == ["youden"] * UNCUT
    whole = runs(folder, "params.activation = 'softmax_1' and params.threshold = 'natural'")[0]
    tidy = pd.read_csv(io.BytesIO(artifact(folder, whole, "seeds.csv")))
    assert tidy[tidy["rule"] == "youden"]["accuracy"].isna().all()
    assert tidy[tidy["rule"] == "natural"]["accuracy"].notna().all()


def test_what_would_fail_again_is_not_tried_again(mixed):
    folder, _ = mixed
    again = lab_here(*MIXED, folder=folder)
    assert again.returncode == 1
    assert "nothing to train" in again.stdout
    assert len(runs(folder)) == JOBS


def test_runs_on_different_rows_are_not_compared(mixed):
    folder, _ = mixed
    words = "params.activation = 'linear' and attributes.status = 'FINISHED' and params.threshold = 'natural'"
    done = lab_here("compare", *[run.info.run_id for run in runs(folder, words)], folder=folder)
    assert done.returncode == 2
    assert "made on different rows, which do not pair" in done.stderr
