"""A store that already holds thousands of runs: those of a recorded sweep over and over, each under an id of its own.

Rows go in run by run, as when they are recorded, so the pages of the database are filled the same way. To record all
takes a quarter of an hour, this half a minute.
"""

import sqlite3
import uuid
from contextlib import closing
from pathlib import Path
from shutil import copy

from threshold_lab.tracking import CELL, KEY, PARENT
from threshold_lab.tracking.home import DATABASE

_BY_RUN = ("runs", "latest_metrics", "metrics", "params", "tags")
_CELL_OF = 10  # jobs of a cell

Rows = dict[str, list[tuple]]


def crowd(store: Path, sample: Path, runs: int) -> None:
    """Make a store of as many runs out of those of another."""
    store.mkdir()
    copy(sample / DATABASE, store / DATABASE)
    with closing(sqlite3.connect(store / DATABASE)) as database, database:
        database.execute("PRAGMA cache_size = -400000")
        jobs = [run for (run,) in database.execute("SELECT run_uuid FROM tags WHERE key = ?", (KEY,))]
        stock = [(run, _rows(database, run)) for run in jobs]
        for number in range(runs - len(jobs)):
            _put(database, *stock[number % len(stock)], number)
        database.execute("DELETE FROM tags WHERE key = ?", (PARENT,))


def _rows(database: sqlite3.Connection, run: str) -> Rows:
    """All that is stored of a run, by table, but for the sweep it is below."""
    own = {table: database.execute(f"SELECT * FROM {table} WHERE run_uuid = ?", (run,)).fetchall() for table in _BY_RUN}
    own["tags"] = [row for row in own["tags"] if PARENT not in row]
    own["inputs"] = database.execute("SELECT * FROM inputs WHERE destination_id = ?", (run,)).fetchall()
    named = "SELECT input_tags.* FROM input_tags JOIN inputs USING (input_uuid) WHERE destination_id = ?"
    own["input_tags"] = database.execute(named, (run,)).fetchall()
    return own


def _put(database: sqlite3.Connection, run: str, rows: Rows, number: int) -> None:
    """Store a run again, under other ids, another key and another cell."""
    tags = dict(row[:2] for row in rows["tags"])
    (data,) = {row[0] for row in rows["input_tags"]}
    changed = {run: uuid.uuid4().hex, data: uuid.uuid4().hex}
    changed |= {tags[KEY]: f"{number:064d}", tags[CELL]: f"{number // _CELL_OF:064d}"}
    for table, own in rows.items():
        words = f"INSERT INTO {table} VALUES ({', '.join('?' * len(own[0]))})"
        database.executemany(words, [[changed.get(value, value) for value in row] for row in own])
