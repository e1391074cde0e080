"""A fit is whole or absent; a plan is held while its sweep lives."""

import json

import numpy as np
import pytest

from threshold_lab.errors import StoreError
from threshold_lab.records import Fit
from threshold_lab.store import Store


def fit(key: str = "ab" * 32, model: bytes | None = b"model") -> Fit:
    weights = (np.arange(6, dtype=np.float32).reshape(2, 3), np.zeros(3, np.float32))
    return Fit(key, weights, {"loss": np.ones(2, np.float32)}, {"test": np.full((4, 1), 0.5, np.float32)}, model)


@pytest.fixture
def store(tmp_path) -> Store:
    own = Store(tmp_path / "runs")
    own.create()
    return own


def test_a_fit_comes_back_to_the_bit(store):
    store.save(fit())
    found = store.fit(fit().key)
    for one, other in zip(found.weights, fit().weights, strict=True):
        assert one.dtype == other.dtype
        assert np.array_equal(one, other)
    assert np.array_equal(found.history["loss"], fit().history["loss"])
    assert np.array_equal(found.logits["test"], fit().logits["test"])
    assert found.model == b"model"


def test_a_fit_that_was_never_saved_is_none(store):
    assert store.fit("0" * 64) is None
    assert not store.has("0" * 64)


@pytest.mark.parametrize("damage", [lambda b: b[:-20], lambda b: b[:100] + b"\xff" * 8 + b[108:], lambda b: b""])
def test_a_damaged_fit_is_none_so_that_it_is_trained_again(store, damage):
    store.save(fit())
    path = next(store.folder.glob("fits/*/*.npz"))
    path.write_bytes(damage(path.read_bytes()))
    assert store.fit(fit().key) is None


def test_a_pickle_in_a_fit_is_never_opened(store, tmp_path):
    class Canary:
        def __reduce__(self):
            return (open, (str(tmp_path / "canary"), "w"))

    store.save(fit())
    np.savez(next(store.folder.glob("fits/*/*.npz")), **{"weights/0": np.array([Canary()], dtype=object)})
    assert store.fit(fit().key) is None
    assert not (tmp_path / "canary").exists()


def test_no_half_written_file_is_left_in_place(store):
    store.save(fit(model=None))
    assert [path.suffix for path in store.folder.glob("fits/*/*")] == [".npz"]


@pytest.mark.parametrize("left", ["half", "tmpa1/0", "link"])
def test_who_holds_a_store_removes_what_is_left_of_writes(left, store):
    with store.held():
        pass
    place = store.folder / "partial" / left
    place.parent.mkdir(exist_ok=True)
    place.symlink_to(store.folder / "plans") if left == "link" else place.write_bytes(b"half")
    with store.held():
        assert list((store.folder / "partial").iterdir()) == []
    assert (store.folder / "plans").is_dir()


def test_a_plan_is_alive_while_a_sweep_is_at_work(store):
    assert store.last_plan() is None
    with store.held():
        store.plan("first", {"jobs": []})
        plan, alive = store.last_plan()
        assert (plan["jobs"], alive) == ([], True)
    assert store.last_plan() == (plan, False)


def test_a_damaged_plan_is_told(store):
    with store.held():
        store.plan("first", {"jobs": []})
    next(store.folder.glob("plans/*")).write_text('{"jobs": [')
    with pytest.raises(StoreError, match=r"first.json is damaged; remove it"):
        store.last_plan()


def test_one_sweep_at_a_time_is_at_work_in_a_folder(store):
    with store.held(), pytest.raises(StoreError, match=r"another sweep is at work in .*store=FOLDER"), store.held():
        pass
    with store.held():
        pass


def test_a_write_that_fails_leaves_nothing_behind(store, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StoreError, match="cannot be written: No space left on device"):
        store.save(fit())
    assert [path for path in store.folder.rglob("*") if path.is_file()] == []


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match=r"file cannot be written: .*store=FOLDER or --store FOLDER"):
        Store(tmp_path / "file").create()


def test_plans_are_json(store):
    assert store.plan("first", {"jobs": [1]}) == "first"
    assert json.loads((store.folder / "plans" / "first.json").read_text())["jobs"] == [1]


def test_a_plan_is_behind_all_others_whatever_the_clock_says_and_keeps_its_name_when_it_is_concluded(store):
    names = [store.plan(own, {"jobs": []}) for own in ("20260102-a", "20260102-a", "20260101-b", "20260103-c")]
    assert names == ["20260102-a", "20260102-a+0002", "20260102-a+0003", "20260103-c"]
    store.conclude("20260102-a+0002", {"jobs": [1]})
    assert sorted(path.stem for path in store.folder.glob("plans/*")) == names
    last, _ = store.last_plan()
    assert (last["sweep"], last["after"]) == ("20260103-c", "20260102-a+0003")
