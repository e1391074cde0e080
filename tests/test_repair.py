"""What is damaged in a store is put right where it can be, and what is left is told."""

import os
import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from conftest import spec
from damages import DAMAGES, in_the_way
from mlflow import MlflowClient
from test_driver import laid
from verified import FAILING, FIRST, Quiet, checked, circle, contents, copied, runs_of, swept, the_store, told

from threshold_lab import data
from threshold_lab.store import Store
from threshold_lab.sweep import Place, sweep
from threshold_lab.tracking import ADDED, KEY, SUMS
from threshold_lab.verify import repair

OF_ROWS = (
    "number_changed",
    "number_removed",
    "param_changed",
    "param_removed",
    "tag_changed",
    "tag_added",
    "experiment_put_away",
    "trigger_added",
    "data_set_changed",
)


made = pytest.fixture(scope="module")(the_store)
store = pytest.fixture(copied)


IN_PLACE = {
    "emptied": "artifacts/*/*/artifacts/seeds.csv",
    "flipped": "artifacts/*/*/artifacts/weights.npz",
    "removed": "artifacts/*/*/artifacts/histogram.png",
    "truncated": "artifacts/*/*/artifacts/record.json",
    "gone": "artifacts/*/*/artifacts/spec.json",
    "unsealed": "artifacts/*/*/artifacts/hashes.json",
    "of a fit": "fits/*/*.keras",
}
"""What a file becomes, and which."""


@pytest.mark.parametrize("how", IN_PLACE)
def test_a_file_is_put_back_to_the_bit(how, store):
    before = contents(store)
    recorded = {own.read_bytes() for own in store.glob("artifacts/*/*/artifacts/model/artifacts/network.keras")}
    for path in sorted(own for own in store.glob(IN_PLACE[how]) if how != "of a fit" or own.read_bytes() in recorded)[
        :2
    ]:
        content = path.read_bytes()
        path.write_bytes({"emptied": b"", "truncated": content[:-9]}.get(how, content[:40] + b"!" + content[41:]))
        if how in ("removed", "gone"):
            path.unlink()
    assert checked(store).damages
    mended = repair(store, checked(store), Quiet())
    assert (list(mended.left.damages), mended.cannot) == ([], [])
    assert contents(store) == before


def test_the_hash_of_its_numbers_is_put_back_in_every_run(store):
    before = contents(store)
    for path in store.glob("artifacts/*/*/artifacts/hashes.json"):
        words = path.read_text()
        place = words.index('"numbers": "') + 20
        path.write_text(words[:place] + "!" + words[place + 1 :])
    mended = repair(store, checked(store), Quiet())
    assert (told(mended.left), mended.cannot) == ([], [])
    assert contents(store) == before


@pytest.mark.parametrize("damage", [own for own in DAMAGES if own.__name__ in OF_ROWS], ids=lambda own: own.__name__)
def test_rows_are_put_back_as_they_were_recorded(damage, store):
    generator, before = random.Random(1), contents(store)
    for _ in range(3):
        _, what = damage(store, generator)
        found = checked(store)
        mended = repair(store, found, Quiet())
        assert (bool(found.damages), told(mended.left), mended.cannot) == (True, [], [])
        if ADDED in what:  # the hash of a later file: either may be what was changed, so the run is recorded again
            before = contents(store)
        assert contents(store) == before


def jobs_in(store: Path) -> int:
    """How many runs of jobs are not put away."""
    return sum(not own.put_away and KEY in own.tags for own in runs_of(store))


@pytest.mark.parametrize("damage", dict.fromkeys(DAMAGES), ids=lambda own: own.__name__)
def test_after_repair_a_store_is_whole_or_it_is_told_what_is_left(damage, store):
    before = contents(store)
    damage(store, random.Random(damage.__name__))
    mended = repair(store, checked(store), Quiet())
    assert mended.cannot or not mended.left.damages
    assert all(own.kind in ("fit", "gone") for own in mended.left.damages)
    kept = [own for name, own in before.items() if name.startswith("run ") and not own["put_away"]]
    assert jobs_in(store) == sum(KEY in own["tags"] for own in kept)


