"""What a store holds, read without the lab: SQLite, files and hashes alone."""

import hashlib
import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

OF_A_RUN = ("provenance.json", "record.json", "model/")
"""Files that hold times, or names of a sweep, of their own."""

_RUNS = """
SELECT run_uuid, status, lifecycle_stage, artifact_uri,
    (SELECT value FROM tags WHERE tags.run_uuid = runs.run_uuid AND key = 'lab.key'),
    (SELECT value FROM tags WHERE tags.run_uuid = runs.run_uuid AND key = 'mlflow.parentRunId'),
    (SELECT value FROM tags WHERE tags.run_uuid = runs.run_uuid AND key = 'lab.superseded')
FROM runs"""


@dataclass
class Found:
    """A store as it is: finished jobs by key, with what they hold; and what is wrong."""

    jobs: dict[str, dict] = field(default_factory=dict)
    sums: int = 0
    runs: int = 0
    failed: int = 0
    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    def note(self, run_id: str, status: str, stage: str, superseded: str | None) -> None:
        """Take note of a run's state, and of what is wrong with it."""
        if stage == "active" and status in ("RUNNING", "SCHEDULED"):
            self.left.append(f"run {run_id} is {status}")
        if stage != "active" and not (superseded and status == "KILLED"):
            self.wrong.append(f"run {run_id}, put away, is {status}: {superseded}")
        self.failed += stage == "active" and status == "FAILED"


def found(store: Path) -> Found:
    """Read a store; say what in it does not hold together."""
    own = Found()
    if not (store / "mlflow.db").exists():
        return own
    with closing(sqlite3.connect(store / "mlflow.db")) as database:
        database.execute("PRAGMA busy_timeout = 10000")
        if (said := database.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
            own.wrong.append(f"database: {said}")
        if keys := database.execute("PRAGMA foreign_key_check").fetchall():
            own.wrong.append(f"database: {keys}")
        rows = database.execute(_RUNS).fetchall()
        own.runs = len(rows)
        folders = set()
        for run_id, status, stage, place, key, parent, superseded in rows:
            own.note(run_id, status, stage, superseded)
            if stage != "active" or status not in ("FINISHED", "FAILED"):
                continue
            folder = _folder(store, place)
            folders.add(folder.parent)
            if status == "FINISHED" and key is None:
                own.sums += 1
            elif status == "FINISHED" and key in own.jobs:
                own.duplicated.append(key)
            elif status == "FINISHED":
                own.jobs[key] = _held(database, run_id, folder, own) | {"parent": parent}
    there = set((store / "artifacts").glob("*/*"))
    own.left += [f"artifacts of no run: {path}" for path in there - folders]
    own.left += [str(path) for path in (store / "partial").glob("*")]
    return own


def _folder(store: Path, place: str) -> Path:
    """The folder of an artifact address; a server's own is beside its database."""
    served = "mlflow-artifacts:/"
    return store / "artifacts" / place.removeprefix(served) if place.startswith(served) else Path(place[7:])


def _held(database: sqlite3.Connection, run_id: str, folder: Path, own: Found) -> dict:
    """What a run holds that no other sweep may change; its files are what their hashes say."""
    tags = dict(database.execute("SELECT key, value FROM tags WHERE run_uuid = ?", (run_id,)))
    metrics = dict(database.execute("SELECT key, value FROM latest_metrics WHERE run_uuid = ?", (run_id,)))
    history = "SELECT key, step, value FROM metrics WHERE run_uuid = ? ORDER BY key, step"
    params = dict(database.execute("SELECT key, value FROM params WHERE run_uuid = ?", (run_id,)))
    hashes = folder / "hashes.json"
    if not hashes.exists() or _sha(hashes) != tags["lab.files"]:
        own.wrong.append(f"run {run_id}: hashes.json")
        return {}
    named = json.loads(hashes.read_text())
    bad = [name for name, sha in named.items() if name != "numbers" and _sha(folder / name) != sha]
    own.wrong += [f"run {run_id}: {name}" for name in bad]
    return {
        "tags": {name: tags[name] for name in ("lab.weights", "lab.scores", "lab.cell", "data", "engine", "threshold")},
        "metrics": metrics,
        "history": database.execute(history, (run_id,)).fetchall(),
        "params": {name: value for name, value in params.items() if name != "store"},
        "files": {name: sha for name, sha in named.items() if not name.startswith(OF_A_RUN)},
        "inputs": database.execute("SELECT count(*) FROM inputs WHERE destination_id = ?", (run_id,)).fetchone(),
    }


def _sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


def compare(own: Found, control: Found) -> None:
    """Note every job that differs from the undisturbed one's in any bit; its parent aside."""
    for key, held in own.jobs.items():
        theirs = control.jobs.get(key, {})
        own.wrong += [f"{key[:8]}: {name}" for name in theirs if name != "parent" and held.get(name) != theirs[name]]
    own.wrong += [key[:8] for key in own.jobs.keys() - control.jobs.keys()]
