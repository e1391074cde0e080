"""The whole way, as a user goes it: from the command line to runs in MLflow, and again."""

import io
import json
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import SMALL, lab, lab_here, trained
from mlflow import MlflowClient
from stored_runs import artifact, client, run_named, runs, sweeps

from threshold_lab.app.reproduce import Question, _run_ids
from threshold_lab.captions import BY_ITSELF
from threshold_lab.errors import StoreError
from threshold_lab.metrics import COLUMNS
from threshold_lab.tracking import Runs

LINE = ["sweep", "activation=sigmoid,tanh", "loss=binary_crossentropy,mse", "threshold=0.3,0.5,youden", *SMALL]


@pytest.fixture(scope="module")
def swept(tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A folder in which a small sweep was made, and what it said."""
    folder = tmp_path_factory.mktemp("swept")
    done = lab(*LINE, folder=folder)
    assert done.returncode == 0, done.stderr
    return folder, done


def test_each_job_is_one_finished_run_named_by_what_it_is(swept):
    folder, _ = swept
    found = runs(folder)
    names = {run.info.run_name for run in found}
    assert len(found) == len(names) == 12
    assert {run.info.status for run in found} == {"FINISHED"}
    assert "tanh mse youden" in names


def test_what_is_printed(swept):
    _, done = swept
    assert "12 jobs, 0 recorded before; 8 lanes, 0 trained before; 1 program to train" in done.stdout
    assert "8 lanes trained, 12 runs recorded" in done.stdout
    assert "threshold-lab ui" in done.stdout
    assert done.stderr == ""
    rows = [line for line in done.stdout.splitlines() if line.startswith(("sigmoid ", "tanh ")) and "±" in line]
    assert [row.split()[:2] for row in rows] == [
        [activation, loss] for activation in ("sigmoid", "tanh") for loss in ("binary_crossentropy", "mse")
    ]


def test_the_table_says_what_the_runs_hold(swept):
    folder, done = swept
    row = next(line for line in done.stdout.splitlines() if line.startswith("tanh        mse") and "±" in line)
    numbers = row.replace("±", "").replace("*", "").split()[2:]
    half, tuned = (run_named(folder, f"tanh mse {rule}").data.metrics for rule in ("0.5", "youden"))
    expected = [
        *(half["test_accuracy"], half["test_accuracy_sd"], tuned["test_accuracy"], tuned["test_accuracy_sd"]),
        *(tuned["threshold"], tuned["threshold_sd"], half["test_roc_auc"], half["test_roc_auc_sd"]),
        *(half["test_brier"], half["test_brier_sd"]),
    ]
    assert numbers == [f"{number:.3f}" for number in expected]
    assert f"{half['majority']:.3f}" in done.stdout


def test_every_leaf_of_the_configuration_is_a_parameter(swept):
    folder, _ = swept
    params = run_named(folder, "tanh mse 0.3").data.params
    assert params["activation"] == "tanh"
    assert params["threshold"] == "0.3"
    assert params["data.rows"] == "90"
    assert params["network.hidden"] == "[6]"
    assert params["optimizer.momentum"] == "0.003"
    assert set(params) >= {"data.noise", "data.split_seed", "epochs", "seeds", "batch_size", "loss"}


def test_metrics_are_means_over_the_table_of_seeds(swept):
    folder, _ = swept
    run = run_named(folder, "sigmoid binary_crossentropy youden")
    tidy = pd.read_csv(io.BytesIO(artifact(folder, run, "seeds.csv")))
    assert tuple(tidy.columns) == COLUMNS
    own = tidy[(tidy["part"] == "test") & (tidy["rule"] == "youden")]
    assert own["seed"].tolist() == [0, 1]
    for metric, column in (("threshold", "threshold"), ("test_accuracy", "accuracy"), ("test_roc_auc", "roc_auc")):
        assert run.data.metrics[metric] == pytest.approx(own[column].mean())
        assert run.data.metrics[f"{metric}_sd"] == pytest.approx(own[column].std())
    assert (own[["tp", "fp", "fn", "tn"]].sum(axis=1) == 18).all()


def test_the_history_is_keras_s_a_number_an_epoch(swept):
    folder, _ = swept
    run = run_named(folder, "tanh mse 0.5")
    for name in ("loss", "accuracy", "val_loss", "val_accuracy"):
        history = client(folder).get_metric_history(run.info.run_id, name)
        assert [entry.step for entry in history] == [1, 2]


def test_the_histogram_is_a_picture_and_its_counts(swept):
    folder, _ = swept
    run = run_named(folder, "sigmoid mse youden")
    assert artifact(folder, run, "histogram.png").startswith(b"\x89PNG")
    counts = json.loads(artifact(folder, run, "histogram.json"))
    assert sum(map(sum, counts["counts"].values())) == 2 * 18
    assert set(counts["counts"]) == {"0", "1"}
    assert all(len(values) == len(counts["edges"]) - 1 for values in counts["counts"].values())
    assert np.mean(counts["threshold"]) == pytest.approx(run.data.metrics["threshold"])


def test_the_model_opens_with_keras_alone_and_says_what_the_run_says(swept, tmp_path):
    folder, _ = swept
    run = run_named(folder, "sigmoid mse 0.5")
    (tmp_path / "model.keras").write_bytes(artifact(folder, run, "model/artifacts/network.keras"))
    (tmp_path / "weights.npz").write_bytes(artifact(folder, run, "weights.npz"))
    code = (
        "import keras, numpy as np, sys; model = keras.models.load_model('model.keras'); "
        "stored = np.load('weights.npz', allow_pickle=False); "
        "own = [stored[f'seed_0/layer_{i}/{part}'] for i in range(2) for part in ('kernel', 'bias')]; "
        "assert all(np.array_equal(a, b) for a, b in zip(own, model.get_weights(), strict=True)); "
        "assert model.predict(np.zeros((3, 2)), verbose=0).shape == (3, 1); "
        "assert sorted({name.split('/')[0] for name in stored.files}) == ['seed_0', 'seed_1']; "
        "assert not any(name.startswith('threshold_lab') for name in sys.modules)"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=tmp_path, check=True)


def test_again_trains_nothing_and_says_so_and_so_does_status(swept):
    folder, first = swept
    again = lab_here(*LINE, folder=folder)
    assert "12 jobs, 12 recorded before; 8 lanes, 8 trained before; nothing to train" in again.stdout
    assert "Nothing to train, nothing to record" in again.stdout
    assert len(runs(folder)) == 12
    table = [[line for line in done.stdout.splitlines() if "±" in line] for done in (first, again)]
    assert table[0] == table[1] != []
    found = json.loads(lab_here("status", "--json", folder=folder).stdout)
    assert found == {"jobs": 12, "finished": 12, "failed": 0, "running": 0, "lanes": 8, "fits": 8}
    assert "finished 12" in lab_here("status", folder=folder).stdout


def test_new_thresholds_train_nothing(swept):
    folder, _ = swept
    line = [word if not word.startswith("threshold") else "threshold=0.7,f1" for word in LINE]
    done = lab_here(*line, "store=mlruns", folder=folder)
    assert "8 jobs, 0 recorded before; 8 lanes, 8 trained before; nothing to train" in done.stdout
    assert "8 runs recorded" in done.stdout
    assert "at f1" in done.stdout
    found = client(folder)
    newest = max(sweeps(folder), key=lambda run: run.info.end_time)
    pages = Runs(folder / "mlruns").pages("http://own")
    assert f"/#/experiments/{newest.info.experiment_id}/runs/{newest.info.run_id}/artifacts/" in pages[2]
    for run in runs(folder, "params.threshold = '0.7'"):
        found.delete_run(run.info.run_id)
    for run in runs(folder, "params.threshold = 'f1'"):
        found.delete_run(run.info.run_id)


@pytest.mark.parametrize("word", ["hydra/sweeper=basic", "hydra/launcher=basic"])
def test_hydra_s_own_sweeper_and_launcher_work(swept, word):
    folder, _ = swept
    done = lab_here("sweep", "activation=tanh", "loss=mse", "threshold=0.3,youden", *SMALL, word, folder=folder)
    assert done.returncode == 0, done.stderr
    assert "trained before; nothing to train" in done.stdout
    assert "tanh" in done.stdout
    assert len(runs(folder)) == 12


def test_run_is_one_job_of_the_same_runs(swept):
    folder, _ = swept
    done = lab_here("run", "activation=tanh", "loss=mse", "threshold=0.3", *SMALL, folder=folder)
    assert "1 job, 1 recorded before" in done.stdout


def test_one_run_stands_above_those_of_a_sweep_and_sums_them_up(swept):
    folder, _ = swept
    parent = client(folder).get_run(run_named(folder, "tanh mse 0.3").data.tags["mlflow.parentRunId"])
    children = runs(folder, f"tags.`mlflow.parentRunId` = '{parent.info.run_id}'")
    assert len(children) == 12
    assert parent.info.status == "FINISHED"
    table = pd.read_csv(io.BytesIO(artifact(folder, parent, "table.csv"))).set_index("run")
    for run in children:
        assert table.loc[run.info.run_name, "test_accuracy"] == pytest.approx(run.data.metrics["test_accuracy"])
    pictures = ("heat_map_accuracy.png", "heat_map_F1.png", "curves.png", "histograms.png")
    assert all(artifact(folder, parent, name).startswith(b"\x89PNG") for name in pictures)
    (whole,), (own,) = (each.inputs.dataset_inputs for each in (parent, children[0]))
    assert own.dataset.digest == whole.dataset.digest
    assert own.dataset.digest.startswith(children[0].data.tags["data"][:27])
    assert not [name for name in table if name.startswith("test_rows")]
    chosen = table["validation_error"].idxmin()
    words = f"most often right on the validation part, {chosen}, is right on {table.loc[chosen, 'test_accuracy']:.3f}"
    assert words in parent.data.tags["mlflow.note.content"]
    before = len(sweeps(folder))
    assert lab_here(*LINE, folder=folder).returncode == 0
    assert len(sweeps(folder)) == before


def test_a_sweep_that_takes_over_jobs_of_another_is_reproduced_whole(swept):
    folder, _ = swept
    line = [word if not word.startswith("threshold") else "threshold=0.3,accuracy" for word in LINE]
    assert lab_here(*line, folder=folder).returncode == 0
    newest = max(sweeps(folder), key=lambda run: run.info.end_time)
    own = Runs(folder / "mlruns")
    question = Question((), newest.data.tags["lab.sweep"], (), None, at_commit=False, store="mlruns")
    taken = {own.run(run_id).tags["threshold"] for run_id in _run_ids(question, own)}
    assert taken == {"0.3", "accuracy"}
    second = replace(question, sweep_name="20260101-120000-abcdef+0002")  # of two in one second
    with pytest.raises(StoreError, match="no finished run of a sweep '20260101-120000-abcdef"):
        _run_ids(second, own)
    for run in runs(folder, "params.threshold = 'accuracy'"):
        client(folder).delete_run(run.info.run_id)
    client(folder).delete_run(newest.info.run_id)


def test_the_command_in_a_run_makes_that_job_and_no_other(swept):
    folder, _ = swept
    said = run_named(folder, "tanh mse 0.3").data.tags["mlflow.note.content"]
    command = said.split(BY_ITSELF)[1].split("\n\n")[1].strip().removesuffix(" store=again")
    done = lab_here(*shlex.split(command)[1:], folder=folder)
    assert "1 job, 1 recorded before" in done.stdout, done.stdout + done.stderr


def test_the_data_of_a_run_are_named_by_their_hash(swept):
    folder, _ = swept
    run = run_named(folder, "tanh mse 0.3")
    (found,) = run.inputs.dataset_inputs
    told = json.loads(found.dataset.profile)
    assert told["hash"] == run.data.tags["data"]
    assert told["hash"].startswith(found.dataset.digest.partition("-")[0])
    assert sum(told["rows"].values()) == 90


def test_two_runs_are_compared_seed_by_seed(swept):
    folder, _ = swept
    own = {name: run_named(folder, name) for name in ("sigmoid mse 0.3", "tanh mse 0.5")}
    ids = [run.info.run_id for run in own.values()]
    means = [run.data.metrics["test_accuracy"] for run in own.values()]
    found = json.loads(lab_here("compare", *ids, "--margin", "0.5", "--json", folder=folder).stdout)
    assert found["difference"] == pytest.approx(means[1] - means[0])
    assert found["seeds"] == 2
    assert found["rows"][0] < found["difference"] < found["rows"][1]
    same = json.loads(lab_here("compare", ids[0], ids[0], "--metric", "roc_auc", "--json", folder=folder).stdout)
    assert same["rows"] == [0, 0]
    assert "Verdict:" in lab_here("compare", *ids, folder=folder).stdout
    for words, problem in (
        ([*ids, "--metric", "acuracy"], "did you mean 'accuracy'?"),
        ([*ids, "--margin", "0"], "margin must be above 0"),
        (["nowhere", ids[0]], "is no run id"),
        ([*ids, "--store", "gone"], "no sweep was planned in"),
    ):
        done = lab_here("compare", *words, folder=folder)
        assert (done.returncode, problem in done.stderr) == (2, True), done.stderr


def test_runs_go_where_mlflow_tracking_uri_says(folder, tmp_path_factory):
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    uri = f"sqlite:///{elsewhere / 'other.db'}"
    own = {"MLFLOW_TRACKING_URI": uri, "MLFLOW_ARTIFACT_ROOT": str(elsewhere)}
    done = lab_here("run", *SMALL, folder=trained(tmp_path_factory, folder), **own)
    assert done.returncode == 0, done.stderr
    assert uri in done.stdout
    assert not (folder / "mlruns" / "mlflow.db").exists()
    found = MlflowClient(uri)
    assert len(found.search_runs([e.experiment_id for e in found.search_experiments()])) == 1
