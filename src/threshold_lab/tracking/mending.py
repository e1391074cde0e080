"""Rows of a run, put back into the lab's own database as they were recorded; what is right is left as it is.

MLflow has no call that changes a parameter, a metric that was logged, or a run that is gone.
"""

import contextlib
import sqlite3
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from threshold_lab.errors import StoreError
from threshold_lab.tracking.home import ARTIFACTS
from threshold_lab.tracking.logged import profile_of
from threshold_lab.tracking.triggers import remove_triggers

_OF_A_RUN = ("params", "metrics", "latest_metrics")


@dataclass(frozen=True, eq=False)
class Restored:
    """A run as it was recorded: its record, tags beside that, status, and when it ended, in milliseconds."""

    run_id: str
    record: Mapping[str, Any]
    tags: Mapping[str, str]
    status: str
    ended: int


def restore(folder: Path, database: Path, run: Restored) -> None:
    """Make a run's rows what they were; other tags stay. Raises StoreError, and then nothing is changed."""
    with _written(database) as connection:
        experiment = _experiment(connection, folder, run)
        _put_pairs(connection, "tags", run.run_id, {**run.record["tags"], **run.tags})
        _put_run(connection, folder, experiment, run)
        when = connection.execute("SELECT max(timestamp) FROM metrics WHERE run_uuid = ?", (run.run_id,)).fetchone()[0]
        for table in _OF_A_RUN:
            connection.execute(f"DELETE FROM {table} WHERE run_uuid = ?", (run.run_id,))  # noqa: S608 - of _OF_A_RUN
        _put_pairs(connection, "params", run.run_id, run.record["params"])
        _put_metrics(connection, run, when or run.ended)
        _put_data(connection, experiment, run)


def set_tag(database: Path, run_id: str, name: str, value: str) -> None:
    """Put a tag on a run; an empty value takes it off. Raises StoreError."""
    with _written(database) as connection:
        connection.execute("DELETE FROM tags WHERE run_uuid = ? AND key = ?", (run_id, name))
        _put_pairs(connection, "tags", run_id, {name: value} if value else {})


def remove_rows(database: Path, run_id: str) -> None:
    """Remove what is left of a run that is gone. Raises StoreError."""
    with _written(database) as connection:
        for table in (*_OF_A_RUN, "tags"):
            connection.execute(f"DELETE FROM {table} WHERE run_uuid = ?", (run_id,))  # noqa: S608


def without_triggers(database: Path) -> list[str]:
    """Remove what changes rows behind MLflow's back; return what made each. Raises StoreError."""
    with _written(database) as connection:
        return remove_triggers(connection)


@contextlib.contextmanager
def _written(database: Path) -> Iterator[sqlite3.Connection]:
    """Have a connection all of whose changes are made, or none."""
    try:
        with contextlib.closing(sqlite3.connect(database)) as connection, connection:
            yield connection
    except sqlite3.Error as error:
        raise StoreError(f"{database} cannot be written: {error}; make it writable, or free space there") from None


def _experiment(connection: sqlite3.Connection, folder: Path, run: Restored) -> int:
    """The id of a run's experiment; of one that is gone the run may still know it."""
    name = str(run.record["experiment"])
    found = connection.execute("SELECT experiment_id FROM experiments WHERE name = ?", (name,)).fetchone()
    if found:
        connection.execute("UPDATE experiments SET lifecycle_stage = 'active' WHERE experiment_id = ?", found)
        return int(found[0])
    own = connection.execute(
        "SELECT experiment_id FROM runs WHERE run_uuid = ? "
        "AND experiment_id NOT IN (SELECT experiment_id FROM experiments)",
        (run.run_id,),
    ).fetchone()
    place = (folder.resolve() / ARTIFACTS / name).as_uri()
    made = connection.execute(
        "INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time, "
        "last_update_time) VALUES (?, ?, ?, 'active', ?, ?)",
        (own[0] if own else None, name, place, run.ended, run.ended),
    )
    return int(made.lastrowid or 0)


