"""A run's model in use: served, from the command line, evaluated and registered by MLflow, exported, by Keras alone."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
from churned import SAFE, client_of, folder_of, in_a_process, run_named, said_of_all_rows, table, the_place
from conftest import lab, lab_here

DOCS = Path(__file__).parents[1] / "docs"


place = pytest.fixture(scope="module")(the_place)
client = pytest.fixture(scope="module")(client_of)
loaded = pytest.fixture(scope="module")(said_of_all_rows)


@contextmanager
def served(folder: Path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = ["serve", "-m", str(folder), "--env-manager", "local", "-h", "127.0.0.1", "-p", str(port)]
    own = os.environ | SAFE | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    program = [sys.executable, "-m", "mlflow", "models", *words]
    with subprocess.Popen(program, env=own, start_new_session=True, stdout=-3, stderr=-3) as server:
        try:
            yield f"http://127.0.0.1:{port}", server
        finally:
            os.killpg(server.pid, 15)


def asked(address: str, request: dict) -> dict:
    body = urllib.request.Request(
        f"{address}/invocations", json.dumps(request).encode(), {"Content-Type": "application/json"}
    )
    return json.load(urllib.request.urlopen(body, timeout=60))


def wait_for(address: str, server: subprocess.Popen) -> None:
    for _ in range(600):
        assert server.poll() is None
        try:
            urllib.request.urlopen(f"{address}/ping", timeout=5)
            return
        except OSError:
            time.sleep(0.2)


def test_it_is_served_and_takes_json(place, client, loaded):
    rows = [{"age": 30, "plan": "tin", "calls": 2}, {"age": None, "plan": None, "calls": "3"}]
    with served(folder_of(client, "sigmoid mse youden")) as (address, server):
        wait_for(address, server)
        one, other = asked(address, {"dataframe_records": rows, "params": {"threshold": 0.0}})["predictions"]
        assert (one["label"], other["label"]) == ("yes", "yes")
        assert 0 < one["probability"] < 1
        (again,) = asked(address, {"dataframe_split": {"columns": ["calls", "plan", "age"], "data": [[2, "tin", 30]]}})[
            "predictions"
        ]
        assert again["score"] == pytest.approx(one["score"])
        with pytest.raises(urllib.error.HTTPError) as caught:
            asked(address, {"dataframe_records": [{"age": 30, "plan": "tin"}]})
        assert "column 'calls' is missing" in caught.value.read().decode()


def test_it_predicts_a_csv_file_from_the_command_line(place, client, loaded, tmp_path):
    words = ["models", "predict", "-m", str(folder_of(client, "linear hinge youden")), "--env-manager", "local"]
    words += ["-i", str(place / "churn.csv"), "-t", "csv", "-o", str(tmp_path / "out.json")]
    own = os.environ | SAFE | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    subprocess.run([sys.executable, "-m", "mlflow", *words], env=own, check=True, capture_output=True)
    predicted = json.loads((tmp_path / "out.json").read_text())["predictions"]
    assert [row["label"] for row in predicted] == loaded["linear hinge youden"]["predicted"]["label"]


EVALUATED = """
import json, sys, mlflow, pandas as pd
mlflow.set_experiment("churn.csv")
rows = pd.read_csv("churn.csv")
with mlflow.start_run():
    found = mlflow.models.evaluate(
        sys.argv[1], rows, targets="churned", model_type="classifier", evaluators="threshold_lab"
    )
model = mlflow.pyfunc.load_model(sys.argv[1])
labels = mlflow.models.evaluate(
    lambda rows: model.predict(rows)["label"],
    rows,
    targets="churned",
    model_type="classifier",
    evaluator_config={"pos_label": model.metadata.metadata["positive"]},
)
assert labels.metrics.items() <= found.metrics.items() and "confusion_matrix" in labels.artifacts


def said(**asked):
    try:
        mlflow.models.evaluate(sys.argv[1], rows, targets="churned", model_type="classifier", **asked)
        return ""
    except Exception as error:
        return str(error)


