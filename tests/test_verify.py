"""A whole store is told to be; a hundred damages of a hundred are found and named, and put right where they can be."""

import json
import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from conftest import spec
from damages import DAMAGES, damaged, folder_removed, in_the_way, param_changed
from mlflow import MlflowClient

from threshold_lab.app import main
from threshold_lab.errors import StoreError
from threshold_lab.store import Store
from threshold_lab.sweep import Place, sweep
from threshold_lab.tracking import KEY, SUMS, Database, RunRecord, RunRows, Runs
from threshold_lab.verify import Findings, repair, verify
from threshold_lab.watching import Watch

NUMBER = 100
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


class Quiet(Watch):
    """Looks on at a sweep and at a check."""

    def looking(self, at: str, done: int, total: int) -> None: ...


def moons(**changes: object):
    return spec(data={"source": "moons", "rows": 60}, network={"hidden": [4], "dropout": [0.0]}, loss="mse", **changes)


FIRST = [moons(activation=own, threshold=cut) for own in ("sigmoid", "tanh") for cut in (0.3, "youden")]
FAILING = moons(activation="softmax_1", threshold="youden")


def circle(threshold: object):
    return spec(
        data={"source": "circles", "rows": 60},
        network={"hidden": [4], "dropout": [0.0]},
        loss="mse",
        threshold=threshold,
    )


def swept(store: Path, specs, command: str):
    return sweep(specs, Place(store, 1), Quiet(), command)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """Two sweeps that share a job, a job that failed, one that stands alone, one superseded, one reproduced."""
    store = tmp_path_factory.mktemp("made") / "mlruns"
    place = Place(store, 1, studies={circle(0.5): "theirs"})
    outcome = sweep([*FIRST, FAILING, circle(0.5)], place, Quiet(), "threshold-lab sweep")
    assert len(outcome.failed) == 1
    swept(store, [FIRST[0], moons(activation="sigmoid", threshold="f1")], "threshold-lab sweep again")
    runs = Runs(store)
    runs.supersede(runs.record(RunRecord("moons", "died", {"lab.key": "0" * 64, "lab.cell": "1" * 64})))
    told = {"reproduced": "identical, 2026-01-02 03:04:05"}
    said = b'{"verdict":"identical","when":"2026-01-02 03:04:05"}'
    runs.annotate(outcome.run_ids[outcome.asked[0]], told, {"reproductions/20260102-030405.json": said})
    return store


