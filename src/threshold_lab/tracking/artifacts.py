"""The files of a run: written and held by the disk, or handed to a server; and removed."""

import contextlib
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlparse
from urllib.request import url2pathname

from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

from threshold_lab import durable
from threshold_lab.faults import around
from threshold_lab.tracking.home import ARTIFACTS
from threshold_lab.tracking.patience import is_away


def write(client: Any, run_id: str, place: str, files: Mapping[str, bytes]) -> None:
    """Write a run's files; where its artifacts are a folder here into that, which saves a copy of each."""
    with around("artifact"):
        if place.startswith("file://"):
            durable.write({_local(place) / name: content for name, content in files.items()})
            return
        with tempfile.TemporaryDirectory() as folder:
            durable.write({Path(folder, name): content for name, content in files.items()})
            client.log_artifacts(run_id, folder)


def download(place: str, name: str, folder: str) -> Path:
    """Copy a run's file or folder to a folder here, and return it. Raises MlflowException.

    MLflow's own client says that a file is absent also where its server is away.
    """
    try:
        return Path(get_artifact_repository(place).download_artifacts(name, folder))
    except (MlflowException, OSError) as error:
        if is_away(error):
            raise
        raise MlflowException(str(error), RESOURCE_DOES_NOT_EXIST) from None


def remove(run_id: str, place: str, folder: Path) -> None:
    """Remove the files of a run that is put away: of this folder's artifacts, or of a server's own; no others.

    An address is what a database says, and is not believed further than that.
    """
    if place.startswith("file://"):
        own = _local(place).resolve().parent
        if own.name == run_id and own.is_relative_to((folder / ARTIFACTS).resolve()):
            shutil.rmtree(own, ignore_errors=True)
    elif place.startswith("mlflow-artifacts:") and f"/{run_id}/" in place:
        with contextlib.suppress(MlflowException):
            get_artifact_repository(place).delete_artifacts()


def _local(place: str) -> Path:
    return Path(url2pathname(urlparse(place).path))
