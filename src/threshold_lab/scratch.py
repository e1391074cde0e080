"""A place for all temporary files, which outlives no process for long: what a dead one left, the next one removes."""

import contextlib
import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO

from threshold_lab.errors import StoreError

_PREFIX, _NAME = "threshold-lab-", re.compile(r"threshold-lab-\w{8}")
_HELD, _VARIABLE = "held", "TMPDIR"


class Scratch:
    """A temporary folder, held by a lock that goes with this process, where it and those it starts put theirs.

    Raises StoreError where there is no room.
    """

    def __init__(self) -> None:
        self._before = tempfile.tempdir, os.environ.get(_VARIABLE)
        with room():
            self.folder, self._lock = _made()
            below = self.folder / "temporary"
            below.mkdir()
        tempfile.tempdir = os.environ[_VARIABLE] = str(below)

    def __enter__(self) -> Path:
        return self.folder

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove the folder, and put temporary files where they were put before."""
        tempfile.tempdir, before = self._before
        if before is None:
            os.environ.pop(_VARIABLE, None)
        else:
            os.environ[_VARIABLE] = before
        _remove(self.folder)
        self._lock.close()


def clear() -> None:
    """Remove the folders of this user that no process holds."""
    with contextlib.suppress(OSError):
        for folder in Path(tempfile.gettempdir()).iterdir():
            if _NAME.fullmatch(folder.name):
                with contextlib.suppress(OSError):
                    _clear(folder)


def _made() -> tuple[Path, IO[bytes]]:
    """Make a folder and hold it; if `clear` of another process was quicker, make another."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        with contextlib.suppress(FileNotFoundError):
            lock = (folder / _HELD).open("wb")
            fcntl.flock(lock, fcntl.LOCK_EX)
            if folder.exists():
                return folder, lock
            lock.close()


def _clear(folder: Path) -> None:
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        return
    if not any(folder.iterdir()):
        folder.rmdir()
        return
    with (folder / _HELD).open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _remove(folder)


def _remove(folder: Path) -> None:
    """Remove a folder, what it is held by last: one whose removal is cut off is still known for what it is."""
    for own in folder.iterdir():
        if own.is_dir() and not own.is_symlink():
            shutil.rmtree(own, ignore_errors=True)
        elif own.name != _HELD:
            own.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def room(*others: type[Exception]) -> Iterator[None]:
    """Tell as StoreError, with what to do, that temporary files have no room. others: what else may say so."""
    kinds: tuple[type[Exception], ...] = (OSError, *others)
    try:
        yield
    except kinds as error:
        why = getattr(error, "strerror", None) or error
        raise StoreError(
            f"no room for temporary files: {why}; free space, or name another place with TMPDIR=FOLDER"
        ) from None
