"""Random damages to a store, each taken back afterwards: what a disk, a person or a program may do to it."""

import os
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from damaged_rows import (
    Said,
    a_run,
    data_set_changed,
    experiment_put_away,
    number_changed,
    number_removed,
    param_changed,
    param_removed,
    run_changed,
    run_removed,
    tag_added,
    tag_changed,
    tag_removed,
    trigger_added,
)

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
