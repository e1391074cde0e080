"""threshold-lab export: a run's model, with its environment, in a folder of its own."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote

from threshold_lab.errors import StoreError
from threshold_lab.report import opened
from threshold_lab.tracking.model import FOLDER


def export(run_id: str, folder: Path, store: Path) -> None:
    """Write a run's model into a new folder. Raises StoreError where there is none, or the folder cannot hold it."""
    with _told(folder):
        _require_new(folder)
    with opened(store).downloaded(run_id, FOLDER) as found, _told(folder):
        shutil.copytree(found, folder, dirs_exist_ok=True)
    print(f"The model of run {run_id} is in {folder}; requirements.txt names its libraries. Serve it on this machine:")
    print(f"  mlflow models serve -m {quote(str(folder))} --env-manager local -h 127.0.0.1 -p 5001")


def _require_new(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StoreError(f"{folder} is there already, and is not empty; name a new folder")


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(f"{folder} cannot be written: {error.strerror or error}; name another folder") from None
