"""A run is made again from nothing stored, to the bit; what was changed is found; what is hostile is refused."""

import io
import json
import shutil
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from conftest import lab

from threshold_lab import reproduce as package
from threshold_lab.reproduce import CANNOT, DIFFERS, IDENTICAL, again, reproduce
from threshold_lab.reproduce.again import Asked, annotate
from threshold_lab.sealing import sha256
from threshold_lab.spec import RunSpec, canonical, run_spec
from threshold_lab.tracking import Memory, Runs
from threshold_lab.watching import Watch

WORDS = ["activation=sigmoid,linear", "loss=binary_crossentropy,mse,mae,huber,hinge"]
WORDS += ["threshold=0.3,0.5,0.7,youden,f1", "network.hidden=[6]", "network.dropout=[0.2]"]
WORDS += ["epochs=2", "seeds=2", "rule.resamples=50"]
OWN = [
    "activation=sigmoid",
    "loss=mse",
    "threshold=youden",
    "data=csv",
    "data.path=own.csv",
    "data.target=y",
    "optimizer=adam",
    "epochs=2",
]
OWN += ["network.hidden=[6]", "network.dropout=[0.2]", "seeds=2", "rule.resamples=50"]


SECRETS = {
    "AWS_ACCESS_KEY_ID": "AKIAVERYSECRETACCESS",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMIsecretsecret",
    "MLFLOW_TRACKING_PASSWORD": "hunter2hunter2",
    "MLFLOW_TRACKING_TOKEN": "tokentokentokentoken",
    "PGPASSWORD": "postgressecretsecret",
    "GITHUB_TOKEN": "ghp_secretsecretsecret",
    "OPENAI_API_KEY": "sk-secretsecretsecret",
    "THRESHOLD_LAB_UNKNOWN": "anyvariableofanybody",
    "HTTP_PROXY": "http://proxyuser:proxysecretsecret@127.0.0.1:9",
    "NO_PROXY": "127.0.0.1,localhost",
}
"""In the environment of the sweeps below; none of them is to be found in what they left."""


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A folder with 100 jobs of two networks each, and one on a table of one's own."""
    folder, generator = tmp_path_factory.mktemp("reproduced"), np.random.default_rng(0)
    x = generator.normal(size=120)
    own = pd.DataFrame({"x": x, "always": 1, "y": (x + generator.normal(size=120) > 0).astype(int)})
    own.to_csv(folder / "own.csv", index=False)
    for words in (["sweep", *WORDS, "data=moons,circles"], ["run", *OWN]):
        done = lab(*words, folder=folder, **SECRETS)
        assert done.returncode == 0, done.stderr
        (folder / "said.txt").write_text(done.stdout)
    return folder


def jobs_in(store: Path) -> list:
    runs = Runs(store)
    return [run for path in sorted((store / "plans").glob("*.json")) for run in runs.of_sweep(path.stem) if run.key]


@pytest.fixture(scope="module")
def made_again(place):
    """All 101 runs, made again once; and what was made, to be held against what was changed."""
    kept, original = {}, Memory.record

    def keeping(memory, record):
        key = original(memory, record)
        kept.update(memory.records)
        return key

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Memory, "record", keeping)
        runs = Runs(place / "mlruns")
        own = [run.run_id for run in jobs_in(place / "mlruns")]
        return reproduce(own, runs, Asked([place]), Watch()), kept


def test_a_hundred_runs_of_mixed_jobs_are_identical(made_again):
    found, _ = made_again
    assert len(found) == 101
    assert {own.verdict for own in found} == {IDENTICAL}
    assert all(own.largest["weight"] == own.largest["probability"] == 0 for own in found)


def test_a_run_alone_has_the_hashes_it_has_in_a_sweep(place, tmp_path):
    words = [word for word in WORDS if "," not in word or "[" in word]
    words += ["activation=linear", "loss=hinge", "data=circles", "threshold=youden"]
    assert lab("run", *words, folder=tmp_path).returncode == 0
    (alone,) = jobs_in(tmp_path / "mlruns")
    (same,) = (run for run in jobs_in(place / "mlruns") if run.key == alone.key)
    for name in ("lab.weights", "lab.scores", "data", "engine"):
        assert alone.tags[name] == same.tags[name]


def test_what_is_suspicious_is_told_in_the_terminal_before_anything_is_trained_and_on_the_run(place):
    before, trained, _ = (place / "said.txt").read_text().partition("to train")
    assert (trained, before.count("Warning")) == ("to train", 1)
    assert "Warning (constant): column 'always' holds 1 in every training row" in before
    (own,) = (each for each in jobs_in(place / "mlruns") if _is_own(place, each))
    assert own.tags["warnings"] == "constant"
    assert "    column 'always' holds 1 in every training row" in own.tags["mlflow.note.content"]
    assert json.loads(artifact(place, own, "warnings.json").read_text())[0]["column"] == "always"
    assert not any("warnings" in each.tags for each in jobs_in(place / "mlruns") if not _is_own(place, each))