def _put_run(connection: sqlite3.Connection, folder: Path, experiment: int, run: Restored) -> None:
    place = f"{(folder.resolve() / ARTIFACTS / str(run.record['experiment'])).as_uri()}/{run.run_id}/artifacts"
    connection.execute(
        "INSERT OR IGNORE INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, "
        "start_time, source_version, lifecycle_stage) VALUES (?, ?, 'UNKNOWN', '', '', 'unknown', ?, ?, '', 'active')",
        (run.run_id, run.record["name"], run.status, run.ended),
    )
    connection.execute(
        "UPDATE runs SET status = ?, lifecycle_stage = 'active', deleted_time = NULL, artifact_uri = ?, "
        "experiment_id = ?, start_time = coalesce(start_time, ?), end_time = max(coalesce(end_time, ?), start_time), "
        "name = coalesce((SELECT value FROM tags WHERE run_uuid = runs.run_uuid AND key = 'mlflow.runName'), ?) "
        "WHERE run_uuid = ?",
        (run.status, place, experiment, run.ended, run.ended, run.record["name"], run.run_id),
    )


def _put_pairs(connection: sqlite3.Connection, table: str, run_id: str, pairs: Mapping[str, str]) -> None:
    rows = [(key, value, run_id) for key, value in pairs.items()]
    connection.executemany(f"INSERT OR REPLACE INTO {table} (key, value, run_uuid) VALUES (?, ?, ?)", rows)  # noqa: S608


def _put_metrics(connection: sqlite3.Connection, run: Restored, when: int) -> None:
    series = {name: {0: value} for name, value in run.record["metrics"].items()}
    series |= {name: {int(step): value for step, value in own.items()} for name, own in run.record["series"].items()}
    every = [(name, value, when, run.run_id, step) for name, own in series.items() for step, value in own.items()]
    last = [(name, own[max(own)], when, run.run_id, max(own)) for name, own in series.items()]
    for table, rows in (("metrics", every), ("latest_metrics", last)):
        connection.executemany(
            f"INSERT INTO {table} (key, value, timestamp, run_uuid, step, is_nan) VALUES (?, ?, ?, ?, ?, 0)",  # noqa: S608
            rows,
        )


def _put_data(connection: sqlite3.Connection, experiment: int, run: Restored) -> None:
    used = connection.execute(
        "SELECT input_uuid, source_id FROM inputs WHERE destination_type = 'RUN' AND destination_id = ?", (run.run_id,)
    ).fetchall()
    connection.execute("DELETE FROM inputs WHERE destination_type = 'RUN' AND destination_id = ?", (run.run_id,))
    connection.executemany("DELETE FROM input_tags WHERE input_uuid = ?", [(own,) for own, _ in used])
    if not run.record["data"]:
        return
    name, digest, kind, source, profile, tag, value = profile_of(run.record["data"], run.record["experiment"])
    own = _data_set(connection, (experiment, name, digest), [source_id for _, source_id in used])
    connection.execute(
        "UPDATE datasets SET name = ?, digest = ?, experiment_id = ?, dataset_source_type = ?, dataset_source = ?, "
        "dataset_profile = ? WHERE dataset_uuid = ?",
        (name, digest, experiment, kind, source, profile, own),
    )
    input_id = uuid.uuid4().hex
    connection.execute(
        "INSERT INTO inputs (input_uuid, source_type, source_id, destination_type, destination_id) "
        "VALUES (?, 'DATASET', ?, 'RUN', ?)",
        (input_id, own, run.run_id),
    )
    connection.execute("INSERT INTO input_tags (input_uuid, name, value) VALUES (?, ?, ?)", (input_id, tag, value))


def _data_set(connection: sqlite3.Connection, key: tuple[Any, ...], used: list[str]) -> str:
    """The id of the data set of a key: the one there is, one that was of the run and is changed, or a new one."""
    named = "SELECT dataset_uuid FROM datasets WHERE experiment_id = ? AND name = ? AND digest = ?"
    if found := connection.execute(named, key).fetchone():
        return str(found[0])
    for own in used:
        if connection.execute("SELECT 1 FROM datasets WHERE dataset_uuid = ?", (own,)).fetchone():
            return own
    new = used[0] if used else uuid.uuid4().hex
    connection.execute(
        "INSERT INTO datasets (dataset_uuid, experiment_id, name, digest, dataset_source_type, dataset_source) "
        "VALUES (?, ?, ?, ?, '', '')",
        (new, *key),
    )
    return new
