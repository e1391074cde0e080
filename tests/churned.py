"""A sweep on a table of text, numbers and missing values, and what its models say where nothing of ours is."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import lab_here, once
from mlflow import MlflowClient

SAFE = {"MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false", "MLFLOW_DISABLE_TELEMETRY": "true", "TF_CPP_MIN_LOG_LEVEL": "3"}
HAS_PROBABILITY = {
    "sigmoid mse youden": True,
    "linear binary_crossentropy_from_logits youden": True,
    "linear hinge youden": False,
    "linear mse youden": False,
}


def the_place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the table, the sweep, and what each model says of all rows, in loaded.json."""
    return once(tmp_path_factory, "churned", _make)


def _make(folder: Path) -> None:
    generator = np.random.default_rng(0)
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
    done = lab_here("sweep", *words, folder=folder)
    assert done.returncode == 0, done.stderr
    uris = {name: f"runs:/{run_named(client_of(folder), name).info.run_id}/model" for name in HAS_PROBABILITY}
    (folder / "loaded.json").write_text(json.dumps(in_a_process(LOADED, folder, json.dumps(uris))))


def said_of_all_rows(place: Path) -> dict:
    """What each model says of all rows, loaded where `threshold_lab` cannot be imported."""
    return json.loads((place / "loaded.json").read_text())


def client_of(place: Path) -> MlflowClient:
    return MlflowClient(f"sqlite:///{place / 'mlruns' / 'mlflow.db'}")


def run_named(client: MlflowClient, name: str):
    (experiment,) = client.search_experiments(filter_string="name LIKE 'churn.csv %'")
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
import json, sys, mlflow, pandas as pd, tensorflow as tf
sys.modules["threshold_lab"] = None  # it is not there
two = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], two)
tf.device("cpu:1").__enter__()  # where else something would be put, as on a GPU


def places_of(model):
    own, seen = model.unwrap_python_model(), []
    network, activation = own.network, own.activation
    own.network = lambda *given, **named: seen.append(network(*given, **named)) or seen[-1]
    own.activation = lambda logits: seen.append(activation(tf.constant(logits))) or seen[-1]
    model.predict(rows)
    own.network, own.activation = network, activation
    return sorted({each.device[-5:] for each in (*seen, *[weight.value for weight in network.weights])})


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
    found[name]["places"] = places_of(model)
    found[name]["strange"] = [said(model, own) for own in (rows.to_numpy(), [[1, 2]], rows.add_prefix("my "))]
print(json.dumps(found))
"""
