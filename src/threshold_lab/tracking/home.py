"""Where runs are: the lab's own SQLite database, which is whole or absent and follows its folder, or any address."""

import contextlib
import os
import re
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from threshold_lab import durable
from threshold_lab.faults import around
from threshold_lab.store import PARTIAL

DATABASE, ARTIFACTS = "mlflow.db", "artifacts"
_DATABASES = ("sqlite", "postgresql", "mysql", "mssql")
_CACHE = 2**14
"""KiB of a SQLite database that a connection of this process keeps in memory. MLflow indexes by name first, and run
ids are random, so a run touches pages all over them; SQLite's own 2 MB are written out, and waited for, in the middle
of a run. More than this saves nothing, of 10,000 runs either."""

_MENDS = {
    "disk is full": "free space there",
    "No space left": "free space there",
    "readonly database": "make it writable",
    "Read-only file system": "make it writable",
    "Permission denied": "make it writable",
}


@event.listens_for(Engine, "connect")
def _remember_pages(connection: Any, _record: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.execute(f"PRAGMA cache_size = -{_CACHE}")


def own_database(folder: Path) -> Path | None:
    """Return the lab's own database in a folder; None where MLFLOW_TRACKING_URI says that runs are elsewhere."""
    return None if os.environ.get("MLFLOW_TRACKING_URI") else folder.resolve() / DATABASE


def address(folder: Path) -> str:
    """Return MLFLOW_TRACKING_URI, or the address of the lab's own database."""
    return os.environ.get("MLFLOW_TRACKING_URI") or sqlite_address(folder.resolve() / DATABASE)


def shown(address: str) -> str:
    """Return an address, or words that hold one, without its password or token."""
    hidden = re.sub(r"(://[^/@:\s]*):\S*@", r"\1:***@", address)
    return re.sub(r"(?i)((?:password|passwd|pwd|token|secret|key)=)[^&\s]*", r"\1***", hidden)


def told(error: Exception) -> str:
    """Return what an error says and what to do, but not what a database was asked: that is long, and holds values."""
    words = shown(str(error).partition("[SQL:")[0].strip())
    return "; ".join([words, *dict.fromkeys(mend for said, mend in _MENDS.items() if said in words)])


def sqlite_address(database: Path) -> str:
    """Return a database's address as MLflow has it."""
    return f"sqlite:///{database}"


def artifact_place(folder: Path, experiment: str) -> str | None:
    """Return where an experiment keeps its artifacts; None where a server decides."""
    database = address(folder).startswith(_DATABASES)
    return (folder.resolve() / ARTIFACTS / experiment).as_uri() if database else None


def prepare(folder: Path) -> None:
    """Make the lab's own database where there is none, and let the addresses in it follow a folder that was moved."""
    database = own_database(folder)
    if database is None:
        return
    if not database.exists():
        with around("database"):
            _create(database)
    _follow(database, (folder.resolve() / ARTIFACTS).as_uri())


def _create(database: Path) -> None:
    """Make it beside its place, then put it there in one step: half a migration is no database.

    A link, not a rename: of two that make one, the second is not to take the place of the first, which may have runs.
    """
    from mlflow import MlflowClient  # noqa: PLC0415 - after `runs` has set MLflow's environment

    beside = database.parent / PARTIAL
    beside.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=beside, ignore_cleanup_errors=True) as place:
        new = Path(place, DATABASE)
        MlflowClient(sqlite_address(new)).search_experiments()
        durable.sync([new])
        with contextlib.suppress(FileExistsError):
            os.link(new, database)
        durable.sync([database.parent])


def _follow(database: Path, artifacts: str) -> None:
    """Rewrite the folder in artifact addresses, which MLflow stores whole and offers no call to change.

    Not where nobody may write: there is enough to be read without them.
    """
    with _unless_read_only(), contextlib.closing(sqlite3.connect(database)) as connection, connection:
        for (location,) in connection.execute("SELECT artifact_location FROM experiments").fetchall():
            before = str(location).rpartition("/")[0]
            if before == artifacts or not before.endswith(f"/{ARTIFACTS}"):
                continue
            moved = (artifacts, len(before) + 1, f"{location}%")
            connection.execute(
                "UPDATE experiments SET artifact_location = ? || substr(artifact_location, ?) "
                "WHERE artifact_location LIKE ?",
                moved,
            )
            connection.execute(
                "UPDATE runs SET artifact_uri = ? || substr(artifact_uri, ?) WHERE artifact_uri LIKE ?", moved
            )


@contextlib.contextmanager
def _unless_read_only() -> Iterator[None]:
    """Leave undone what a database that cannot be written refuses."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_READONLY:
            raise