plain = [said(), said(evaluators=["default", "threshold_lab"]), said(predictions="label")]
rows.loc[3, "churned"] = "YES"
refused = said(evaluators="threshold_lab")
numbers = pd.DataFrame({"x": [0.0, 1.0, 2.0, 3.0], "y": [0, 1, 0, 1], "called": [0, 0, 1, 1]})
asked = {"targets": "y", "model_type": "classifier", "evaluator_config": {"log_explainer": False}}
foreign = mlflow.models.evaluate(lambda rows: (rows["x"] > 1).astype(int), numbers[["x", "y"]], **asked)
without = mlflow.models.evaluate(data=numbers, predictions="called", **asked)
assert foreign.metrics["accuracy_score"] == without.metrics["accuracy_score"] == 0.5
version = mlflow.register_model(sys.argv[1], "churn")
mlflow.MlflowClient().set_registered_model_alias("churn", "champion", version.version)
again = mlflow.pyfunc.load_model("models:/churn@champion").predict(rows.drop(columns="churned"))
metrics = {name: float(value) for name, value in found.metrics.items()}
told = {"metrics": metrics, "artifacts": list(found.artifacts), "labels": again["label"].tolist()}
print(json.dumps(told | {"refused": refused, "plain": plain}))
"""


def test_mlflow_evaluates_it_at_its_threshold_and_loads_it_by_alias(place, client, loaded):
    from sklearn.metrics import average_precision_score, confusion_matrix, log_loss, roc_auc_score

    own, labels = loaded["sigmoid mse youden"]["predicted"], table(place)["churned"]
    found = in_a_process(EVALUATED, place, f"runs:/{run_named(client, 'sigmoid mse youden').info.run_id}/model")
    metrics, positive = found["metrics"], labels == "yes"
    names = ("true_negatives", "false_positives", "false_negatives", "true_positives")
    assert [metrics[name] for name in names] == confusion_matrix(
        labels, own["label"], labels=["no", "yes"]
    ).ravel().tolist()
    assert metrics["roc_auc"] == pytest.approx(roc_auc_score(positive, own["score"]))
    assert metrics["average_precision"] == pytest.approx(average_precision_score(positive, own["score"]))
    assert metrics["log_loss"] == pytest.approx(log_loss(positive, own["probability"]))
    assert "confusion_matrix" in found["artifacts"]
    assert found["labels"] == own["label"]
    quoted = re.search(r"numpy's `(.+?)`", (DOCS / "models.md").read_text())
    assert quoted
    assert all(quoted[1] in own for own in found["plain"])
    assert "row 3: the label 'YES' is not one of the model's, 'no' and 'yes'" in found["refused"]


PLAIN = """
import json, sys, keras
model = keras.models.load_model(sys.argv[1])
print(json.dumps([model.loss.name, model.layers[-1].activation.__name__]))
"""


def test_keras_opens_the_network_alone(place, client):
    network = folder_of(client, "sigmoid mse youden") / "artifacts" / "network.keras"
    assert in_a_process(PLAIN, place, str(network)) == ["mean_squared_error", "sigmoid"]


def test_it_is_exported_whole_and_never_over_something_else(place, client, tmp_path):
    run_id = run_named(client, "sigmoid mse youden").info.run_id
    folder = tmp_path / "my model"
    done = lab("export", run_id, str(folder), folder=place)
    assert done.returncode == 0, done.stderr
    assert f"mlflow models serve -m '{folder}' --env-manager local" in done.stdout
    whole = folder_of(client, "sigmoid mse youden")
    assert {path.name for path in folder.rglob("*")} == {path.name for path in whole.rglob("*")}
    again = lab_here("export", run_id, str(folder), folder=place)
    assert (again.returncode, "is not empty; name a new folder" in again.stderr) == (2, True)
    (sweep,) = client.search_runs(
        [own.experiment_id for own in client.search_experiments()], "tags.`lab.kind` = 'sweep'"
    )
    for without in ("0" * 32, sweep.info.run_id):
        gone = lab_here("export", without, str(tmp_path / "none" / "at all"), folder=place)
        assert (gone.returncode, f"run {without} holds no model at " in gone.stderr) == (2, True)
    assert not (tmp_path / "none").exists()
    for below in (folder / "MLmodel", Path("/proc")):
        refused = lab_here("export", run_id, str(below / "x" / "y"), folder=place)
        assert (refused.returncode, f"{below}/x/y cannot be written: " in refused.stderr) == (2, True)
