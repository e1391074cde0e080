"""Random damages to a store, each taken back afterwards: what a disk, a person or a program may do to it."""

import os
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

Said = tuple[str, str]
"""What a finding has to name, and what was done."""


Damage = Callable[[Path, random.Random], Said]


@contextmanager
def damaged(store: Path, original: Path, damage: Damage, generator: random.Random) -> Iterator[Said]:
    """Have a store, a copy of another, damaged for a while."""
    try:
        yield damage(store, generator)
    finally:
        _restore(store, original)


def _restore(store: Path, original: Path) -> None:
    """Make a copy what it was, where time or size of a file tell that it is not."""
    now, then = ({own.relative_to(folder): own for own in folder.rglob("*")} for folder in (store, original))
    for place in sorted(set(now) - set(then), reverse=True):
        now[place].rmdir() if now[place].is_dir() and not now[place].is_symlink() else now[place].unlink()
    for place, path in sorted(then.items()):
        own = store / place
        if path.is_dir() and not own.is_dir():
            own.unlink(missing_ok=True)
            own.mkdir()
        elif path.is_file() and (place not in now or _stamp(own) != _stamp(path)):
            own.rmdir() if own.is_dir() else own.unlink(missing_ok=True)
            shutil.copy2(path, own)


def _stamp(path: Path) -> tuple[int, int]:
    return path.lstat().st_mtime_ns, path.lstat().st_size


# ---- files


def files(store: Path, generator: random.Random, pattern: str = "") -> Path:
    """A file that matters, of a folder of them: each folder is as likely as the others."""
    folder = pattern or generator.choice(["artifacts", "fits", "plans"])
    dead = superseded(store)
    every = [own for own in sorted((store / folder).rglob("*")) if own.is_file() and not dead & set(own.parts)]
    return generator.choice(every)


def superseded(store: Path) -> set[str]:
    with closing(sqlite3.connect(store / "mlflow.db")) as database:
        return {own for (own,) in database.execute("SELECT run_uuid FROM runs WHERE lifecycle_stage = 'deleted'")}


def flipped(store: Path, generator: random.Random) -> Said:
    path = files(store, generator)
    content = bytearray(path.read_bytes())
    content[generator.randrange(len(content))] ^= 1 << generator.randrange(8)
    path.write_bytes(bytes(content))
    return name(store, path), "flipped a bit"


def truncated(store: Path, generator: random.Random) -> Said:
    path = files(store, generator)
    content = path.read_bytes()
    path.write_bytes(content[: generator.randrange(1, len(content))])
    return name(store, path), "truncated"


def emptied(store: Path, generator: random.Random) -> Said:
    path = files(store, generator)
    path.write_bytes(b"")
    return name(store, path), "emptied"


def removed(store: Path, generator: random.Random) -> Said:
    path = files(store, generator)
    path.unlink()
    return name(store, path), "removed"


def endless(store: Path, generator: random.Random) -> Said:
    """A pipe, or a link to a device, in a file's place."""
    path = files(store, generator)
    path.unlink()
    generator.choice([lambda: os.mkfifo(path), lambda: path.symlink_to("/dev/zero")])()
    return name(store, path), "put something without an end there"


def swapped(store: Path, generator: random.Random) -> Said:
    """Two files of one kind take each other's place."""
    folder = generator.choice(["artifacts", "fits", "plans"])
    one = files(store, generator, folder)
    others = [own for own in (store / folder).rglob(f"*{one.suffix}") if own.read_bytes() != one.read_bytes()]
    other = generator.choice(sorted(own for own in others if not superseded(store) & set(own.parts)))
    contents = one.read_bytes(), other.read_bytes()
    one.write_bytes(contents[1])
    other.write_bytes(contents[0])
    return name(store, one), f"swapped with {name(store, other)}"


def extra(store: Path, generator: random.Random) -> Said:
    path = files(store, generator)
    new = path.with_name(generator.choice([f"{path.stem} copy{path.suffix}", "notes.txt", ".tmp1234", "link"]))
    if new.name == "link":
        new.symlink_to(path)
    else:
        new.write_bytes(path.read_bytes())
    return name(store, new), "put another file there"


def left(store: Path, generator: random.Random) -> Said:
    new = store / generator.choice(
        [".tmpa1b2c3", "fits/.tmpa1b2c3", "artifacts/moons/.tmp1", "partial/tmpa1", "partial/tmpa2/0"]
    )
    new.parent.mkdir(exist_ok=True)
    new.write_bytes(b"half")
    return name(store, new).removesuffix("/0"), "left a write half done"


def in_the_way(store: Path, generator: random.Random, place: str = "") -> Said:
    """A folder where the lock has to be, or a file where a folder has to be."""
    path = store / (place or generator.choice(["lock", "fits", "plans", "partial"]))
    if path.is_file():
        path.unlink()
        path.mkdir()
    else:
        shutil.rmtree(path)
        path.write_bytes(b"mine")
    return f"{path.name}: ", "put something else there"


def orphan(store: Path, generator: random.Random) -> Said:
    new = store / "artifacts" / "moons" / f"{generator.getrandbits(128):032x}" / "artifacts" / "spec.json"
    new.parent.mkdir(parents=True)
    new.write_bytes(b"{}")
    return name(store, new.parent.parent), "put a folder of no run there"


def folder_removed(store: Path, generator: random.Random) -> Said:
    run_id = a_run(store, generator)
    shutil.rmtree(next(store.glob(f"artifacts/*/{run_id}")))
    return run_id, "removed the files of a run"


def name(store: Path, path: Path) -> str:
    return path.relative_to(store).as_posix()


# ---- the database


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


DAMAGES = [
    flipped,
    truncated,
    emptied,
    removed,
    endless,
    swapped,
    extra,
    left,
    in_the_way,
    orphan,
    folder_removed,
    number_changed,
    number_removed,
    param_changed,
    param_removed,
    tag_changed,
    tag_removed,
    tag_added,
    experiment_put_away,
    trigger_added,
    run_removed,
    run_changed,
    data_set_changed,
    flipped,
    flipped,
]
