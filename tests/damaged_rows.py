"""Random damages to the database of a store: rows that a person or a program changes, removes or adds."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np

Said = tuple[str, str]
"""What a finding has to name, and what was done."""


def a_run(store: Path, generator: random.Random) -> str:
    with closing(sqlite3.connect(store / "mlflow.db")) as database:
        runs = "SELECT run_uuid FROM runs WHERE lifecycle_stage = 'active' ORDER BY run_uuid"
        return generator.choice([own for (own,) in database.execute(runs)])


WRITER = "'lab.driver'"
"""The tag that says who wrote a run, which is no result."""


def changed(store: Path, generator: random.Random, table: str, words: str, but: str = WRITER) -> Said:
    """Change or remove a row of a table of a run that has any."""
    with closing(sqlite3.connect(store / "mlflow.db")) as database, database:
        active = "SELECT run_uuid FROM runs WHERE lifecycle_stage = 'active'"
        told = f"run_uuid IN ({active}) AND key NOT IN ({but})"
        rows = f"SELECT rowid, run_uuid FROM {table} WHERE {told} ORDER BY run_uuid, key, rowid"
        row, run_id = generator.choice(database.execute(rows).fetchall())
        key = database.execute(f"SELECT key FROM {table} WHERE rowid = ?", (row,)).fetchone()[0]
        database.execute(words, (row,))
    return run_id, f"{words.split()[0]} of {key} in {table}"


def number_changed(store: Path, generator: random.Random) -> Said:
    table = generator.choice(["metrics", "latest_metrics"])
    with closing(sqlite3.connect(store / "mlflow.db")) as database, database:
        active = "SELECT run_uuid FROM runs WHERE lifecycle_stage = 'active'"
        rows = database.execute(f"SELECT rowid, run_uuid, value FROM {table} WHERE run_uuid IN ({active})").fetchall()
        row, run_id, value = generator.choice(sorted(rows))
        new = generator.choice([float(np.nextafter(value, np.inf)), "abc"])
        database.execute(f"UPDATE {table} SET value = ? WHERE rowid = ?", (new, row))
    return run_id, f"changed a value in {table}"


def number_removed(store: Path, generator: random.Random) -> Said:
    table = generator.choice(["metrics", "latest_metrics"])
    return changed(store, generator, table, f"DELETE FROM {table} WHERE rowid = ?")


def param_changed(store: Path, generator: random.Random) -> Said:
    return changed(store, generator, "params", "UPDATE params SET value = value || '0' WHERE rowid = ?")


def param_removed(store: Path, generator: random.Random) -> Said:
    return changed(store, generator, "params", "DELETE FROM params WHERE rowid = ?")


def tag_changed(store: Path, generator: random.Random) -> Said:
    words = "UPDATE tags SET value = value || '0' WHERE rowid = ?"
    return changed(store, generator, "tags", words, f"{WRITER}, 'mlflow.note.content'")  # whose change is a note


def tag_removed(store: Path, generator: random.Random) -> Said:
    return changed(store, generator, "tags", "DELETE FROM tags WHERE rowid = ?")


def tag_added(store: Path, generator: random.Random) -> Said:
    """One that the lab would heed."""
    run_id, tag = a_run(store, generator), generator.choice(["lab.superseded", "lab.reason", "lab.alone"])
    with closing(sqlite3.connect(store / "mlflow.db")) as database, database:
        database.execute("INSERT OR REPLACE INTO tags (key, value, run_uuid) VALUES (?, 'planted', ?)", (tag, run_id))
    return run_id, f"added {tag}"


def experiment_put_away(store: Path, generator: random.Random) -> Said:
    run_id = a_run(store, generator)
    with closing(sqlite3.connect(store / "mlflow.db")) as database, database:
        its = "(SELECT experiment_id FROM runs WHERE run_uuid = ?)"
        words = f"UPDATE experiments SET lifecycle_stage = 'deleted' WHERE experiment_id = {its}"
        database.execute(words, (run_id,))
    return run_id, words


def trigger_added(store: Path, generator: random.Random) -> Said:
    table = generator.choice(["runs", "tags", "latest_metrics"])
    words = f"CREATE TRIGGER mine BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'no'); END"
    with closing(sqlite3.connect(store / "mlflow.db")) as database, database:
        database.execute(words)
    return "trigger mine", words


def run_removed(store: Path, generator: random.Random) -> Said:
    """The row alone, or all that is of the run."""
    run_id = a_run(store, generator)
    tables = generator.choice([["runs"], ["runs", "tags", "params", "metrics", "latest_metrics"]])
    with closing(sqlite3.connect(store / "mlflow.db")) as database, database:
        for table in tables:
            database.execute(f"DELETE FROM {table} WHERE run_uuid = ?", (run_id,))
    return run_id, f"removed it from {tables}"


def run_changed(store: Path, generator: random.Random) -> Said:
    run_id = a_run(store, generator)
    words = generator.choice(
        [
            "status = CASE status WHEN 'FINISHED' THEN 'FAILED' ELSE 'FINISHED' END",
            "status = 'RUNNING', end_time = NULL",
            "lifecycle_stage = 'deleted'",
            "name = name || ' '",
            "experiment_id = 0",
            "experiment_id = 99",
            "artifact_uri = 'file:///elsewhere'",
            "artifact_uri = 'file:///a/artifacts/moons/%00/artifacts'",
            "artifact_uri = 'file:///a/artifacts/../../artifacts'",
            "end_time = start_time - 1",
        ]
    )
    with closing(sqlite3.connect(store / "mlflow.db")) as database, database:
        database.execute(f"UPDATE runs SET {words} WHERE run_uuid = ?", (run_id,))
    return run_id, words


def data_set_changed(store: Path, generator: random.Random) -> Said:
    words = generator.choice(
        [
            "UPDATE datasets SET dataset_profile = replace(dataset_profile, '0.5', '0.6') WHERE dataset_uuid = ?",
            "UPDATE datasets SET digest = 'another' WHERE dataset_uuid = ?",
            "UPDATE datasets SET dataset_source = '{}' WHERE dataset_uuid = ?",
            "DELETE FROM datasets WHERE dataset_uuid = ?",
            "DELETE FROM inputs WHERE source_id = ?",
        ]
    )
    with closing(sqlite3.connect(store / "mlflow.db")) as database, database:
        (own,) = generator.choice(sorted(database.execute("SELECT dataset_uuid FROM datasets").fetchall()))
        run_id = database.execute("SELECT destination_id FROM inputs WHERE source_id = ?", (own,)).fetchone()[0]
        database.execute(words, (own,))
    return run_id, words
