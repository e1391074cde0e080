"""Fits on disk by training key, and plans by sweep, written so that a file is whole or absent."""

import fcntl
import io
import json
import shutil
import struct
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from threshold_lab import durable
from threshold_lab.errors import StoreError
from threshold_lab.faults import around
from threshold_lab.records import Fit

_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)
"""What NumPy and zipfile raise on a file that is not as it was written."""


PARTIAL = "partial"
"""Folder of a store, of what is being written; whatever is in it when a sweep begins was left by one that died."""

_POLL_SECONDS = 0.2


class Store:
    """The folder of a lab: `fits/` by training key, `plans/` by sweep; `partial/`, what is being written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def create(self) -> None:
        """Make the folders. Raises StoreError where they cannot be written."""
        for name in ("fits", "plans", PARTIAL):
            with _told(self.folder):
                (self.folder / name).mkdir(parents=True, exist_ok=True)

    @contextmanager
    def held(self, wait: Callable[[], None] | None = None) -> Iterator[None]:
        """Make the folders, and be the one sweep at work in them; the lock goes with the process.

        wait: called several times a second while another sweep is at work; what it raises ends the waiting.
        Raises StoreError where another sweep is at work and wait is None, or the folder cannot be written.
        """
        self.create()
        with _told(self.folder):
            lock = (self.folder / "lock").open("w")
        with lock:
            with around("claim"):
                self._claim(lock, wait)
            with around("clear"), _told(self.folder):
                self._clear()
            yield

    def _claim(self, lock: IO[str], wait: Callable[[], None] | None) -> None:
        while not _is_ours(lock):
            if wait is None:
                raise StoreError(
                    f"another sweep is at work in {self.folder} (threshold-lab status tells how far it is); wait for "
                    f"it (executor.wait=true), or name another folder with store=FOLDER"
                )
            wait()
            time.sleep(_POLL_SECONDS)

    def _clear(self) -> None:
        """Remove what sweeps that died were writing."""
        for left in (self.folder / PARTIAL).iterdir():
            shutil.rmtree(left)

    # ---- fits

    def fit(self, key: str) -> Fit | None:
        """Return a stored fit, or None where there is none or its file is damaged; a damaged one is trained again."""
        try:
            found = arrays_in(self._arrays(key).read_bytes())
        except (StoreError, OSError):
            return None
        layers = sum(name.startswith("weights/") for name in found)
        model = self._model(key)
        return Fit(
            key=key,
            weights=tuple(found[f"weights/{layer}"] for layer in range(layers)),
            history=_below("history/", found),
            logits=_below("logits/", found),
            model=model.read_bytes() if model.exists() else None,
        )

    def save(self, *fits: Fit) -> None:
        """Write fits; the model of each first, so that a fit that is there is all there."""
        files: dict[Path, bytes] = {}
        for fit in fits:
            files |= {} if fit.model is None else {self._model(fit.key): fit.model}
            arrays = {f"weights/{layer}": array for layer, array in enumerate(fit.weights)}
            arrays |= {f"history/{name}": array for name, array in fit.history.items()}
            arrays |= {f"logits/{name}": array for name, array in fit.logits.items()}
            files[self._arrays(fit.key)] = npz(arrays)
        self._put(files)

    def has(self, key: str) -> bool:
        """Whether a fit is stored, be it damaged or not."""
        return self._arrays(key).exists()

    def _arrays(self, key: str) -> Path:
        return self.folder / "fits" / key[:2] / f"{key}.npz"

    def _model(self, key: str) -> Path:
        return self.folder / "fits" / key[:2] / f"{key}.keras"

    # ---- plans

    def plan(self, sweep: str, plan: dict[str, Any]) -> str:
        """Write a sweep's plan; return its name, which no earlier one has: the one given, numbered where that is taken.

        Plans are numbered, as a clock may go back.
        """
        paths = self._plans()
        number = 1 + (_number(paths[-1])[0] if paths else 0)
        taken = any(path.name.split(".")[0] == sweep for path in paths)
        name = f"{sweep}-{number}" if taken else sweep
        with _told(self.folder), around("plan"):
            self._put({self.folder / "plans" / f"{name}.{number}.json": json.dumps(plan).encode()})
        return name

    def _plans(self) -> list[Path]:
        return sorted(self.folder.glob("plans/*.json"), key=_number)

    def last_plan(self) -> tuple[dict[str, Any], bool] | None:
        """Return the newest plan and whether a sweep is at work; None where nothing was planned."""
        if not (paths := self._plans()):
            return None
        try:
            return json.loads(paths[-1].read_bytes()), self._is_held()
        except ValueError:
            raise StoreError(f"{paths[-1]} is damaged; remove it: the next sweep plans anew") from None

    def _is_held(self) -> bool:
        with (self.folder / "lock").open() as lock:
            return not _is_ours(lock, fcntl.LOCK_SH)

    def _put(self, files: Mapping[Path, bytes]) -> None:
        with _told(self.folder):
            durable.put(files, self.folder / PARTIAL)


def _is_ours(lock: IO[str], how: int = fcntl.LOCK_EX) -> bool:
    """Take a lock if that can be done at once."""
    try:
        fcntl.flock(lock, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _number(plan: Path) -> tuple[int, int]:
    """What plans are ordered by: NAME.NUMBER.json; those of an earlier version have no number, only their time."""
    number = plan.stem.rpartition(".")[2]
    return (int(number) if number.isdigit() and "." in plan.stem else 0, plan.stat().st_mtime_ns)


def npz(arrays: dict[str, Any]) -> bytes:
    """Return arrays as the bytes of an .npz file, which `numpy.load(allow_pickle=False)` reads."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def arrays_in(content: bytes) -> dict[str, Any]:
    """Return the arrays of an .npz file. Raises StoreError where it is damaged; nothing in it is executed."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except _DAMAGED as error:
        raise StoreError(f"a file of arrays is damaged: {str(error)[:200]}") from None


def _below(prefix: str, arrays: dict[str, Any]) -> dict[str, Any]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written: {error.strerror}; make it writable, free space there, or name another folder "
            f"with store=FOLDER"
        ) from None
