"""Triggers in the lab's own database: MLflow makes none on what holds runs, and one there changes what is recorded."""

import sqlite3
from collections.abc import Mapping

_TABLES = (
    "experiments",
    "runs",
    "tags",
    "params",
    "metrics",
    "latest_metrics",
    "datasets",
    "inputs",
    "input_tags",
)


def triggers_of(connection: sqlite3.Connection) -> Mapping[str, str]:
    """Return the triggers on tables of runs: by name, what made each."""
    found = connection.execute("SELECT name, lower(tbl_name), sql FROM sqlite_master WHERE type = 'trigger'")
    return {str(name): str(words) for name, table, words in found if table in _TABLES}


def remove_triggers(connection: sqlite3.Connection) -> list[str]:
    """Remove the triggers on tables of runs; return what made each, so that nothing is lost."""
    found = triggers_of(connection)
    for name in found:
        connection.execute('DROP TRIGGER "{}"'.format(name.replace('"', '""')))
    return list(found.values())
