"""Runs in and out of a real database; it is whole or absent, and follows its folder."""

import json
import shutil
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import replace

import pytest
from mlflow.exceptions import MlflowException
from sqlalchemy import create_engine

from threshold_lab import faults
from threshold_lab.errors import ConfigError, StoreError
from threshold_lab.tracking import CELL, KEY, SWEEP, Introduction, RunRecord, Runs, artifacts, home
from threshold_lab.tracking.driver import Driver, _started, this_driver
from threshold_lab.tracking.logged import NOTE
from threshold_lab.tracking.names import SUPERSEDED
from threshold_lab.tracking.patience import VARIABLE, Patient, most_patience


def record(key: str = "k", **metrics: float) -> RunRecord:
    tags = {KEY: key, CELL: "cell"}
    return RunRecord(
        "moons",
        f"run {key}",
        tags,
        {"a": 1},
        description="what it is",
        metrics={"m": 0.5} | metrics,
        series={"loss": {1: 3.0, 2: 2.0}},
        files={"f.txt": b"x", "below/g.txt": b"y"},
        data={"hash": "0123456789" * 6, "spec": {"data.source": "moons"}},
    )


@pytest.fixture
def runs(folder) -> Runs:
    (folder / "mlruns").mkdir()
    return Runs(folder / "mlruns")


def test_a_run_comes_back_by_its_cell(runs):
    run_id = runs.record(record())
    found = runs.of_cells(["cell", "other"])
    assert (found["k"].run_id, found["k"].status, found["k"].metrics["m"]) == (run_id, "FINISHED", 0.5)
    assert runs.file(run_id, "f.txt") == b"x"


def test_what_was_said_of_an_experiment_last_is_there_for_the_next_sweep(runs):
    runs.introduce("moons", Introduction("first", "one", ()))
    assert Runs(runs.folder).noted() == {}  # nothing is in it yet
    runs.record(record())
    runs.introduce("moons", Introduction("**second**", "two", ("epochs", "network.l2")))
    runs.record(record("l"))
    again = Runs(runs.folder)
    assert again.noted() == {"moons": "two"}
    own = again._client.get_experiment_by_name("moons")
    assert own.tags[NOTE].endswith("\n\n**second**")
    assert f"](./#/experiments/{own.experiment_id}/runs?" in own.tags[NOTE].split("\n")[0]
    alone = json.loads(own.tags["mlflow.sharedViewState.threshold-lab-jobs"])
    assert alone["compareRunCharts"][0]["selectedParams"] == ["activation", "loss", "epochs", "network.l2", "cut"]


def test_of_two_runs_of_a_job_the_finished_one_counts(runs):
    finished = runs.record(record())
    runs.fail(record(), "why not")
    assert runs.of_cells(["cell"])["k"].run_id == finished


def test_what_is_not_a_number_is_not_logged(runs):
    runs.record(record(nan=float("nan"), inf=float("inf")))
    assert set(runs.of_cells(["cell"])["k"].metrics) == {"m", "loss"}


def test_a_superseded_run_is_put_away(runs):
    runs.supersede(runs.fail(record(), "why not"))
    assert runs.of_cells(["cell"]) == {}


@pytest.mark.parametrize("experiment", ["moons", "my data", "größe"])
def test_a_moved_folder_takes_its_runs_along(runs, folder, experiment):
    before = runs.record(replace(record(), experiment=experiment))
    shutil.move(folder / "mlruns", folder / "moved here")
    moved = Runs(folder / "moved here")
    assert moved.file(before, "f.txt") == b"x"
    after = moved.record(replace(record("l"), experiment=experiment))
    assert (folder / "moved here" / "artifacts" / experiment / after / "artifacts" / "f.txt").exists()
    assert not (folder / "mlruns").exists()


