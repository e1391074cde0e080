"""Fits on disk by training key, and plans by sweep, written so that a file is whole or absent."""

import fcntl
import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from threshold_lab import durable
from threshold_lab.arrays import arrays_in, npz, plain_bytes
from threshold_lab.errors import StoreError
from threshold_lab.faults import around
from threshold_lab.fits import arrays_of, fit_of
from threshold_lab.records import Fit
from threshold_lab.signing import AFTER, require_whole, signed, signed_plan

LOCK, PARTIAL = "lock", "partial"
"""File of a store that a sweep at work holds; and folder, of what is being written: whatever is in it when a sweep
begins was left by one that died."""

FOLDERS = ("fits", "plans", PARTIAL)

MODEL = "model"
"""Array of a fit: the SHA-256 of the model that was saved with it, uint8 (32,)."""

_POLL_SECONDS = 0.2


class Store:
    """The folder of a lab: `fits/` by training key, `plans/` by sweep; `partial/`, what is being written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def create(self) -> None:
        """Make the folders. Raises StoreError where they cannot be written."""
        for name in FOLDERS:
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
            lock = (self.folder / LOCK).open("w")
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
            shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()

    # ---- fits

    def fit(self, key: str) -> Fit | None:
        """Return a stored fit, or None where there is none or its file is damaged; a damaged one is trained again."""
        try:
            return self._fit(key, plain_bytes(self._arrays(key)))
        except (StoreError, OSError, LookupError, TypeError, ValueError):
            return None

    def _fit(self, key: str, content: bytes) -> Fit:
        require_whole(key, content)
        found = arrays_in(content)
        return fit_of(key, found, self._stored_model(key, found.get(MODEL)))

    def _stored_model(self, key: str, told: Any) -> bytes | None:
        """The model of a fit. Raises StoreError where the fit tells the hash of another, OSError where it is gone."""
        path = self._model(key)
        if told is None:
            return plain_bytes(path) if path.is_file() else None
        if _sha256(model := plain_bytes(path)) != bytes(told):
            raise StoreError("its model is not the one that it was saved with")
        return model

    def save(self, *fits: Fit) -> None:
        """Write fits; the model of each first, so that a fit that is there is all there."""
        files: dict[Path, bytes] = {}
        for fit in fits:
            arrays = arrays_of(fit)
            if fit.model is not None:
                files[self._model(fit.key)] = fit.model
                arrays[MODEL] = np.frombuffer(_sha256(fit.model), np.uint8)
            files[self._arrays(fit.key)] = signed(fit.key, npz(arrays))
        self.put(files)

    def has(self, key: str) -> bool:
        """Whether a fit is stored, be it damaged or not."""
        return self._arrays(key).exists()

    def model_hash(self, key: str) -> str:
        """Return the hash of the model that a fit was saved with; empty where it tells none."""
        try:
            return bytes(arrays_in(self._arrays(key).read_bytes())[MODEL]).hex()
        except (StoreError, OSError, LookupError):
            return ""

    def _arrays(self, key: str) -> Path:
        return self.folder / "fits" / key[:2] / f"{key}.npz"

    def _model(self, key: str) -> Path:
        return self.folder / "fits" / key[:2] / f"{key}.keras"

    # ---- plans

    def plan(self, wanted: str, plan: dict[str, Any]) -> str:
        """Write a sweep's plan; return its name, the one wanted or, where that is not behind all others, one that is.

        Plans are in the order of their names, as a clock may go back.
        """
        before = max((path.stem for path in self._plans()), default="")
        name = wanted if wanted > before else _next(before)
        with _told(self.folder), around("plan"):
            self._write_plan(name, plan, before)
        return name

    def conclude(self, sweep: str, plan: dict[str, Any]) -> None:
        """Write a sweep's plan anew, with what became of it."""
        before = max((path.stem for path in self._plans() if path.stem < sweep), default="")
        self._write_plan(sweep, plan, before)

    def _write_plan(self, sweep: str, plan: dict[str, Any], before: str) -> None:
        path = self.folder / "plans" / f"{sweep}.json"
        self.put({path: signed_plan(sweep, {**plan, AFTER: before})})

    def _plans(self) -> list[Path]:
        return sorted(self.folder.glob("plans/*.json"), key=lambda path: path.stem)

    def is_planned_before(self, sweep: str) -> bool:
        """Whether a plan names another as the one before it."""
        return any(f'"{AFTER}": "{sweep}"'.encode() in path.read_bytes() for path in self._plans())

    def last_plan(self) -> tuple[dict[str, Any], bool] | None:
        """Return the newest plan and whether a sweep is at work; None where nothing was planned."""
        if not (paths := self._plans()):
            return None
        try:
            return json.loads(plain_bytes(paths[-1])), self._is_held()
        except (ValueError, RecursionError, OSError):
            raise StoreError(f"{paths[-1]} is damaged; remove it: the next sweep plans anew") from None

    def _is_held(self) -> bool:
        try:
            with (self.folder / LOCK).open() as lock:
                return not _is_ours(lock, fcntl.LOCK_SH)
        except FileNotFoundError:
            return False

    def put(self, files: Mapping[Path, bytes]) -> None:
        """Write files of this folder, each whole or not at all, in their order. Raises StoreError."""
        with _told(self.folder):
            (self.folder / PARTIAL).mkdir(parents=True, exist_ok=True)
            durable.put(files, self.folder / PARTIAL)


def _is_ours(lock: IO[str], how: int = fcntl.LOCK_EX) -> bool:
    """Take a lock if that can be done at once."""
    try:
        fcntl.flock(lock, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _next(name: str) -> str:
    """A name behind another, and before any of a later time."""
    base, _, number = name.partition("+")
    return f"{base}+{int(number or 1) + 1:04d}"


def _sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{path} cannot be written: {error.strerror}; make it writable, free space there, or name another folder "
            f"with store=FOLDER or --store FOLDER"
        ) from None