def test_the_only_run_below_a_sweep_is_put_back_below_it(store):
    (only,) = (own for own in runs_of(store) if own.name == "sigmoid mse f1")
    with closing(sqlite3.connect(store / "mlflow.db")) as database, database:
        for table in ("runs", "tags", "params", "metrics", "latest_metrics"):
            database.execute(f"DELETE FROM {table} WHERE run_uuid = ?", (only.run_id,))
    mended = repair(store, checked(store), Quiet())
    assert (list(mended.left.damages), mended.cannot) == ([], [])
    (again,) = (own for own in runs_of(store) if own.run_id == only.run_id)
    assert (again.put_away, again.tags["mlflow.parentRunId"]) == (False, only.tags["mlflow.parentRunId"])


@pytest.mark.parametrize("experiment", ["moons", "circles theirs"])
def test_a_run_whose_model_cannot_be_put_back_is_recorded_again_from_its_fits(experiment, store):
    path = sorted(store.glob(f"artifacts/{experiment}/*/artifacts/model/MLmodel"))[0]
    path.write_bytes(b"")
    run_id = path.parts[-4]
    mended = repair(store, checked(store), Quiet())
    assert told(mended.left) == []
    old = next(own for own in runs_of(store) if own.run_id == run_id)
    (new,) = (own for own in runs_of(store) if own.tags.get(KEY) == old.tags[KEY] and not own.put_away)
    assert old.put_away
    assert (new.metrics, new.experiment) == (old.metrics, old.experiment)


SOURCE = {"source": "csv", "path": "t.csv", "target": "y", "drop": ["z"]}


@pytest.fixture
def filed(tmp_path, monkeypatch) -> Path:
    """A store of two jobs of a study on one file, whose path was typed in two ways."""
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{row % 7},{row % 2},note {row % 3}\n" for row in range(30))
    Path("t.csv").write_text(f"x,y,z\n{rows}")
    for path, threshold in (("t.csv", 0.5), (str(Path("t.csv").resolve()), "f1")):
        own = spec(data=SOURCE | {"path": path}, threshold=threshold)
        laid(own, Store(tmp_path / "mlruns"))
        sweep([own], Place(tmp_path / "mlruns", 1, studies={own: "theirs"}), Quiet())
    return tmp_path / "mlruns"


def without_a_model(store: Path) -> str:
    """Empty what only a new run can bring back, of the job whose path is a whole one; return its run's id."""
    (own,) = (each for each in runs_of(store) if each.params["threshold"] == "f1")
    (path,) = store.glob(f"artifacts/*/{own.run_id}/artifacts/model/MLmodel")
    path.write_bytes(b"")
    return own.run_id


def test_a_run_on_files_is_recorded_again_where_it_was_wherever_they_are_now(filed):
    assert told(checked(filed)) == []
    gone = without_a_model(filed)
    Path("t.csv").rename("elsewhere.csv")
    assert [own for own in repair(filed, checked(filed), Quiet()).cannot if gone in own]
    assert not next(own for own in runs_of(filed) if own.run_id == gone).put_away
    Path("elsewhere.csv").rename("t.csv")
    assert told(repair(filed, checked(filed), Quiet()).left) == []
    assert {each.experiment for each in runs_of(filed)} == {
        f"t.csv {data.load(spec(data=SOURCE).data).files[:8]} theirs"
    }
    assert [own.run_id for own in runs_of(filed) if own.put_away] == [gone]


def test_a_run_on_a_file_that_has_moved_into_the_folder_is_recorded_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("x,y,z\n" + "".join(f"{row % 7},{row % 2},note\n" for row in range(30)))
    own, store = spec(data=SOURCE | {"path": "below/t.csv"}), tmp_path / "mlruns"
    Path("below").mkdir()
    Path("t.csv").rename("below/t.csv")
    laid(own, Store(store))
    sweep([own], Place(store, 1), Quiet())
    Path("below/t.csv").rename("t.csv")
    next(store.glob("artifacts/*/*/artifacts/model/MLmodel")).write_bytes(b"")
    mended = repair(store, checked(store), Quiet())
    assert (told(mended.left), mended.cannot) == ([], [])
    assert sorted(each.put_away for each in runs_of(store)) == [False, True]


def test_a_run_on_a_file_that_was_edited_is_not_put_away_for_one_of_another_file(filed):
    gone = without_a_model(filed)
    Path("t.csv").write_text(Path("t.csv").read_text().replace("note 1", "note one"))
    mended = repair(filed, checked(filed), Quiet())
    assert [own for own in mended.cannot if gone in own]
    assert len(runs_of(filed)) == 2
    assert not any(own.put_away for own in runs_of(filed))


