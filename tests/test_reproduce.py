"""A run is made again from nothing stored, to the bit; and what was changed is found."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from conftest import lab_here
from hundred_runs import WORDS, artifact, changed_specification, is_own, jobs_in, judged, one_of, the_place

from threshold_lab.reproduce import CANNOT, DIFFERS, IDENTICAL, again, reproduce
from threshold_lab.reproduce.again import Asked, annotate
from threshold_lab.spec import canonical
from threshold_lab.tracking import Memory, Runs
from threshold_lab.watching import Watch

place = pytest.fixture(scope="module")(the_place)


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
        return reproduce(own, runs, Asked([place], 1), Watch()), kept


def test_a_hundred_runs_of_mixed_jobs_are_identical(made_again):
    found, _ = made_again
    assert len(found) == 101
    assert {own.verdict for own in found} == {IDENTICAL}
    assert all(own.largest["weight"] == own.largest["probability"] == 0 for own in found)


def test_a_run_alone_has_the_hashes_it_has_in_a_sweep(place, tmp_path):
    words = [word for word in WORDS if "," not in word or "[" in word]
    words += ["activation=linear", "loss=hinge", "data=circles", "threshold=youden"]
    assert lab_here("run", *words, folder=tmp_path).returncode == 0
    (alone,) = jobs_in(tmp_path / "mlruns")
    (same,) = (run for run in jobs_in(place / "mlruns") if run.key == alone.key)
    for name in ("lab.weights", "lab.scores", "data", "engine"):
        assert alone.tags[name] == same.tags[name]


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
        each for each in jobs_in(copied / "mlruns") if each.tags["data"] != run.tags["data"] and is_own(copied, each)
    )
    for _ in range(12):
        missed += [] if _found_when_flipped(copied, own, copied / "own.csv", generator) else ["own.csv"]
    for name in ("test_accuracy", "test_roc_auc", "threshold", "val_loss", "majority", "epochs"):
        missed += [] if _found_when_changed(copied, run, name) else [name]
    assert missed == [], missed


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
    own = next(each for each in jobs_in(copied / "mlruns") if is_own(copied, each))
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
    (own,) = (each for each in jobs_in(copied / "mlruns") if is_own(copied, each))
    found = judged(copied, own.run_id)
    assert (found.verdict, found.exit_code) == (CANNOT, 2)
    assert "name their folder with --data FOLDER" in found.reasons[0]


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


def test_a_specification_that_was_changed_with_its_hash_does_not_belong_to_its_key(copied):
    run = one_of(copied, loss="mse")
    changed_specification(copied, run, lambda own: own | {"epochs": 3})
    found = judged(copied, run.run_id)
    assert (found.verdict, "do not belong to its key" in found.reasons[0]) == (CANNOT, True)
