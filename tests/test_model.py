"""A run's model, as anybody meets it: raw rows in, labels at its own threshold out; no code of ours, no pickle."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import lab, lab_here
from mlflow import MlflowClient

import threshold_lab

SAFE = {"MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false", "MLFLOW_DISABLE_TELEMETRY": "true", "TF_CPP_MIN_LOG_LEVEL": "3"}
DOCS = Path(__file__).parents[1] / "docs"
HAS_PROBABILITY = {
    "sigmoid mse youden": True,
    "linear binary_crossentropy_from_logits youden": True,
    "linear hinge youden": False,
    "linear mse youden": False,
}


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A folder with a table of text, numbers and missing values, and a sweep made on it."""
    folder, generator = tmp_path_factory.mktemp("model"), np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "age": generator.integers(18, 80, 200).astype(float),
            "plan": generator.choice(["gold", "silver", "tin"], 200),
            "calls": generator.integers(1, 9, 200),
        }
    )
    table["churned"] = np.where(
        (table["age"] - 50) / 15 + (table["plan"] == "tin") + generator.normal(size=200) > 0, "yes", "no"
    )
    table.loc[::9, "age"], table.loc[::11, "plan"] = np.nan, None
    table.to_csv(folder / "churn.csv", index=False)
    words = ["activation=sigmoid,linear", "loss=mse,binary_crossentropy_from_logits,hinge", "threshold=youden"]
    words += ["data=csv", "data.path=churn.csv", "data.target=churned", "seeds=2", "epochs=4", "executor.workers=1"]
    done = lab("sweep", *words, folder=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def client(place) -> MlflowClient:
    return MlflowClient(f"sqlite:///{place / 'mlruns' / 'mlflow.db'}")


def run_named(client: MlflowClient, name: str):
    (experiment,) = client.search_experiments(filter_string="name = 'churn'")
    (found,) = client.search_runs([experiment.experiment_id], f"attributes.run_name = '{name}'")
    return found


def folder_of(client: MlflowClient, name: str) -> Path:
    return Path(client.download_artifacts(run_named(client, name).info.run_id, "model"))


def table(place: Path) -> pd.DataFrame:
    return pd.read_csv(place / "churn.csv")


def in_a_process(code: str, place: Path, *words: str, **environment: str) -> dict:
    """Run code as somebody without this package does, and read the JSON it prints last."""
    own = {**os.environ, **SAFE, "MLFLOW_TRACKING_URI": f"sqlite:///{place / 'mlruns' / 'mlflow.db'}", **environment}
    done = subprocess.run([sys.executable, "-c", code, *words], cwd=place, env=own, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


LOADED = """
import json, sys, mlflow, pandas as pd
sys.modules["threshold_lab"] = None  # it is not there


def said(model, rows):
    try:
        return f"{len(model.predict(rows))} rows"
    except ValueError as error:
        return str(error)


found, rows = {}, pd.read_csv("churn.csv").drop(columns="churned")
for name, uri in json.loads(sys.argv[1]).items():
    model = mlflow.pyfunc.load_model(uri)
    plain, moved = model.predict(rows), model.predict(rows, params={"threshold": 1e9})
    turned, none = model.predict(rows[::-1]), model.predict(rows[:0], params={"threshold": 0.5})
    assert turned["label"].sort_index().tolist() == plain["label"].tolist() and none.empty
    card = model.metadata.metadata
    found[name] = {"predicted": plain.to_dict("list"), "moved": moved["label"].tolist(), "card": card}
    found[name]["strange"] = [said(model, own) for own in (rows.to_numpy(), [[1, 2]], rows.add_prefix("my "))]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def loaded(place, client) -> dict:
    """What each model says of all rows, loaded where `threshold_lab` cannot be imported."""
    uris = {name: f"runs:/{run_named(client, name).info.run_id}/model" for name in HAS_PROBABILITY}
    return in_a_process(LOADED, place, json.dumps(uris))


@pytest.mark.parametrize("name", HAS_PROBABILITY)
def test_it_says_of_raw_rows_what_the_run_says_of_its_test_part(name, loaded, place, client):
    """Counts at the threshold, of the first seed, are those of the run's table; and nothing of ours is imported."""
    folder, own = folder_of(client, name).parent, loaded[name]
    tidy = pd.read_csv(client.download_artifacts(run_named(client, name).info.run_id, "seeds.csv"))
    expected = tidy[(tidy["seed"] == 0) & (tidy["rule"] == "youden")].set_index("part")
    everything = expected[["tp", "fp", "fn", "tn"]].sum()
    called = np.array(own["predicted"]["label"]) == "yes"
    labels = (table(place)["churned"] == "yes").to_numpy()
    assert everything["tp"] == (called & labels).sum()
    assert everything["fp"] == (called & ~labels).sum()
    assert len(called) == everything.sum() == 200
    assert own["card"]["threshold"] == pytest.approx(expected["threshold"].iloc[0], rel=1e-12)
    assert folder.exists()


@pytest.mark.parametrize(("name", "has_probability"), HAS_PROBABILITY.items())
def test_a_probability_is_given_where_the_score_stands_for_one(name, has_probability, loaded):
    predicted = loaded[name]["predicted"]
    assert ("probability" in predicted) == has_probability
    if "from_logits" in name:
        assert predicted["probability"] == pytest.approx(1 / (1 + np.exp(-np.array(predicted["score"]))))


def test_a_table_that_has_none_of_its_columns_is_refused(loaded):
    for own in loaded.values():
        assert own["strange"] == ["column 'age' is missing; the model needs age, calls, plan"] * 3


def test_another_threshold_holds_for_one_call(loaded):
    assert all(set(own["moved"]) == {"no"} for own in loaded.values())
    assert all("yes" in own["predicted"]["label"] for own in loaded.values())


def test_its_metadata_says_what_it_decides_by(loaded):
    card = loaded["sigmoid mse youden"]["card"]
    assert (card["rule"], card["positive"], card["negative"]) == ("youden", "yes", "no")
    assert (card["activation"], card["loss"], card["score"]) == ("sigmoid", "mse", "probability")
    assert card["threshold_ci"][0] <= card["threshold"] <= card["threshold_ci"][1]
    assert card["tie_rule"] == "positive where score >= threshold"
    assert len(card["data"]) == 64


def test_no_file_of_it_is_a_pickle_or_names_this_machine(place, client):
    folder = folder_of(client, "sigmoid mse youden")
    names = {path.name for path in folder.rglob("*") if path.is_file()}
    assert {"MLmodel", "carried.py", "card.json", "encoder.skops", "network.keras", "requirements.txt"} <= names
    assert not [name for name in names if name.endswith((".pkl", ".pickle", ".joblib"))]
    described = (folder / "MLmodel").read_text()
    assert "/tmp" not in described
    assert str(Path(threshold_lab.__file__).parent) not in described


def test_what_it_carries_imports_nothing_of_the_lab():
    code = Path(threshold_lab.__file__).with_name("carried.py").read_text()
    assert "import threshold_lab" not in code
    assert "from threshold_lab" not in code


DAMAGED = """
import json, sys, mlflow
said = {}
for path in sys.argv[1:]:
    try:
        mlflow.pyfunc.load_model(path)
        said[path] = ""
    except Exception as error:
        said[path] = f"{type(error).__name__}: {error}"
print(json.dumps(said))
"""


_SYSTEM = {"module": "os", "class_name": "function", "config": "system", "registered_name": "system"}
EVIL_LAYERS = {
    "lambda": {
        "module": "keras.layers",
        "class_name": "Lambda",
        "config": {"name": "x", "function": {"class_name": "__lambda__", "config": {"code": "4wEAAAA=\n"}}},
    },
    "function": {"module": "keras.layers", "class_name": "Lambda", "config": {"name": "x", "function": _SYSTEM}},
    "module": {"module": "os", "class_name": "system", "config": {"command": "touch CANARY"}},
    "builtin": {"module": "builtins", "class_name": "open", "config": {"file": "CANARY", "mode": "w"}},
    "call": {"module": "subprocess", "class_name": "Popen", "config": {"args": ["touch", "CANARY"]}},
}


def rebuilt(path: Path, layer: dict) -> None:
    """Put a layer into a .keras file in the place of its last one."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    config["config"]["layers"][-1] = layer
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (members | {"config.json": json.dumps(config).encode()}).items():
            archive.writestr(name, content)


def test_it_checks_itself_on_load_and_unpickles_nothing(place, client, tmp_path):
    """A changed card or network is told; a pickle in the place of the encoder is not opened."""
    whole = folder_of(client, "sigmoid mse youden")
    other, pickled, swapped = (shutil.copytree(whole, tmp_path / name) for name in ("other", "pickled", "swapped"))
    card = json.loads((swapped / "artifacts" / "card.json").read_text())
    card |= {"positive": card["negative"], "negative": card["positive"]}
    (swapped / "artifacts" / "card.json").write_text(json.dumps(card))
    shutil.copy(folder_of(client, "linear hinge youden") / "artifacts" / "network.keras", other / "artifacts")
    canary = tmp_path / "canary"
    evil = f"cposix\nsystem\n(S'touch {canary}'\ntR.".encode()
    (pickled / "artifacts" / "encoder.skops").write_bytes(evil)
    layered = []
    for name, layer in EVIL_LAYERS.items():
        layered.append(shutil.copytree(whole, tmp_path / name))
        rebuilt(
            layered[-1] / "artifacts" / "network.keras", json.loads(json.dumps(layer).replace("CANARY", str(canary)))
        )
    found = in_a_process(DAMAGED, place, *map(str, (whole, other, pickled, swapped, *layered)))
    assert all(found[str(own)] for own in layered)
    assert "does not decide as it did when it was stored" in found[str(swapped)]
    assert found[str(whole)] == ""
    assert "does not say what it said when it was stored" in found[str(other)]
    assert found[str(pickled)]
    assert not canary.exists()


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
mlflow.set_experiment("churn")
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
