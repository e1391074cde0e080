"""Nothing acknowledged is lost, nothing is there twice, whatever a sweep meets; `make faults` does it at length."""

import ast
import sqlite3
import threading
from contextlib import closing

import pytest
from faulty import trials
from faulty.ground import JOBS, ground
from test_architecture import FILES

from threshold_lab import faults
from threshold_lab.errors import ConfigError
from threshold_lab.store import Store


@pytest.fixture(scope="module")
def lab():
    """Sweeps to disturb, of networks that are trained once."""
    with ground() as own:
        yield own


@pytest.fixture
def tally(lab):
    return trials.tally_of(lab)


def test_the_table_of_points_is_what_the_code_passes():
    calls = [node for path in FILES for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    named = [call.args[0].value for call in calls if getattr(call.func, "id", "") == "around"]
    assert set(named) == set(faults.AROUND)


@pytest.mark.parametrize("point", trials.points())
def test_a_kill_at_a_point_loses_nothing(lab, tally, point):
    trials.at_a_point(lab, tally, point)
    assert tally.problems == []
    assert tally.injected > 0


def test_kills_at_random_lose_nothing(lab, tally):
    trials.at_random(lab, tally, 30, seed=8)
    assert tally.problems == []
    assert tally.injected == 30


def test_an_acknowledged_job_that_is_lost_is_seen_beside_one_that_nobody_was_told_of(lab, tally):
    case = lab.case()
    told = case.sweep(point="commit.after", action="kill", job=2).acknowledged
    with closing(sqlite3.connect(case.store / "mlflow.db")) as database, database:
        runs = "SELECT run_uuid FROM tags WHERE key = 'lab.key' AND value IN (?)"
        database.execute(f"DELETE FROM runs WHERE run_uuid IN ({runs})", [*told])
    assert len(tally.after_fault(case, "lost").jobs) == len(told) == 1
    assert tally.lost == [f"lost: {key} was acknowledged" for key in told]


@pytest.mark.parametrize(("action", "code"), [("interrupt", 130), ("terminate", 143)])
def test_a_signal_ends_a_sweep_after_the_run_at_hand(lab, tally, action, code):
    case = lab.case()
    said = case.sweep(point="create.after", action=action, job=2)
    assert (said.code, len(said.acknowledged)) == (code, 2)
    assert tally.after_fault(case, action).left == []
    tally.after_recovery(case, action)
    assert tally.problems == []


def test_sweeps_at_once_wait_for_each_other_and_do_each_job_once(lab, tally):
    case = lab.case()
    crowd = case.crowd(4)
    assert [said.code for said in crowd] == [0] * 4
    assert sorted(len(said.acknowledged) for said in crowd) == [0, 0, 0, JOBS]
    assert sum(said.waiting == f"another sweep is at work in {case.store}" for said in crowd) == 3
    tally.after_recovery(case, "at once")
    assert tally.problems == []


def test_a_sweep_that_is_not_to_wait_is_refused(lab):
    case = lab.case()
    with Store(case.store).held():
        said = case.sweep(wait=False)
    assert said.code == 2
    assert "another sweep is at work in" in said.error
    assert "executor.wait=true" in said.error


def test_a_signal_ends_the_waiting(lab):
    case = lab.case()
    with Store(case.store).held():
        said = case.sweep(kill_after=1, whom="SIGINT")
    assert said.code == 130
    assert said.waiting
    assert said.acknowledged == set()


def test_readers_are_never_told_that_the_database_is_locked_nor_is_the_sweep(lab, tally):
    case, over = lab.case(), lab.folder / "over"
    case.sweep(point="commit.after", action="kill", job=1)
    orders = [case._order({}), case._order({"read": str(over)})]
    threading.Timer(5, over.touch).start()
    codes = lab.order({"crowd": orders})
    sweep, reader = (case._said(code, order) for code, order in zip(codes, orders, strict=True))
    assert (sweep.code, reader.code, reader.refused) == (0, 0, [])
    assert reader.reads > 10
    tally.after_recovery(case, "read meanwhile")
    assert tally.problems == []


def test_a_clock_that_goes_back_misleads_nobody(lab, tally):
    case = lab.case()
    case.sweep(point="commit.after", action="kill", job=1)
    assert case.sweep(clock=400 * 24 * 3600.0).code == 0
    first, second = sorted(path.stem for path in case.store.glob("plans/*.json"))
    assert second == f"{first}+0002"
    last, _ = Store(case.store).last_plan()
    assert (last["sweep"], last["after"]) == (second, first)
    tally.after_recovery(case, "clock")
    assert tally.problems == []


def test_a_full_disk_is_told_and_nothing_is_lost(lab, tally, tmp_path):
    if not trials.may_mount(tmp_path):
        pytest.skip("no file system can be mounted here")
    told = trials.disk_full(lab, tally, [0, 0.3, 0.6, 0.9])
    assert tally.problems == []
    assert all(any(word in said for word in ("No space left", "disk is full")) for said in told)


def test_a_folder_that_turned_read_only_is_told(lab, tmp_path):
    if not trials.may_mount(tmp_path):
        pytest.skip("no file system can be mounted here")
    case = lab.case()
    with trials.disk(case.store, 4096):
        trials.remount(case.store, "ro")
        said = case.sweep()
    assert said.code == 2
    assert "cannot be written: Read-only file system; make it writable" in said.error


@pytest.mark.parametrize("words", ["nowhere.before:1:kill", "commit.before:1:burn"])
def test_a_fault_that_is_none_is_refused(words):
    with pytest.raises(ConfigError, match="unknown fault"):
        faults.fault_of(words)


def test_a_fault_happens_at_its_occurrence_and_once(tmp_path):
    once = tmp_path / "once"
    try:
        for _ in range(2):
            faults.arm(faults.fault_of(f"commit.after:2:full:{once}"))
            for turn in range(3):
                try:
                    with faults.around("commit"):
                        pass
                except OSError:
                    assert turn == 1
        assert once.exists()
    finally:
        faults.arm(None)