@pytest.mark.parametrize("place", ["lock", "fits", "plans", "partial"])
def test_what_lies_where_the_lock_or_a_folder_has_to_be_is_moved_away_first(place, store):
    in_the_way(store, random.Random(0), place)
    mended = repair(store, checked(store), Quiet())
    assert {own.kind for own in mended.left.damages} <= {"fit"}
    assert len(list(store.glob(f"lost/*/{place}*"))) == 1


def sums_of(store: Path) -> list[str]:
    """What the runs that sum up sweeps are about."""
    return sorted(own.tags[SUMS] for own in runs_of(store) if SUMS in own.tags and not own.put_away)


def remove_sweep(store: Path, number: int) -> None:
    """Remove the files of a run that sums up a sweep."""
    (own,) = (each for each in runs_of(store) if each.tags.get(SUMS) == sums_of(store)[number])
    shutil.rmtree(store / "artifacts" / own.place.parent)


@pytest.mark.parametrize("number", [0, 1])
def test_a_sweep_that_lost_its_files_is_summed_up_again(number, store):
    before = sums_of(store)
    remove_sweep(store, number)
    mended = repair(store, checked(store), Quiet())
    assert (told(mended.left), mended.cannot) == ([], [])
    assert sums_of(store) == before


def test_a_sweep_whose_jobs_nothing_tells_is_summed_up_again_by_its_command(store):
    before = sums_of(store)
    for number in (0, 1):
        remove_sweep(store, number)
    shutil.rmtree(store / "plans")
    mended = repair(store, checked(store), Quiet())
    assert told(mended.left) == []
    assert any("its jobs are summed up again by threshold-lab sweep" in own for own in mended.done)
    swept(store, [*FIRST, FAILING, circle(0.5)], "threshold-lab sweep")
    assert set(sums_of(store)) <= set(before)
    assert sums_of(store)


def test_a_run_that_was_put_away_by_half_is_put_away(store):
    (own,) = (each for each in runs_of(store) if each.status == "FAILED")
    MlflowClient(f"sqlite:///{store / 'mlflow.db'}").set_tag(own.run_id, "lab.superseded", "it is tried again")
    next(store.glob(f"artifacts/*/{own.run_id}/artifacts/record.json")).unlink()
    assert [each.kind for each in checked(store).damages] == ["dead"]
    assert told(repair(store, checked(store), Quiet()).left) == []


def test_a_run_without_fits_that_cannot_be_put_back_is_left_as_it_is_and_told(store):
    shutil.rmtree(store / "fits")
    sorted(store.glob("artifacts/moons/*/artifacts/model/MLmodel"))[0].write_bytes(b"")
    mended = repair(store, checked(store), Quiet())
    assert any("its fits are gone too" in own for own in mended.cannot)
    assert any(own.place.endswith("MLmodel") for own in mended.left.damages)
    assert any("threshold=NEW" in own for own in mended.cannot)


def test_a_database_that_is_gone_is_made_again_from_the_files_of_its_runs(store):
    before = {own.run_id: own for own in runs_of(store) if not own.put_away}
    (store / "mlflow.db").write_bytes(b"no database")
    assert [own.kind for own in checked(store).damages] == ["database"]
    mended = repair(store, checked(store), Quiet())
    assert told(mended.left) == []
    after = {own.run_id: own for own in runs_of(store)}
    assert set(after) == set(before)
    assert all(after[name].series == own.series and after[name].params == own.params for name, own in before.items())


def test_a_pipe_among_the_files_of_a_run_that_was_put_away_is_not_waited_for(store):
    (dead,) = (own for own in runs_of(store) if own.name == "died")
    folder = store / "artifacts" / "moons" / dead.run_id / "artifacts"
    folder.mkdir(parents=True, exist_ok=True)
    os.mkfifo(folder / "hashes.json")
    sorted(store.glob("artifacts/moons/*/artifacts/seeds.csv"))[0].unlink()
    mended = repair(store, checked(store), Quiet())
    assert (told(mended.left), mended.cannot) == ([], [])


def test_what_belongs_nowhere_is_kept_in_lost(store):
    (store / "fits" / "notes.txt").write_text("mine")
    repair(store, checked(store), Quiet())
    assert [own.read_text() for own in store.glob("lost/*/fits/notes.txt")] == ["mine"]
    assert told(checked(store)) == []