@pytest.fixture
def store(made, tmp_path, monkeypatch) -> Path:
    """A copy, in another folder."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    return shutil.copytree(made, tmp_path / "elsewhere")


def checked(store: Path) -> Findings:
    return verify(store, Quiet())


def told(found: Findings) -> list[str]:
    return [*map(str, found.damages), *found.remarks]


# ---- what is whole


def test_a_store_that_was_moved_is_whole(store):
    found = checked(store)
    assert told(found) == []
    assert found.runs == 10
    assert found.files > 150


def test_a_sweep_whose_jobs_are_all_below_earlier_ones_is_whole(store):
    swept(store, [*FIRST[:2], circle("f1")], "threshold-lab sweep of both")
    assert told(checked(store)) == []


# ---- what is damaged


def test_a_hundred_of_a_hundred_damages_are_found_and_named(store, made):
    generator, missed = random.Random(0), []
    for number in range(NUMBER):
        with damaged(store, made, DAMAGES[number % len(DAMAGES)], generator) as (place, words):
            found = told(checked(store))
            missed += [] if any(place in own for own in found) else [(place, words, found)]
    assert missed == []
    assert told(checked(store)) == []


# ---- what is put right

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


@pytest.mark.parametrize("damage", [own for own in DAMAGES if own.__name__ in OF_ROWS], ids=lambda own: own.__name__)
def test_rows_are_put_back_as_they_were_recorded(damage, store):
    generator, before = random.Random(1), contents(store)
    for _ in range(3):
        damage(store, generator)
        found = checked(store)
        mended = repair(store, found, Quiet())
        assert (bool(found.damages), told(mended.left), mended.cannot) == (True, [], [])
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


def test_what_belongs_nowhere_is_kept_in_lost(store):
    (store / "fits" / "notes.txt").write_text("mine")
    repair(store, checked(store), Quiet())
    assert [own.read_text() for own in store.glob("lost/*/fits/notes.txt")] == ["mine"]
    assert told(checked(store)) == []


def runs_of(store: Path) -> list[RunRows]:
    return list(Database(store / "mlflow.db").runs())


def contents(store: Path) -> dict[str, object]:
    """All files but the database, and all that it holds of runs."""
    found: dict[str, object] = {
        own.relative_to(store).as_posix(): own.read_bytes()
        for own in store.rglob("*")
        if own.is_file() and own.name not in ("mlflow.db", "lock") and "lost" not in own.parts
    }
    return found | {f"run {own.run_id}": {**vars(own), "ended": 0} for own in runs_of(store)}


# ---- what cannot be judged


def test_a_check_writes_nothing_and_works_where_nothing_can_be_written(store):
    before = {own: (own.stat().st_mtime_ns, own.stat().st_size) for own in store.rglob("*")}
    assert told(checked(store)) == []
    assert {own: (own.stat().st_mtime_ns, own.stat().st_size) for own in store.rglob("*")} == before


def test_a_sweep_at_work_is_not_taken_for_a_dead_one(store):
    with closing(sqlite3.connect(store / "mlflow.db")) as database, database:
        database.execute("UPDATE runs SET status = 'RUNNING' WHERE status = 'FAILED'")
    with Store(store).held():
        assert checked(store).damages == []
        assert "a sweep is at work" in checked(store).remarks[0]
        with pytest.raises(StoreError, match="another sweep is at work"):
            repair(store, checked(store), Quiet())
    assert checked(store).damages


def test_a_run_edited_on_mlflow_s_pages_is_no_damage(store):
    own = next(each for each in runs_of(store) if each.status == "FINISHED")
    client = MlflowClient(f"sqlite:///{store / 'mlflow.db'}")
    client.set_tag(own.run_id, "mlflow.note.content", "my words")
    client.set_tag(own.run_id, "mine", "a tag")
    client.update_run(own.run_id, name="my name")
    found = checked(store)
    assert found.damages == []
    assert len(found.remarks) == 2


def test_runs_on_a_server_are_checked_through_its_calls(store, monkeypatch, capsys):
    Runs(store)  # addresses follow a copy
    own = {each.run_id: each for each in runs_of(store)}
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{store / 'mlflow.db'}")
    assert told(checked(store)) == []
    served = Runs(store).served()
    for run_id in served.ids():
        theirs = {**vars(served.rows(run_id)), "place": own[run_id].place, "elsewhere": False, "problems": []}
        assert theirs == vars(own[run_id])
    run_id, _ = param_changed(store, random.Random(0))
    assert [each.run_id for each in checked(store).damages] == [run_id]
    MlflowClient(f"sqlite:///{store / 'mlflow.db'}").delete_run(run_id)
    assert told(checked(store)) == []
    run_id, _ = folder_removed(store, random.Random(1))
    capsys.readouterr()
    assert run_id in {each.run_id for each in checked(store).damages}
    assert capsys.readouterr() == ("", "")
    with pytest.raises(StoreError, match="runs on a server are not repaired from here"):
        repair(store, checked(store), Quiet())


def test_runs_are_found_by_their_cells_as_mlflow_finds_them(store, monkeypatch):
    cells = {own.tags["lab.cell"] for own in runs_of(store) if "lab.cell" in own.tags}
    ours = Runs(store).of_cells(cells)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{store / 'mlflow.db'}")
    assert Runs(store).of_cells(cells) == ours
    assert len(ours) == 7


def test_a_number_that_is_none_ends_no_sweep_without_a_word(store):
    with closing(sqlite3.connect(store / "mlflow.db")) as database, database:
        database.execute("UPDATE latest_metrics SET value = 'abc' WHERE key = 'test_accuracy'")
    with pytest.raises(StoreError, match="metric test_accuracy is 'abc', which is no number"):
        Runs(store).of_cells({own.tags["lab.cell"] for own in runs_of(store) if "lab.cell" in own.tags})


def test_no_store_is_told(tmp_path):
    with pytest.raises(StoreError, match="there is no store at"):
        checked(tmp_path / "nowhere")


def test_the_command_says_what_it_found_and_did(store, monkeypatch, capsys):
    def said(*words: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["threshold-lab", "verify", "--store", str(store), *words])
        with pytest.raises(SystemExit) as ended:
            main()
        out = capsys.readouterr()
        return int(ended.value.code or 0), out.out + out.err

    assert said() == (0, f"10 runs and {checked(store).files} files are whole and as they were written\n")
    path = sorted(store.glob("artifacts/moons/*/artifacts/seeds.csv"))[0]
    path.unlink()
    code, words = said()
    assert code == 1
    assert f"{path.relative_to(store)}: is gone\n1 damage in " in words
    assert words.endswith(": the same command with --repair\n")
    Runs(store)
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{store / 'mlflow.db'}")
        assert said()[1].endswith("with --repair, where the server's database and files are\n")
    assert json.loads(said("--json")[1])["found"]["damages"][0]["kind"] == "file"
    code, words = said("--repair")
    assert code == 0
    assert f"repaired: {path.relative_to(store)} is as it was recorded" in words
    assert said("--store", str(store / "nowhere"))[0] == 2
