"""What driver and workers hand each other on disk: splits, mapped into every process; logits, as they come; fits."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from threshold_lab.arrays import arrays_in, npz
from threshold_lab.errors import StoreError
from threshold_lab.fits import arrays_of, fit_of
from threshold_lab.records import PARTS, Fit, Part, Splits

_LARGE = 2**20
ARRAYS = tuple(field.name for field in fields(Part))


class Exchange:
    """A folder of splits by their content hash, which the driver writes, and of desks, for what workers train."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def give(self, splits: Mapping[str, Splits]) -> dict[str, Splits]:
        """Write splits, and return the same ones mapped. Raises StoreError where there is no room."""
        with _room(self.folder, "the rows to train on"):
            for own in splits.values():
                self._write(own)
        mapped = {key: dict[str, Any](taken(self.folder, key)) for key in splits}
        return {key: replace(own, **mapped[key]) for key, own in splits.items()}

    def _write(self, splits: Splits) -> None:
        folder = self.folder / splits.hash
        if folder.exists():
            return
        folder.mkdir()
        for name, part in splits.parts():
            for array in ARRAYS:
                np.save(folder / f"{name}-{array}.npy", getattr(part, array), allow_pickle=False)

    def desk(self) -> "FolderDesk":
        """Return an empty desk. Raises StoreError where there is no room."""
        with _room(self.folder, "a folder for what is trained"):
            return FolderDesk(Path(tempfile.mkdtemp(dir=self.folder)))


class FolderDesk:
    """A folder where one worker puts what it hands out of one program, and the driver finds it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def epoch(self) -> None:
        """Note one more epoch, a byte each; where there is no room for it, progress alone suffers."""
        with contextlib.suppress(OSError), self._epochs.open("ab") as file:
            file.write(b".")

    def epochs(self) -> int:
        """Return how many epochs are done."""
        return self._epochs.stat().st_size if self._epochs.exists() else 0

    def progress(self) -> list[int]:
        """Return what grows as long as a program gets on: the bytes of each file."""
        with contextlib.suppress(OSError):
            return sorted(own.stat().st_size for own in self.folder.iterdir())
        return []

    @property
    def _epochs(self) -> Path:
        return self.folder / "epochs"

    def put(self, lane: str, part: str, logits: NDArray[np.float32]) -> None:
        """Append the logits of more rows. Raises StoreError where there is no room."""
        with _room(self.folder, "the logits of what was trained"), self._file(lane, part).open("ab") as file:
            file.write(logits.tobytes())

    def lay(self, fits: Iterable[Fit]) -> None:
        """Put what a program left, but for the logits, which are there. Raises StoreError where there is no room.

        What goes through a pipe may be cut in two by a death, and then be waited for; a file is found or not.
        """
        with _room(self.folder, "what was trained"):
            for fit in fits:
                self._arrays(fit.key).write_bytes(npz(arrays_of(fit)))
                if fit.model is not None:
                    self._model(fit.key).write_bytes(fit.model)

    def take(self, keys: Iterable[str]) -> list[Fit]:
        """Return fits by their keys, large logits mapped, and clear the desk."""
        whole = [self._fit(key) for key in keys]
        self.clear()
        return whole

    def clear(self) -> None:
        """Leave nothing on the desk; what is mapped stays readable."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _fit(self, key: str) -> Fit:
        model = self._model(key).read_bytes() if self._model(key).exists() else None
        fit = fit_of(key, arrays_in(self._arrays(key).read_bytes()), model)
        return replace(fit, logits={part: self._logits(fit, part) for part in PARTS})

    def _logits(self, fit: Fit, part: str) -> NDArray[np.float32]:
        path, units = self._file(fit.key, part), fit.weights[-1].size
        flat = np.memmap(path, np.float32, "r") if _is_large(path) else np.fromfile(path, np.float32)
        return flat.reshape(-1, units)

    def _arrays(self, key: str) -> Path:
        return self.folder / f"{key}.npz"

    def _model(self, key: str) -> Path:
        return self.folder / f"{key}.keras"

    def _file(self, lane: str, part: str) -> Path:
        return self.folder / f"{lane}-{part}.float32"


@contextlib.contextmanager
def _room(folder: Path, what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{folder} cannot hold {what}: {error.strerror or error}; free space there, or name another folder with "
            f"TMPDIR=FOLDER"
        ) from None


@lru_cache(maxsize=256)
def taken(folder: Path, key: str) -> dict[str, Part]:
    """Return the parts of splits in an exchange, mapped where they are large."""
    return {name: Part(*(_loaded(folder / key / f"{name}-{array}.npy") for array in ARRAYS)) for name in PARTS}


def _loaded(path: Path) -> Any:
    return np.load(path, mmap_mode="r" if _is_large(path) else None, allow_pickle=False)


def _is_large(path: Path) -> bool:
    """Whether an array is worth a map, which holds a file open: there may be hundreds of small ones."""
    return path.stat().st_size > _LARGE
