"""Runs in and out of a real database; it is whole or absent, and follows its folder."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest
from sqlalchemy import create_engine

from threshold_lab.errors import StoreError
from threshold_lab.tracking import CELL, KEY, RunRecord, Runs, home


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
    assert list((folder / "mlruns").iterdir()) == []
    assert Runs(folder / "mlruns").of_cells(["cell"]) == {}


def test_a_database_keeps_in_memory_what_a_run_touches_of_a_large_one(runs, folder):
    with create_engine(home.address(folder / "mlruns")).connect() as connection:
        assert connection.exec_driver_sql("PRAGMA cache_size").scalar() == -(2**16)


def test_a_database_that_is_none_is_told(folder):
    (folder / "mlruns").mkdir()
    (folder / "mlruns" / home.DATABASE).write_bytes(b"this is not a database at all, " * 99)
    with pytest.raises(StoreError, match=r"mlflow.db cannot be read or written: .*not a database"):
        Runs(folder / "mlruns")


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
