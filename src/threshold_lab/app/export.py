"""threshold-lab export: a run's model, with its environment, in a folder of its own."""

import shutil
from pathlib import Path

from threshold_lab.errors import StoreError
from threshold_lab.report import opened
from threshold_lab.tracking.model import FOLDER


def export(run_id: str, folder: Path, store: Path) -> None:
    """Write a run's model into a new folder. Raises StoreError where there is none, or the folder holds something."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StoreError(f"{folder} is there already, and is not empty; name a new folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with opened(store).downloaded(run_id, FOLDER) as found:
        shutil.copytree(found, folder, dirs_exist_ok=True)
    print(f"The model of run {run_id} is in {folder}; requirements.txt names its libraries. Serve it on this machine:")
    print(f"  mlflow models serve -m {folder} --env-manager local -h 127.0.0.1 -p 5001")
