"""Runs in and out."""

import json
import logging
import os
import re
import sqlite3
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import url2pathname

import numpy as np

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")

from alembic.util.exc import CommandError
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, Run, RunTag
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from threshold_lab.errors import StoreError, short
from threshold_lab.tracking import view
from threshold_lab.tracking.entities import RunRecord, StoredRun
from threshold_lab.tracking.home import ARTIFACTS, address, artifact_place, own_database, prepare, shown
from threshold_lab.tracking.names import CELL, KEY, KIND, PARENT, REASON, RUN_ID, SWEEP
from threshold_lab.tracking.within import own_file, own_folder

_OF_EXPERIMENTS = {
    "mlflow.experimentKind": "custom_model_development",  # without it MLflow opens its view for language models
    **view.tags(),
}
_NOTE = "mlflow.note.content"
_ID = re.compile(r"[0-9a-f]{32}")

_BATCH = 1000
_PARAMS = 100
_LARGEST = 2**28

for _name in ("alembic", "mlflow.store.db.utils", "mlflow.tracking"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class Runs:
    """The runs of a lab, in its folder or wherever MLFLOW_TRACKING_URI says."""

    shown = True

    def __init__(self, folder: Path, about: str = "") -> None:
        """Open the database, making it where there is none; about: what an experiment is. Raises StoreError."""
        self.about = about
        self.address = shown(address(folder))
        self.folder = folder
        with self._told():
            prepare(folder)
            self._client = MlflowClient(address(folder))
            self._experiments = {found.name: found.experiment_id for found in self._client.search_experiments()}
            self._known: set[str] = set()

    def of_cells(self, cells: Iterable[str]) -> dict[str, StoredRun]:
        """Return the run of each job by its key; of several, the finished one."""
        found: dict[str, StoredRun] = {}
        with self._told():
            for run in (run for cell in cells for run in self._search(f"tags.`{CELL}` = '{cell}'")):
                if run.key not in found or run.status == "FINISHED":
                    found[run.key] = run
        return found

    def record(self, record: RunRecord) -> str:
        """Write one finished run and return its id. A run that is FINISHED is whole."""
        with self._told():
            run_id, place = self._created(record)
            self._log_files(run_id, place, record.files)
            self._log_numbers(run_id, record)
            self._log_data(run_id, record)
            self._client.set_terminated(run_id, "FINISHED")
            return run_id

    def fail(self, record: RunRecord, reason: str) -> str:
        """Write a run that has no result, and why."""
        with self._told():
            run_id, _ = self._created(record)
            self._log_numbers(run_id, record)
            self._client.set_tag(run_id, REASON, reason)
            self._client.set_terminated(run_id, "FAILED")
            return run_id

    def adopt(self, parent: str, children: Iterable[StoredRun]) -> None:
        """Put runs below another, on MLflow's pages; one that is below a run stays there."""
        with self._told():
            for child in children:
                if PARENT not in child.tags:
                    self._client.set_tag(child.run_id, PARENT, parent)

    def supersede(self, run_id: str) -> None:
        """Put away a run that died while it was recorded, or failed and is tried again."""
        with self._told():
            self._client.set_terminated(run_id, "KILLED")
            self._client.delete_run(run_id)

    def run(self, run_id: str) -> StoredRun:
        """Return a run by its id. Raises StoreError."""
        _require_id(run_id)
        with self._told():
            return _stored(self._client.get_run(run_id))

    def of_sweep(self, name: str) -> list[StoredRun]:
        """Return the runs a sweep recorded, by its name: its jobs', and what sums it up. Raises StoreError."""
        with self._told():
            return sorted(self._search(f"tags.`{SWEEP}` = '{name}'"), key=lambda own: own.key)

    def history(self, run_id: str, name: str) -> dict[int, float]:
        """Return a metric of a run at each of its steps. Raises StoreError."""
        with self._told():
            return {own.step: own.value for own in self._client.get_metric_history(run_id, name)}

    def file(self, run_id: str, name: str, most: int = _LARGEST) -> bytes:
        """Return the bytes of a run's artifact. Raises StoreError, also where it has more than `most` bytes."""
        with self.downloaded(run_id, name) as path:
            if (size := path.stat().st_size) > most:
                raise StoreError(f"{name} of run {run_id} has {size} bytes, more than the {most} that are read")
            return path.read_bytes()

    def annotate(self, run_id: str, tags: Mapping[str, str], files: Mapping[str, bytes]) -> None:
        """Add to a run what was found out about it later. Raises StoreError."""
        with self._told():
            self._log_files(run_id, str(self._client.get_run(run_id).info.artifact_uri), files)
            for name, value in tags.items():
                self._client.set_tag(run_id, name, value)

    @contextmanager
    def downloaded(self, run_id: str, name: str) -> Iterator[Path]:
        """Have an artifact, a file or a folder, on this machine for a while. Raises StoreError."""
        _require_id(run_id)
        with self._told():
            if own_database(self.folder):
                place = self._client.get_run(run_id).info.artifact_uri
                yield own_file(own_folder(str(place), self.folder.resolve() / ARTIFACTS), name)
                return
            with tempfile.TemporaryDirectory() as folder:
                yield Path(str(self._client.download_artifacts(run_id, name, folder)))

    def pages(self, address: str) -> list[str]:
        """Return, on MLflow's pages at an address, those of the experiment recorded last: its jobs grouped, and alone;
        and of the run that sums up a sweep of it, where there is one. Raises StoreError.
        """
        with self._told():
            found = self._newest(list(self._experiments.values()), f"tags.`{KEY}` LIKE '%'")
            own = found.info.experiment_id if found else next(iter(self._experiments.values()))
            sums = self._newest([own], f"tags.`{KIND}` = 'sweep'")
            views = [view.page(address, own, name) for name in (view.GROUPED, view.ALONE)]
            return [*views, *([view.files(address, own, sums.info.run_id)] if sums else [])]

    def _newest(self, experiments: list[str], words: str) -> Run | None:
        found = self._client.search_runs(experiments, words, max_results=1, order_by=["attributes.end_time DESC"])
        return found[0] if found else None

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (MlflowException, SQLAlchemyError, CommandError, sqlite3.Error, OSError) as error:
            raise StoreError(
                f"the runs at {self.address} cannot be read or written: {shown(str(error))}; what is recorded stays, "
                f"and the same command goes on from there"
            ) from None

    def _search(self, words: str) -> Iterable[StoredRun]:
        token, experiments = None, list(self._experiments.values())
        while token != "":
            page = self._client.search_runs(experiments, words, max_results=_BATCH, page_token=token)
            token = page.token or ""
            yield from map(_stored, page)

    def _experiment(self, name: str) -> str:
        if name not in self._experiments:
            self._experiments[name] = self._client.create_experiment(name, artifact_place(self.folder, name))
        if name not in self._known:
            self._known.add(name)
            for tag, value in (_OF_EXPERIMENTS | {_NOTE: self.about}).items():
                self._client.set_experiment_tag(self._experiments[name], tag, value)
        return str(self._experiments[name])

    def _created(self, record: RunRecord) -> tuple[str, str]:
        """The id of a new run, and the address of its artifacts."""
        experiment = self._experiment(record.experiment)
        info = self._client.create_run(experiment, tags=dict(record.tags), run_name=record.name).info
        return str(info.run_id), str(info.artifact_uri)

    def _log_numbers(self, run_id: str, record: RunRecord) -> None:
        now = int(time.time() * 1000)
        numbers = [Metric(name, value, now, 0) for name, value in record.metrics.items() if np.isfinite(value)]
        numbers += [
            Metric(name, float(value), now, step)
            for name, series in record.series.items()
            for step, value in series.items()
        ]
        params = [Param(name, str(value)) for name, value in record.params.items()]
        tags = [RunTag(_NOTE, record.description.replace(RUN_ID, run_id))] if record.description else []
        for start in range(0, max(len(numbers), 1), _BATCH - _PARAMS - 1):
            batch = numbers[start : start + _BATCH - _PARAMS - 1]
            beside = {"params": params[:_PARAMS], "tags": tags} if start == 0 else {}
            self._client.log_batch(run_id, metrics=batch, **beside)

    def _log_data(self, run_id: str, record: RunRecord) -> None:
        """MLflow keeps 36 characters of a digest: the whole hash is in the profile."""
        if record.data:
            own = Dataset(
                name=record.experiment,
                digest=str(record.data["hash"])[:36],
                source_type="local",
                source=json.dumps(record.data["spec"]),
                profile=json.dumps(record.data),
            )
            self._client.log_inputs(run_id, [DatasetInput(own, [InputTag("mlflow.data.context", "training")])])

    def _log_files(self, run_id: str, place: str, files: Mapping[str, bytes]) -> None:
        """Where a run's artifacts are a folder here they are written into it, which saves a copy of each."""
        if place.startswith("file://"):
            _write(Path(url2pathname(urlparse(place).path)), files)
            return
        with tempfile.TemporaryDirectory() as folder:
            _write(Path(folder), files)
            self._client.log_artifacts(run_id, folder)


def _require_id(run_id: str) -> None:
    if not _ID.fullmatch(run_id):
        raise StoreError(f"{short(run_id)} is no run id: that is 32 hexadecimal digits, as MLflow's pages show it")


def _stored(run: Run) -> StoredRun:
    data = run.data
    return StoredRun(run.info.run_id, data.tags.get(KEY, ""), run.info.status, data.tags, data.metrics)


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for parent in {(folder / name).parent for name in files}:
        parent.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
