"""A whole store is told to be; a hundred damages of a hundred are found and named."""

import json
import random
import sqlite3
from contextlib import closing

import pytest
from damages import DAMAGES, damaged, folder_removed, param_changed
from mlflow import MlflowClient
from verified import FIRST, Quiet, checked, circle, copied, runs_of, swept, the_store, told

from threshold_lab.app import main
from threshold_lab.errors import StoreError
from threshold_lab.store import Store
from threshold_lab.tracking import Runs
from threshold_lab.verify import repair

NUMBER = 100


made = pytest.fixture(scope="module")(the_store)
store = pytest.fixture(copied)


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