def test_a_database_is_whole_or_absent(folder, monkeypatch):
    (folder / "mlruns").mkdir()

    def stopped(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("mlflow.MlflowClient.search_experiments", stopped)
        with pytest.raises(KeyboardInterrupt):
            home.prepare(folder / "mlruns")
    assert [path for path in (folder / "mlruns").rglob("*") if path.is_file()] == []
    assert Runs(folder / "mlruns").of_cells(["cell"]) == {}


def test_a_database_keeps_in_memory_what_a_run_touches_of_a_large_one(runs, folder):
    with create_engine(home.address(folder / "mlruns")).connect() as connection:
        assert connection.exec_driver_sql("PRAGMA cache_size").scalar() == -(2**14)


def test_a_database_that_is_none_is_told(folder):
    (folder / "mlruns").mkdir()
    (folder / "mlruns" / home.DATABASE).write_bytes(b"this is not a database at all, " * 99)
    with pytest.raises(StoreError, match=r"mlflow.db cannot be read or written: .*not a database"):
        Runs(folder / "mlruns")


@pytest.mark.parametrize(
    ("words", "mend"), [("database or disk is full", "free space there"), ("attempt to write a readonly", "writable")]
)
def test_what_a_database_refuses_is_told_with_what_to_do_and_without_what_it_was_asked(runs, words, mend):
    asked = MlflowException(f"(sqlite3.OperationalError) {words} database\n[SQL: INSERT INTO runs]\n[parameters: (1,)]")
    with pytest.raises(StoreError) as caught, runs._told():
        raise asked
    assert f"(sqlite3.OperationalError) {words} database; " in str(caught.value)
    assert mend in str(caught.value)
    assert "SQL:" not in str(caught.value)


def test_a_moved_store_that_cannot_be_written_is_read(runs, folder, monkeypatch):
    runs.record(record())
    shutil.move(folder / "mlruns", folder / "moved")
    connect = sqlite3.connect

    def read_only(*path: str, **named: object) -> sqlite3.Connection:
        connection = connect(*path, **named)
        connection.execute("PRAGMA query_only = ON")
        return connection

    monkeypatch.setattr(home.sqlite3, "connect", read_only)
    assert Runs(folder / "moved").of_cells(["cell"]).keys() == {"k"}


@pytest.mark.parametrize(("table", "column"), [("experiments", "artifact_location"), ("runs", "artifact_uri")])
def test_the_columns_that_are_rewritten_are_mlflow_s(runs, folder, table, column):
    with closing(sqlite3.connect(folder / "mlruns" / home.DATABASE)) as connection:
        assert column in {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}


@pytest.mark.parametrize("uri", ["", None])
def test_an_empty_address_is_none(folder, monkeypatch, uri):
    if uri is not None:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    assert home.address(folder) == f"sqlite:///{folder / 'mlflow.db'}"
    assert home.artifact_place(folder, "moons") == f"file://{folder}/artifacts/moons"


def test_what_a_dead_sweep_left_is_put_away_with_its_files_and_what_is_finished_stays(runs, folder):
    finished = runs.record(record())
    dying = replace(record("l"), files={"f.txt": b"x", "g.txt": b"y"}, tags={KEY: "l", CELL: "cell", SWEEP: "s"})
    with pytest.raises(StoreError, match="No space"), _fault("commit.before"):
        runs.record(dying)
    left = next(path for path in (folder / "mlruns" / "artifacts").glob("*/*") if path.name != finished)
    assert runs.of_cells(["cell"]).keys() == {"k"}
    runs.clear()
    assert not left.exists()
    assert runs.file(finished, "f.txt") == b"x"
    own = runs.run(left.name)
    assert (own.status, own.tags[SUPERSEDED]) == ("KILLED", "the process that wrote it ended")
    assert runs.of_cells(["cell"]).keys() == {"k"}


def test_files_elsewhere_are_never_removed_whatever_a_database_says(folder):
    precious = folder / "precious" / "artifacts"
    precious.mkdir(parents=True)
    artifacts.remove("precious", precious.as_uri(), folder / "mlruns")
    artifacts.remove("other", precious.as_uri(), folder)
    assert precious.exists()


HERE = Driver("host/id", "boot", "1:2", "7", "123456789", "55")


@pytest.mark.parametrize(
    ("other", "dead"),
    [
        (HERE._replace(process="987654321"), True),
        (HERE._replace(machine="elsewhere/id", boot="other"), False),
        (HERE._replace(boot="before"), True),
        (HERE._replace(store="1:3", process="999999999"), True),
        (HERE._replace(store="1:3", space="8", process="999999999"), False),
        (HERE._replace(store="1:3", process="1", started=_started("1")), False),
        (HERE._replace(store="1:3", process="1", started="12"), True),
        ("", False),
        ("one two", False),
    ],
)
def test_a_driver_is_dead_only_if_that_is_sure(other, dead):
    assert HERE.sees_dead(str(other)) is dead


def test_a_driver_is_told_as_one_word_a_field(folder):
    assert len(str(this_driver(folder)).split(" ")) == len(Driver._fields)


def test_of_two_who_finish_the_same_job_on_one_server_one_run_stays(folder, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder / 'shared.db'}")
    own, others = folder / "own", folder / "others"
    own.mkdir()
    others.mkdir()
    one, two = Runs(own), Runs(others)
    first = one.record(record())
    assert two.record(record()) == first
    assert one.of_cells(["cell"])["k"].run_id == first
    assert len(one._finished({KEY: "k"}, KEY)) == 1


def test_a_server_that_comes_back_is_waited_for_and_one_that_refuses_is_not(monkeypatch):
    monkeypatch.setattr("threshold_lab.tracking.patience._PAUSE_SECONDS", 0)
    away = ["API request failed with exception connection refused"] * 2 + ["failed with timeout exception: 120 s"]
    told, answers = [], [*map(MlflowException, away), "here"]

    class Away:
        def call(self):
            if isinstance(answer := answers.pop(0), Exception):
                raise answer
            return answer

    assert Patient(Away(), told.append).call() == "here"
    assert len(told) == 3
    assert "trying for" in told[0]
    answers.append(MlflowException("RESOURCE_DOES_NOT_EXIST: no such run"))
    with pytest.raises(MlflowException, match="no such run"):
        Patient(Away(), told.append).call()
    answers.append(MlflowException("(sqlite3.OperationalError) database or disk is full"))
    with pytest.raises(MlflowException, match="full"):
        Patient(Away(), told.append).call()
    answers.append(MlflowException("failed with exception connection refused"))
    with pytest.raises(MlflowException, match="refused"):
        Patient(Away(), None).call()
    assert len(told) == 3


@pytest.mark.parametrize("words", ["soon", "-1", "inf", "nan"])
def test_a_patience_that_is_no_time_is_refused(monkeypatch, words):
    monkeypatch.setenv(VARIABLE, words)
    with pytest.raises(ConfigError, match=f"{VARIABLE} must be a number of seconds"):
        most_patience()


def test_of_two_who_make_the_database_the_second_takes_the_first_s(folder):
    """As a reader may: nothing that was recorded meanwhile is lost."""
    (folder / "mlruns").mkdir()
    runs = Runs(folder / "mlruns")
    runs.record(record())
    home._create(folder / "mlruns" / home.DATABASE)
    assert Runs(folder / "mlruns").of_cells(["cell"]).keys() == {"k"}
    assert list((folder / "mlruns" / "partial").iterdir()) == []


@contextmanager
def _fault(point: str):
    """Have the disk be full at a point."""
    faults.arm(faults.fault_of(f"{point}:1:full"))
    try:
        yield
    finally:
        faults.arm(None)
