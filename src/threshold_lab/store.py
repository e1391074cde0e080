"""Fits on disk by training key, and plans by sweep, written so that a file is whole or absent."""

import errno
import fcntl
import io
import json
import os
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np

from threshold_lab.errors import StoreError, short
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
    TokenError,
    TypeError,
    ValueError,
)
"""What NumPy and zipfile raise on a file that is not as it was written."""


class Store:
    """The folder of a lab: `fits/` by training key, `plans/` by sweep."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def create(self) -> None:
        """Make the folders. Raises StoreError where they cannot be written."""
        for name in ("fits", "plans"):
            with _told(self.folder):
                (self.folder / name).mkdir(parents=True, exist_ok=True)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Make the folders, and be the one sweep at work in them; the lock goes with the process.

        Raises StoreError where another sweep is at work, or the folder cannot be written.
        """
        self.create()
        with _told(self.folder):
            lock = (self.folder / "lock").open("w")
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StoreError(
                    f"another sweep is at work in {self.folder} (threshold-lab status tells how far it is); wait for "
                    f"it, or name another folder with store=FOLDER"
                ) from None
            yield

    # ---- fits

    def fit(self, key: str) -> Fit | None:
        """Return a stored fit, or None where there is none or its file is damaged; a damaged one is trained again."""
        try:
            found = arrays_in(plain_bytes(self._arrays(key)))
        except (StoreError, OSError):
            return None
        layers = sum(name.startswith("weights/") for name in found)
        model = self._model(key)
        return Fit(
            key=key,
            weights=tuple(found[f"weights/{layer}"] for layer in range(layers)),
            history=_below("history/", found),
            logits=_below("logits/", found),
            model=plain_bytes(model) if model.is_file() else None,
        )

    def save(self, fit: Fit) -> None:
        """Write a fit; its model first, so that a fit that is there is all there."""
        if fit.model is not None:
            _write(self._model(fit.key), fit.model)
        arrays = {f"weights/{layer}": array for layer, array in enumerate(fit.weights)}
        arrays |= {f"history/{name}": array for name, array in fit.history.items()}
        arrays |= {f"logits/{name}": array for name, array in fit.logits.items()}
        _write(self._arrays(fit.key), npz(arrays))

    def has(self, key: str) -> bool:
        """Whether a fit is stored, be it damaged or not."""
        return self._arrays(key).exists()

    def _arrays(self, key: str) -> Path:
        return self.folder / "fits" / key[:2] / f"{key}.npz"

    def _model(self, key: str) -> Path:
        return self.folder / "fits" / key[:2] / f"{key}.keras"

    # ---- plans

    def plan(self, sweep: str, plan: dict[str, Any]) -> None:
        """Write a sweep's plan."""
        _write(self.folder / "plans" / f"{sweep}.json", json.dumps(plan).encode())

    def last_plan(self) -> tuple[dict[str, Any], bool] | None:
        """Return the newest plan and whether a sweep is at work; None where nothing was planned."""
        paths = sorted(self.folder.glob("plans/*.json"), key=lambda path: path.stat().st_mtime_ns)
        if not paths:
            return None
        try:
            return json.loads(plain_bytes(paths[-1])), self._is_held()
        except (ValueError, RecursionError, OSError):
            raise StoreError(f"{paths[-1]} is damaged; remove it: the next sweep plans anew") from None

    def _is_held(self) -> bool:
        with (self.folder / "lock").open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False


def plain_bytes(path: Path) -> bytes:
    """Return the bytes of a plain file. Raises OSError where there is none: a pipe or device would never end."""
    if not path.is_file():
        raise FileNotFoundError(errno.ENOENT, "no such file, or no plain one", str(path))
    return path.read_bytes()


def npz(arrays: dict[str, Any]) -> bytes:
    """Return arrays as the bytes of an .npz file, which `numpy.load(allow_pickle=False)` reads."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def arrays_in(content: bytes) -> dict[str, Any]:
    """Return the arrays of an .npz file. Raises StoreError where it is damaged; nothing in it is executed."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            held = sum(own.file_size for own in arrays.zip.infolist())
            if held > len(content):
                raise StoreError(
                    f"a file of arrays would unfold {len(content)} bytes to {held}, which `npz` never packs"
                )
            found = {name: arrays[name] for name in arrays.files}
    except _DAMAGED as error:
        raise StoreError(f"a file of arrays is damaged: {str(error)[:200]}") from None
    if strange := [name for name, own in found.items() if not isinstance(own, np.ndarray)]:
        raise StoreError(f"a file of arrays is damaged: {short(strange[0])} is no array")
    return found


def _below(prefix: str, arrays: dict[str, Any]) -> dict[str, Any]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def _write(path: Path, content: bytes) -> None:
    """Write a file beside its place, then put it there in one step."""
    with _told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
            try:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).replace(path)
            except OSError:
                Path(file.name).unlink()
                raise


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written: {error.strerror}; make it writable, free space there, or name another folder "
            f"with store=FOLDER"
        ) from None
