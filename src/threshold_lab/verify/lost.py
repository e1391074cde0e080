"""What belongs nowhere in a store: moved out of the way, and kept."""

import time
from collections.abc import Iterator
from pathlib import Path

from threshold_lab.errors import StoreError

LOST = "lost"
"""Folder of a store for what belongs nowhere in it."""


def to_lost(folder: Path, path: Path) -> Iterator[str]:
    """Move a file or a folder of a store, keeping its place, to the folder of what is lost; yield what was done.

    Raises StoreError where it cannot be moved.
    """
    if not path.exists() and not path.is_symlink():
        return
    place = folder / LOST / time.strftime("%Y%m%d-%H%M%S") / path.relative_to(folder)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        while place.exists() or place.is_symlink():
            place = place.with_name(f"{place.name}~")
        path.rename(place)
    except OSError as error:
        raise StoreError(f"{path} cannot be moved to {place}: {error.strerror}; make the store writable") from None
    if path.parent not in (folder, folder / "plans") and not any(path.parent.iterdir()):
        path.parent.rmdir()
    yield f"{path.relative_to(folder)} is moved to {place.relative_to(folder)}"