def test_no_secret_of_the_environment_is_anywhere_in_a_store(place):
    read = 0
    for path in (own for own in place.rglob("*") if own.is_file()):
        content = path.read_bytes()
        read += len(content)
        unpacked = _unpacked(content) if path.suffix in (".keras", ".skops", ".npz") else b""
        for name, secret in SECRETS.items():
            if name != "NO_PROXY":
                assert secret.encode() not in content + unpacked, f"{name} is in {path}"
    assert read > 1e6


def _unpacked(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


# ---- what was changed


@pytest.fixture
def copied(place, made_again, tmp_path, monkeypatch) -> Path:
    """A copy of the folder, whose jobs are not trained again but taken from where they were."""
    _, kept = made_again
    shutil.copytree(place, tmp_path / "copy")
    keys = {_without_place(json.loads(record.files["spec.json"])): key for key, record in kept.items()}

    def from_memory(specs, _place, _watch, _command, runs):
        runs().records.update(kept)
        return SimpleNamespace(asked=[keys[_without_place(json.loads(canonical(own)))] for own in specs], failed={})

    monkeypatch.setattr(again, "sweep", from_memory)
    monkeypatch.chdir(tmp_path / "copy")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return tmp_path / "copy"


def _without_place(spec: dict) -> str:
    spec["data"]["path"] = Path(spec["data"].get("path") or "").name
    return json.dumps(spec, sort_keys=True)


def judged(folder: Path, run_id: str):
    (found,) = reproduce([run_id], Runs(folder / "mlruns"), Asked([folder]), Watch())
    return found


def one_of(folder: Path, **tags: str):
    runs = sorted(jobs_in(folder / "mlruns"), key=lambda run: run.key)
    return next(run for run in runs if all(run.tags[name] == value for name, value in tags.items()))


def artifact(folder: Path, run, name: str) -> Path:
    (found,) = (folder / "mlruns" / "artifacts").rglob(f"{run.run_id}/artifacts/{name}")
    return found


def test_a_folder_that_was_moved_reproduces(copied):
    moved = copied.rename(copied.with_name("elsewhere"))
    for tags in ({"loss": "hinge"}, {"activation": "sigmoid"}):
        assert judged(moved, one_of(moved, **tags).run_id).verdict == IDENTICAL


FILES = ("weights.npz", "test_logits.npz", "histogram.json", "seeds.csv", "spec.json", "summary.csv", "hashes.json")


def test_a_flipped_byte_is_found_wherever_it_is(copied):
    """100 of 100: of weights, scores, histogram, tables, specification and hashes; of metrics; of the data."""
    generator, missed = np.random.default_rng(0), []
    run = one_of(copied, data=one_of(copied, activation="sigmoid").tags["data"])
    for number in range(82):
        path = artifact(copied, run, FILES[number % len(FILES)])
        missed += [] if _found_when_flipped(copied, run, path, generator) else [path.name]
    (own,) = (
        each for each in jobs_in(copied / "mlruns") if each.tags["data"] != run.tags["data"] and _is_own(copied, each)
    )
    for _ in range(12):
        missed += [] if _found_when_flipped(copied, own, copied / "own.csv", generator) else ["own.csv"]
    for name in ("test_accuracy", "test_roc_auc", "threshold", "val_loss", "majority", "epochs"):
        missed += [] if _found_when_changed(copied, run, name) else [name]
    assert missed == [], missed


def _is_own(folder: Path, run) -> bool:
    return json.loads(artifact(folder, run, "spec.json").read_text())["data"]["source"] == "csv"


def _found_when_flipped(folder, run, path: Path, generator) -> bool:
    """Whether a flipped bit is told; of a table, also where it changes no value that is trained on."""
    content = path.read_bytes()
    flipped = bytearray(content)
    flipped[int(generator.integers(len(content)))] ^= 1 << int(generator.integers(8))
    path.write_bytes(bytes(flipped))
    found = judged(folder, run.run_id)
    path.write_bytes(content)
    return bool(found.reasons) and ((path.suffix == ".csv" and path.parent == folder) or found.verdict != IDENTICAL)


def test_a_table_whose_bytes_change_and_no_value_is_told(copied):
    own = next(each for each in jobs_in(copied / "mlruns") if _is_own(copied, each))
    path = copied / "own.csv"
    path.write_text(path.read_text().replace("\n", "\r\n"))
    found = judged(copied, own.run_id)
    assert found.verdict == IDENTICAL
    assert "the bytes of its table have changed" in found.reasons[0]


def _found_when_changed(folder, run, name: str) -> bool:
    where = "WHERE run_uuid = ? AND key = ?", (run.run_id, name)
    with closing(sqlite3.connect(folder / "mlruns" / "mlflow.db")) as database:
        (before,) = database.execute(f"SELECT value FROM latest_metrics {where[0]}", where[1]).fetchone()
        database.execute(f"UPDATE latest_metrics SET value = ? {where[0]}", (np.nextafter(before, np.inf), *where[1]))
        database.commit()
        found = judged(folder, run.run_id)
        database.execute(f"UPDATE latest_metrics SET value = ? {where[0]}", (before, *where[1]))
        database.commit()
    return found.verdict == DIFFERS and any("metric" in reason for reason in found.reasons)


def test_what_differs_is_told_with_where_and_by_how_much(copied):
    run = one_of(copied, loss="mse")
    path = artifact(copied, run, "weights.npz")
    arrays = dict(np.load(path))
    arrays["seed_0/layer_0/kernel"][0, 0] += 0.25
    np.savez(path, **arrays)
    found = judged(copied, run.run_id)
    assert found.verdict == DIFFERS
    assert any(reason.startswith("weights.npz is not as it was recorded") for reason in found.reasons)
    assert "weights.npz seed_0/layer_0/kernel: up to 0.25" in found.reasons
    assert found.largest["weight"] == pytest.approx(0.25)
    assert found.exit_code == 1


def test_a_file_that_other_code_adds_is_told_and_is_no_difference(made_again, copied, monkeypatch):
    run, (_, kept) = one_of(copied, loss="hinge"), made_again
    monkeypatch.setitem(kept[run.key].files, "new_picture.png", b"drawn since")
    found = judged(copied, run.run_id)
    assert found.verdict == IDENTICAL
    assert found.reasons == ("not recorded in its time, and so not compared: new_picture.png",)


def test_an_artifact_or_a_run_that_is_gone_is_told(copied):
    run = one_of(copied, loss="mse")
    artifact(copied, run, "seeds.csv").unlink()
    assert any("seeds.csv is gone" in reason for reason in judged(copied, run.run_id).reasons)
    assert judged(copied, "0" * 32).verdict == CANNOT
    (copied / "own.csv").unlink()
    (own,) = (each for each in jobs_in(copied / "mlruns") if _is_own(copied, each))
    found = judged(copied, own.run_id)
    assert (found.verdict, found.exit_code) == (CANNOT, 2)
    assert "name their folder with --data FOLDER" in found.reasons[0]


# ---- what is hostile


def changed_specification(folder: Path, run, change) -> bytes:
    path = artifact(folder, run, "spec.json")
    content = change(json.loads(path.read_text()))
    content = content if isinstance(content, bytes) else canonical(content).encode()
    path.write_bytes(content)
    return content


def rewritten(folder: Path, run, change) -> None:
    """Put another specification into a run, with a key and hashes that fit it: whoever can write the store can."""
    content = changed_specification(folder, run, change)
    decisions = json.loads(artifact(folder, run, "provenance.json").read_text())["decisions"]
    rest = "\n".join(map(canonical, (run.tags["data"], run.tags["engine"], decisions)))
    hashes = artifact(folder, run, "hashes.json")
    sealed = json.loads(hashes.read_text()) | {"spec.json": sha256(content)}
    hashes.write_text(json.dumps(sealed, indent=1, sort_keys=True))
    tags = {"lab.key": sha256(content + b"\n" + rest.encode()), "lab.files": sha256(hashes.read_bytes())}
    with closing(sqlite3.connect(folder / "mlruns" / "mlflow.db")) as database, database:
        for name, value in tags.items():
            words = "UPDATE tags SET value = ? WHERE run_uuid = ? AND key = ?"
            assert database.execute(words, (value, run.run_id, name)).rowcount == 1


def on_file(own: dict, path: str) -> RunSpec:
    return run_spec(own | {"data": {"source": "csv", "path": path, "target": 0}})


HOSTILE = {
    "_target_": lambda own: own | {"_target_": "os.system", "_args_": ["touch canary"]},
    "nested _target_": lambda own: own | {"network": {"_target_": "os.system"}},
    "interpolation": lambda own: own | {"activation": "${oc.env:HOME}"},
    "resolver": lambda own: own | {"threshold": "${eval:1}"},
    "wrong type": lambda own: own | {"epochs": "fifty"},
    "boolean": lambda own: own | {"epochs": True},
    "negative": lambda own: own | {"seeds": -1},
    "not a number": lambda own: json.dumps(own | {"label_smoothing": float("nan")}).encode(),
    "many seeds": lambda own: own | {"seeds": 10**9},
    "list": lambda own: [own],
    "huge": lambda own: own | {"loss": "x" * 2_000_000},
    "deep": lambda own: b"[" * 50_000,
    "no JSON": lambda own: b"\x80\x04cos\nsystem\n.",
    "empty": lambda own: b"",
    "unknown loss": lambda own: own | {"loss": "__import__('os').system('touch canary')"},
    "a path outside": lambda own: on_file(own, "../../../etc/passwd"),
    "an absolute path": lambda own: on_file(own, "/etc/passwd"),
    "no source": lambda own: own | {"data": {"source": "pickle", "path": "own.csv"}},
    "other order": lambda own: json.dumps(dict(reversed(own.items()))).encode(),
    "one more key": lambda own: own | {"extra": 1},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_specification_is_refused_and_nothing_runs(name, copied, monkeypatch):
    def never(*_):
        raise AssertionError("something ran")

    monkeypatch.setattr(again, "sweep", never)
    run = one_of(copied, loss="mse")
    rewritten(copied, run, HOSTILE[name])
    found = judged(copied, run.run_id)
    assert found.verdict == CANNOT
    assert found.reasons[0]
    assert len(found.reasons[0]) < 2000
    assert "belong to its key" not in found.reasons[0]
    assert ("name their folder with --data" in found.reasons[0]) == ("path" in name)
    assert not list(copied.rglob("canary"))


@pytest.mark.parametrize("path", ["../../../etc/passwd", "/etc/passwd", "link.csv"])
def test_a_stored_path_is_not_followed_out_of_the_folders_given(path, copied):
    (copied / "link.csv").symlink_to("/etc/passwd")
    own = json.loads(artifact(copied, one_of(copied, loss="mse"), "spec.json").read_text())
    with pytest.raises(package.again.CannotError, match="name their folder with --data"):
        package.again.located(on_file(own, path), [copied])


@pytest.mark.parametrize("run_id", ["", "../../etc", "0" * 31, "g" * 32, "x" * 10_000, "0" * 31 + "\0", "' OR 1=1 --"])
def test_what_is_no_run_id_is_refused(run_id, copied):
    found = judged(copied, run_id)
    assert found.verdict == CANNOT
    assert "is no run id" in found.reasons[0]


# ---- verdicts


def test_a_verdict_is_said_on_the_run(copied):
    run, runs = one_of(copied, loss="hinge"), Runs(copied / "mlruns")
    annotate([judged(copied, run.run_id)], runs)
    assert runs.run(run.run_id).tags["reproduced"].startswith("identical, 20")
    (kept,) = artifact(copied, run, "reproductions").glob("*.json")
    said, then = (json.loads(own.read_text()) for own in (kept, artifact(copied, run, "provenance.json")))
    assert (said["verdict"], said["since"]) == (IDENTICAL, {})
    assert said["commit"] == said["commit of the run"] == then["commit"]
    assert all(said["environment"][name] == then[name] for name in ("libraries", "cpu", "flags", "threads"))
    assert judged(copied, run.run_id).verdict == IDENTICAL


def test_the_command_says_a_verdict_of_each_run_and_ends_with_the_worst_code(place, tmp_path):
    shutil.copytree(place / "mlruns", tmp_path / "mlruns")
    whole, changed = (one_of(tmp_path, loss="hinge", threshold=own) for own in ("f1", "youden"))
    artifact(tmp_path, changed, "histogram.json").write_text("{}")
    (own,) = (each for each in jobs_in(tmp_path / "mlruns") if _is_own(tmp_path, each))
    done = lab("reproduce", whole.run_id, changed.run_id, own.run_id, "--json", folder=tmp_path)
    found = json.loads(done.stdout)
    assert [run["verdict"] for run in found["runs"]] == [IDENTICAL, DIFFERS, CANNOT]
    assert [run["name"] for run in found["runs"]] == [run.tags["mlflow.runName"] for run in (whole, changed, own)]
    assert (done.returncode, found["verdict"]) == (2, CANNOT)
    assert lab("reproduce", folder=tmp_path).returncode == 2


def test_a_specification_that_was_changed_with_its_hash_does_not_belong_to_its_key(copied):
    run = one_of(copied, loss="mse")
    changed_specification(copied, run, lambda own: own | {"epochs": 3})
    found = judged(copied, run.run_id)
    assert (found.verdict, "do not belong to its key" in found.reasons[0]) == (CANNOT, True)
