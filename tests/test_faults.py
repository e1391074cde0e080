"""Nothing acknowledged is lost, nothing is there twice, whatever a sweep meets; `make faults` does it at length."""

import ast
import runpy
import sqlite3
from contextlib import closing

import pytest
from faulty.disks import disk, disk_full, may_mount, remount
from faulty.ground import ground
from faulty.kills import at_a_point, at_random, points
from faulty.tally import tally_of
from faulty.trials import TRIALS
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
    return tally_of(lab)


def test_the_table_of_points_is_what_the_code_passes():
    calls = [node for path in FILES for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    named = [call.args[0].value for call in calls if getattr(call.func, "id", "") == "around"]
    assert set(named) == set(faults.AROUND)


@pytest.mark.parametrize("point", points())
def test_a_kill_at_a_point_loses_nothing(lab, tally, point):
    at_a_point(lab, tally, point)
    assert tally.problems == []
    assert tally.injected > 0


def test_kills_at_random_lose_nothing(lab, tally):
    at_random(lab, tally, 30, seed=8)
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


LONG = {"2 sweeps at once", "SIGTERM in training", "a worker killed before it trains"}
"""What differs little from another: make test-all and make faults try it too."""


@pytest.mark.parametrize("name", [pytest.param(own, marks=[pytest.mark.slow] * (own in LONG)) for own in TRIALS])
def test_nothing_else_that_a_sweep_meets_loses_anything(lab, tally, name):
    TRIALS[name](lab, tally)
    assert tally.problems == []
    assert tally.injected > 0


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


def test_a_full_disk_is_told_and_nothing_is_lost(lab, tally, tmp_path):
    if not may_mount(tmp_path):
        pytest.skip("no file system can be mounted here")
    told = disk_full(lab, tally, [0.3, 0.9])
    assert tally.problems == []
    assert all(any(word in said for word in ("No space left", "disk is full")) for said in told)
    assert [said for said in told if "free space" not in said or len(said) > 500] == []


def test_a_folder_that_turned_read_only_is_told(lab, tmp_path):
    if not may_mount(tmp_path):
        pytest.skip("no file system can be mounted here")
    case = lab.case()
    with disk(case.store, 4096):
        remount(case.store, "ro")
        said = case.sweep()
    assert said.code == 2
    assert "cannot be written: Read-only file system; make it writable" in said.error


@pytest.mark.parametrize("words", ["nowhere.before:1:kill", "commit.before:1:burn"])
def test_a_fault_that_is_none_is_refused(words):
    with pytest.raises(ConfigError, match="unknown fault"):
        faults.fault_of(words)


@pytest.mark.parametrize("words", ["foo", "commit.before:x:kill", "commit.before:0:kill", "commit.before:1", "::"])
def test_a_fault_that_cannot_be_read_is_told_by_who_would_meet_it_and_disturbs_no_other_command(words, monkeypatch):
    monkeypatch.setenv(faults.VARIABLE, words)
    with pytest.raises(ConfigError, match=r"THRESHOLD_LAB_FAULT must be POINT:OCCURRENCE:ACTION.*; got "):
        faults.of_environment()
    assert runpy.run_path(faults.__file__)["_armed"] is None


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
