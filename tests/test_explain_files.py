"""A model file is looked through before Keras opens it, and what the command prints is what Python says."""

import io
import json
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from conftest import lab, lab_here

from threshold_lab.errors import ModelError
from threshold_lab.explanation import archive
from threshold_lab.explanation.archive import CONFIG, METADATA, WEIGHTS, checked

DENSE = {"module": "keras.layers", "class_name": "Dense", "config": {"units": 1, "activation": "sigmoid"}}
INPUT = {"module": "keras.layers", "class_name": "InputLayer", "config": {"batch_shape": [None, 2]}}
NAMES = (CONFIG, METADATA, WEIGHTS)


def config(*layers: object, **more: object) -> bytes:
    own = {"module": "keras", "class_name": "Sequential", "config": {"layers": [INPUT, *layers]}, **more}
    return json.dumps(own).encode()


def weights(change=lambda file: None) -> bytes:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file["layers/dense/vars/0"] = np.ones((2, 1), np.float32)
        change(file)
    return buffer.getvalue()


def written(folder: Path, **parts: bytes) -> Path:
    """A model file, of good parts where nothing else is given; None leaves a part out."""
    own = {CONFIG: config(DENSE), METADATA: b"{}", WEIGHTS: weights()} | parts
    path = folder / "model.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in own.items():
            if content is not None:
                file.writestr(name, content)
    return path


def virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((2,), "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (2,), "f4")
    file.create_virtual_dataset("virtual", layout)


def external(file: h5py.File) -> None:
    file.create_dataset("external", (2,), "f4", external=[("/etc/passwd", 0, 8)])


def linked(link: object):
    def change(file: h5py.File) -> None:
        file["link"] = link

    return change


def layer(class_name: str, module: str = "keras.layers", **config: object) -> dict[str, object]:
    return {"module": module, "class_name": class_name, "config": config}


LAMBDA = layer("Lambda", function={"class_name": "__lambda__", "config": {"value": "4wAAAA=="}})
HOSTILE = {
    "a Lambda": ({CONFIG: config(LAMBDA)}, "keras.layers.Lambda, __lambda__, which holds code"),
    "a lambda as an activation": (
        {CONFIG: config(layer("Dense", activation={"class_name": "__lambda__"}))},
        "__lambda__",
    ),
    "a SavedModel inside": ({CONFIG: config(layer("TFSMLayer", filepath="/tmp/x"))}, "keras.layers.TFSMLayer"),
    "a file of words": ({CONFIG: config(layer("StringLookup", vocabulary="/etc/passwd"))}, "keras.layers.StringLookup"),
    "another module": ({CONFIG: config(layer("system", "os"))}, "names os.system"),
    "a module of Keras that loads": ({CONFIG: config(layer("load_model", "keras.saving"))}, "keras.saving.load_model"),
    "a switch of Keras": (
        {CONFIG: config(layer("function", "keras.config", config="enable_unsafe_deserialization"))},
        "keras.config.function",
    ),
    "a function that loads": (
        {CONFIG: config({"module": "builtins", "class_name": "function", "config": "get"})},
        "builtins.function 'get'",
    ),
    "no module, as Keras 2 had it": ({CONFIG: config({"class_name": "Dense", "config": {}})}, "names Dense"),
    "a registered class": ({CONFIG: config(DENSE | {"registered_name": "evil>Dense"})}, "keras.layers.Dense"),
    "a class of its own": ({CONFIG: config(layer("Own", "__main__"))}, "names __main__.Own"),
    "code in the loss": (
        {CONFIG: config(DENSE, compile_config={"loss": {"class_name": "__lambda__", "config": {}}})},
        "__lambda__",
    ),
    "a name that is none": ({CONFIG: config({"module": "keras.layers", "class_name": ["Dense"]})}, "['Dense']"),
    "no JSON": ({CONFIG: b"{"}, "is no JSON"),
    "JSON without end": ({CONFIG: b"[" * 200_000}, "is no JSON"),
    "no model": ({CONFIG: b"[]"}, "describes no model"),
    "JSON too long": ({CONFIG: b" " * (11 << 20)}, "unpacks to 11,534,336 bytes"),
    "a path": ({"../evil": b""}, "'../evil'"),
    "an asset": ({"assets/vocabulary.txt": b""}, "assets/vocabulary.txt"),
    "no weights": ({WEIGHTS: None}, "must hold config.json, metadata.json and model.weights.h5"),
    "no HDF5": ({WEIGHTS: b"weights"}, "cannot be read"),
    "a link to a file": ({WEIGHTS: weights(linked(h5py.ExternalLink("/etc/passwd", "/")))}, "has a link at 'link'"),
    "a soft link": ({WEIGHTS: weights(linked(h5py.SoftLink("/layers")))}, "has a link at 'link'"),
    "numbers elsewhere": ({WEIGHTS: weights(external)}, "no array of numbers in the file"),
    "a virtual array": ({WEIGHTS: weights(virtual)}, "no array of numbers in the file"),
    "objects": ({WEIGHTS: weights(lambda file: file.create_dataset("o", data="text"))}, "no array of numbers"),
    "a circle": ({WEIGHTS: weights(lambda file: file["layers"].__setitem__("again", file["layers"]))}, "has a circle"),
    "more than there is": (
        {WEIGHTS: weights(lambda file: file.create_dataset("o", (1 << 20, 1 << 20), "f4", chunks=(64, 64)))},
        "unpacks to more than",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_may_run_read_or_fill_anything_is_refused(name, tmp_path):
    parts, words = HOSTILE[name]
    with pytest.raises(ModelError) as caught:
        checked(written(tmp_path, **parts))
    assert words in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "model.keras"))


def test_a_file_of_nothing_else_passes_and_is_made_anew_of_its_parts(tmp_path):
    path = written(tmp_path)
    with zipfile.ZipFile(io.BytesIO(checked(path))) as file:
        assert sorted(file.namelist()) == sorted(NAMES)
        assert file.read(CONFIG) == config(DENSE)


def test_an_entry_that_unpacks_to_more_than_it_says_is_refused(tmp_path):
    path = written(tmp_path, **{CONFIG: b" " * 100_000 + config(DENSE)})
    told, says = path.read_bytes(), len(config(DENSE))
    path.write_bytes(told.replace((100_000 + says).to_bytes(4, "little"), says.to_bytes(4, "little")))
    with pytest.raises(ModelError, match=r"is no .keras file"):
        checked(path)


def test_a_name_twice_is_refused(tmp_path):
    path = written(tmp_path)
    with zipfile.ZipFile(path, "a") as file, pytest.warns(UserWarning, match="Duplicate name"):
        file.writestr(CONFIG, config(LAMBDA))
    with pytest.raises(ModelError, match="each once"):
        checked(path)


def test_what_is_no_keras_file_is_refused_with_what_to_do(tmp_path, monkeypatch):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/saved_model.pb").touch()
    (tmp_path / "model.h5").write_bytes(weights())
    (tmp_path / "text.keras").write_text("model")
    said = {
        "folder": "a SavedModel folder",
        "model.h5": "an HDF5 file",
        "text.keras": "not a zip",
        "gone": "no such file",
    }
    for name, words in said.items():
        with pytest.raises(ModelError, match=words):
            checked(tmp_path / name)
    monkeypatch.setattr(archive, "MOST_BYTES", 100)
    with pytest.raises(ModelError, match="files of at most 100"):
        checked(written(tmp_path))


# ---- the command


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    """A folder with a linear model on binary cross-entropy, and rows with words as labels."""
    import keras

    folder = tmp_path_factory.mktemp("model")
    keras.utils.set_random_seed(0)
    own = keras.Sequential([keras.Input((2,)), keras.layers.Dense(4, "relu"), keras.layers.Dense(1)])
    own.compile("adam", "binary_crossentropy")
    own.save(folder / "fresh.keras")
    own.compile(keras.optimizers.SGD(0.1), "binary_crossentropy", metrics=["accuracy", keras.metrics.F1Score()])
    rows = np.random.default_rng(0).normal(size=(120, 2)).astype(np.float32)
    labels = (rows[:, :1] > 0.3).astype(np.float32)
    own.fit(rows, labels, epochs=3, verbose=0)
    own.save(folder / "model.keras")
    lines = [
        f"{one!r},{two!r},{'yes' if label else 'no'},x"
        for (one, two), (label,) in zip(rows.tolist(), labels, strict=True)
    ]
    (folder / "rows.csv").write_text("\n".join(["a,b,bought,name", *lines]))
    (folder / "labels.npy").write_bytes(labels.tobytes())
    np.savez(folder / "rows.npz", x=rows, y=labels)
    return folder


def test_the_command_says_what_python_says(model):
    import keras

    import threshold_lab

    done = lab(
        "explain", "model.keras", "--data", "rows.csv", "--target", "bought", "--drop", "name", "--json", folder=model
    )
    assert done.returncode == 0, done.stderr
    assert "Starting TensorFlow" in done.stderr
    with np.load(model / "rows.npz") as rows:
        expected = threshold_lab.explain(keras.models.load_model(model / "model.keras"), rows["x"], rows["y"])
    found = json.loads(done.stdout)
    assert found["accuracies"] == pytest.approx(expected["accuracies"], nan_ok=False)
    assert [own["id"] for own in found["findings"]] == expected.ids
    assert {"from_logits_missing", "f1_without_threshold"} <= set(expected.ids)
    assert found["dead_gradient_share"] == expected["dead_gradient_share"] > 0


def test_the_command_answers_in_words(model):
    done = lab_here("explain", "fresh.keras", folder=model)  # compiled, and not fitted
    assert done.returncode == 0, done.stderr
    for words in (
        "Who decides what",
        "predict returns nothing that stands for a class",
        "nothing, ever; there is no metric",
    ):
        assert words in done.stdout
    assert (
        "    model.compile(optimizer=model.optimizer, loss=keras.losses.BinaryCrossentropy(from_logits=True)"
        in done.stdout
    )
    assert "warning" not in done.stderr.lower()


MISTAKES = {
    "names keras.layers.Lambda": "explain hostile.keras",
    "no such file": "explain gone.keras",
    "which column is the label? Name it with --target": "explain model.keras --data rows.csv",
    "--target: unknown column 'z'; known: a, b, bought, name": "explain model.keras --data rows.csv --target z",
    "column 'name': 'x' is no finite number": "explain model.keras --data rows.csv --target bought",
    "are about rows: name their file with --data": "explain model.keras --target bought",
}


@pytest.mark.parametrize("words", MISTAKES)
def test_a_mistake_is_told_before_tensorflow_is_imported(words, model):
    hostile = model / "hostile"
    hostile.mkdir(exist_ok=True)
    written(hostile, **HOSTILE["a Lambda"][0]).rename(model / "hostile.keras")
    done = lab(*MISTAKES[words].split(), folder=model, PYTHONPROFILEIMPORTTIME="1")
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert "tensorflow" not in done.stderr


def test_rows_of_another_width_are_refused_in_words(model):
    words = ["--data", "rows.csv", "--target", "bought", "--drop", "name", "--drop", "a"]
    done = lab_here("explain", "model.keras", *words, folder=model)
    assert done.returncode == 2
    assert "has 1 columns of features" in done.stderr
    assert "name those that are none with --drop" in done.stderr
