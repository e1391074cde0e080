"""A run's model, as anybody meets it: raw rows in, labels at its own threshold out; no code of ours, no pickle."""

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from churned import HAS_PROBABILITY, client_of, folder_of, in_a_process, run_named, said_of_all_rows, table, the_place

import threshold_lab

place = pytest.fixture(scope="module")(the_place)
client = pytest.fixture(scope="module")(client_of)
loaded = pytest.fixture(scope="module")(said_of_all_rows)


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


def test_it_says_the_same_where_there_is_a_gpu_as_it_stays_on_the_processor(loaded):
    assert all(own["places"] == ["CPU:0"] for own in loaded.values())


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
