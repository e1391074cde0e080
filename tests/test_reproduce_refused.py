"""What is hostile is not reproduced and runs nothing; what is suspicious is told; and no secret is stored."""

import contextlib
import io
import json
import shutil
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from conftest import lab, lab_here
from hundred_runs import SECRETS, artifact, changed_specification, is_own, jobs_in, judged, one_of, the_place

from threshold_lab.errors import ConfigError
from threshold_lab.reproduce import CANNOT, DIFFERS, IDENTICAL, again
from threshold_lab.reproduce.located import located
from threshold_lab.reproduce.stored import CannotError
from threshold_lab.sealing import sha256
from threshold_lab.spec import RunSpec, canonical, placeless, run_spec

place = pytest.fixture(scope="module")(the_place)


@pytest.fixture
def copied(place, tmp_path, monkeypatch) -> Path:
    """A copy of the folder."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(shutil.copytree(place, tmp_path / "copy"))
    return tmp_path / "copy"


def test_the_command_says_a_verdict_of_each_run_and_ends_with_the_worst_code(place, tmp_path):
    shutil.copytree(place / "mlruns", tmp_path / "mlruns")
    whole, changed = (one_of(tmp_path, loss="hinge", threshold=own) for own in ("f1", "youden"))
    artifact(tmp_path, changed, "histogram.json").write_text("{}")
    (own,) = (each for each in jobs_in(tmp_path / "mlruns") if is_own(tmp_path, each))
    done = lab("reproduce", whole.run_id, changed.run_id, own.run_id, "--workers", "1", "--json", folder=tmp_path)
    found = json.loads(done.stdout)
    assert [run["verdict"] for run in found["runs"]] == [IDENTICAL, DIFFERS, CANNOT]
    assert [run["name"] for run in found["runs"]] == [run.tags["mlflow.runName"] for run in (whole, changed, own)]
    assert (done.returncode, found["verdict"]) == (2, CANNOT)
    assert lab_here("reproduce", folder=tmp_path).returncode == 2


def test_what_is_suspicious_is_told_in_the_terminal_before_anything_is_trained_and_on_the_run(place):
    before, trained, _ = (place / "said.txt").read_text().partition("to train")
    assert (trained, before.count("Warning")) == ("to train", 1)
    assert "Warning (constant): column 'always' holds 1 in every training row" in before
    (own,) = (each for each in jobs_in(place / "mlruns") if is_own(place, each))
    assert own.tags["warnings"] == "constant"
    assert "    column 'always' holds 1 in every training row" in own.tags["mlflow.note.content"]
    assert json.loads(artifact(place, own, "warnings.json").read_text())[0]["column"] == "always"
    assert not any("warnings" in each.tags for each in jobs_in(place / "mlruns") if not is_own(place, each))


def test_no_secret_of_the_environment_is_anywhere_in_a_store(place):
    read = 0
    for path in (own for own in place.rglob("*") if own.is_file()):
        content = path.read_bytes()
        read += len(content)
        unpacked = _unpacked(content) if path.suffix in (".keras", ".skops", ".npz") else b""
        for name, secret in SECRETS.items():
            assert secret.encode() not in content + unpacked, f"{name} is in {path}"
    assert read > 1e6


def _unpacked(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


def rewritten(folder: Path, run, change) -> None:
    """Put another specification into a run, with a key and hashes that fit it: whoever can write the store can."""
    told = content = changed_specification(folder, run, change)
    with contextlib.suppress(ConfigError, ValueError, AttributeError, RecursionError):
        told = canonical(placeless(run_spec(json.loads(content)))).encode()
    decisions = json.loads(artifact(folder, run, "provenance.json").read_text())["decisions"]
    rest = "\n".join(map(canonical, (run.tags["data"], run.tags["engine"], decisions)))
    hashes = artifact(folder, run, "hashes.json")
    sealed = json.loads(hashes.read_text()) | {"spec.json": sha256(content)}
    hashes.write_text(json.dumps(sealed, indent=1, sort_keys=True))
    tags = {"lab.key": sha256(told + b"\n" + rest.encode()), "lab.files": sha256(hashes.read_bytes())}
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
    with pytest.raises(CannotError, match="name their folder with --data"):
        located(on_file(own, path), [copied])


@pytest.mark.parametrize("run_id", ["", "../../etc", "0" * 31, "g" * 32, "x" * 10_000, "0" * 31 + "\0", "' OR 1=1 --"])
def test_what_is_no_run_id_is_refused(run_id, copied):
    found = judged(copied, run_id)
    assert found.verdict == CANNOT
    assert "is no run id" in found.reasons[0]
