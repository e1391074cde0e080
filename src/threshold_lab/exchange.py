"""Splits on disk, mapped into every process that trains on them instead of copied into each."""

from collections.abc import Mapping
from dataclasses import fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from threshold_lab.errors import StoreError
from threshold_lab.records import PARTS, Part, Splits

_LARGE = 2**20
ARRAYS = tuple(field.name for field in fields(Part))


class Exchange:
    """A folder of splits by their content hash, which the driver writes and workers read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def give(self, splits: Mapping[str, Splits]) -> dict[str, Splits]:
        """Write splits, and return the same ones mapped. Raises StoreError where there is no room."""
        try:
            for own in splits.values():
                self._write(own)
        except OSError as error:
            raise StoreError(
                f"{self.folder} cannot hold the rows to train on: {error.strerror or error}; free space there, "
                f"or name another folder with TMPDIR=FOLDER"
            ) from None
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


@lru_cache(maxsize=256)
def taken(folder: Path, key: str) -> dict[str, Part]:
    """Return the parts of splits in an exchange, mapped."""
    return {name: Part(*(_mapped(folder / key / f"{name}-{array}.npy") for array in ARRAYS)) for name in PARTS}


def _mapped(path: Path) -> Any:
    """An array, mapped where it is large; a map holds a file open, and there may be hundreds of small ones."""
    large = path.stat().st_size > _LARGE
    return np.load(path, mmap_mode="r" if large else None, allow_pickle=False)
