"""Runs in and out."""

import logging
import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")

from alembic.util.exc import CommandError
from mlflow import MlflowClient
from mlflow.entities import Run
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from threshold_lab.errors import StoreError
from threshold_lab.faults import around
from threshold_lab.tracking import artifacts, logged, view
from threshold_lab.tracking.driver import this_driver
from threshold_lab.tracking.entities import RunRecord, StoredRun
from threshold_lab.tracking.home import address, artifact_place, own_database, prepare, shown
from threshold_lab.tracking.names import CELL, DRIVER, KEY, KIND, PARENT, REASON, SUMS, SUPERSEDED, SWEEP
from threshold_lab.tracking.patience import Look, Patient

_OF_EXPERIMENTS = {
    "mlflow.experimentKind": "custom_model_development",  # without it MLflow opens its view for language models
    **view.tags(),
}

_GOING_ON, _BATCH, _LARGEST = ("RUNNING", "SCHEDULED"), 1000, 2**28

for _name in ("alembic", "mlflow.tracking"):
    logging.getLogger(_name).setLevel(logging.WARNING)
logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)  # it prints a traceback of what it raises


class Runs:
    """The runs of a lab, in its folder or wherever MLFLOW_TRACKING_URI says."""

    shown = True

    def __init__(self, folder: Path, about: str = "", look: Look | None = None) -> None:
        """Open the database, making it where there is none; about: what an experiment is.

        look: see `Patient`; without it a server that is away is told at once. Raises StoreError.
        """
        self.about = about
        self.address = shown(address(folder))
        self.folder = folder
        with self._told():
            prepare(folder)
            self._client: Any = Patient(MlflowClient(address(folder)), look)
            self._experiments = {found.name: found.experiment_id for found in self._client.search_experiments()}
            self._known: set[str] = set()
            self._driver = this_driver(folder)

    def of_cells(self, cells: Iterable[str]) -> dict[str, StoredRun]:
        """Return the run of each job by its key, but for what is being written; of several, the first finished one."""
        found: dict[str, StoredRun] = {}
        with self._told():
            for run in (run for cell in cells for run in self._search(f"tags.`{CELL}` = '{cell}'")):
                if run.status == "FINISHED" or (run.key not in found and run.status not in _GOING_ON):
                    found[run.key] = run
        return found

    def clear(self) -> None:
        """Put away the runs that nobody will finish: of sweeps that died, and of this one, which is writing none.

        To be called by who holds the store. Those of the drivers of other machines are left alone. Raises StoreError.
        """
        alone = own_database(self.folder) is not None
        with self._told(), around("clear"):
            for run in list(self._search(f"attributes.status = 'RUNNING' AND tags.`{SWEEP}` LIKE '%'")):
                if alone or self._driver.sees_dead(run.tags.get(DRIVER, "")):
                    self._put_away(run.run_id, "the process that wrote it ended")
            for run in list(self._search(f"tags.`{SUPERSEDED}` LIKE '%'")):
                self._put_away(run.run_id, run.tags[SUPERSEDED])

    def record(self, record: RunRecord) -> str:
        """Write one finished run and return its id. A run that is FINISHED is whole, and the disk holds it."""
        with self._told():
            if same := self._finished(record.tags, SUMS):
                return same[0].run_id
            run_id, place = self._created(record)
            artifacts.write(self._client, run_id, place, record.files)
            self._log_numbers(run_id, record)
            self._ended(run_id, "FINISHED")
            return run_id if own_database(self.folder) else self._first(record.tags) or run_id

    def _finished(self, tags: Mapping[str, str], tag: str) -> list[StoredRun]:
        """The finished runs that have the same value of a tag, the first one first."""
        if tag not in tags:
            return []
        found = self._search(f"tags.`{tag}` = '{tags[tag]}' AND attributes.status = 'FINISHED'")
        return list(found)[::-1]

    def _first(self, tags: Mapping[str, str]) -> str:
        """The id of a job's first run, where others record in one place; any more, of the same bits, are put away."""
        ids = [own.run_id for own in self._finished(tags, KEY)]
        for other in ids[1:]:
            self._put_away(other, f"run {ids[0]} of the same job was there first")
        return ids[0] if ids else ""

    def _ended(self, run_id: str, status: str) -> None:
        with around("commit"):
            self._client.set_terminated(run_id, status)

    def fail(self, record: RunRecord, reason: str) -> str:
        """Write a run that has no result, and why."""
        with self._told():
            run_id, _ = self._created(record)
            self._log_numbers(run_id, record)
            self._client.set_tag(run_id, REASON, reason)
            self._ended(run_id, "FAILED")
            return run_id

    def adopt(self, parent: str, children: Iterable[StoredRun]) -> None:
        """Put runs below another, on MLflow's pages; one that is below a run stays there."""
        with self._told():
            for child in children:
                if PARENT not in child.tags:
                    with around("adopt"):
                        self._client.set_tag(child.run_id, PARENT, parent)

    def supersede(self, run_id: str, why: str = "it is tried again") -> None:
        """Put away a run, with its files: MLflow keeps it as KILLED, in its trash."""
        with self._told():
            self._put_away(run_id, why)

    def _put_away(self, run_id: str, why: str) -> None:
        """In steps that can be done again, of which the last makes it unseen."""
        with around("supersede"):
            self._client.set_tag(run_id, SUPERSEDED, why)
            artifacts.remove(run_id, str(self._client.get_run(run_id).info.artifact_uri), self.folder)
            self._client.set_terminated(run_id, "KILLED")
            self._client.delete_run(run_id)

    def run(self, run_id: str) -> StoredRun:
        """Return a run by its id. Raises StoreError."""
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
        with self._told(), around("annotate"):
            artifacts.write(self._client, run_id, str(self._client.get_run(run_id).info.artifact_uri), files)
            for name, value in tags.items():
                self._client.set_tag(run_id, name, value)

    @contextmanager
    def downloaded(self, run_id: str, name: str) -> Iterator[Path]:
        """Have an artifact, a file or a folder, on this machine for a while. Raises StoreError."""
        with self._told(), tempfile.TemporaryDirectory() as folder:
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
                f"the runs at {self.address} cannot be read or written: {error}; what is recorded stays, and the "
                f"same command goes on from there"
            ) from None

    def _search(self, words: str) -> Iterable[StoredRun]:
        token, experiments = None, list(self._experiments.values())
        while token != "":
            page = self._client.search_runs(experiments, words, max_results=_BATCH, page_token=token)
            token = page.token or ""
            yield from map(_stored, page)

    def _experiment(self, name: str) -> str:
        if name not in self._experiments:
            self._experiments[name] = self._new_experiment(name)
        if name not in self._known:
            self._known.add(name)
            for tag, value in (_OF_EXPERIMENTS | {logged.NOTE: self.about}).items():
                self._client.set_experiment_tag(self._experiments[name], tag, value)
        return str(self._experiments[name])

    def _new_experiment(self, name: str) -> Any:
        """The id of a new experiment, or of one that somebody made a moment ago."""
        try:
            return self._client.create_experiment(name, artifact_place(self.folder, name))
        except MlflowException:
            if (found := self._client.get_experiment_by_name(name)) is None:
                raise
            return found.experiment_id

    def _created(self, record: RunRecord) -> tuple[str, str]:
        """The id of a new run, and the address of its artifacts."""
        experiment = self._experiment(record.experiment)
        tags = {**record.tags, DRIVER: str(self._driver)}
        with around("create"):
            info = self._client.create_run(experiment, tags=tags, run_name=record.name).info
        return str(info.run_id), str(info.artifact_uri)

    def _log_numbers(self, run_id: str, record: RunRecord) -> None:
        for batch in logged.batches(record, run_id):
            with around("metrics"):
                self._client.log_batch(run_id, **batch)
        if inputs := logged.data_of(record):
            with around("inputs"):
                self._client.log_inputs(run_id, inputs)


def _stored(run: Run) -> StoredRun:
    data = run.data
    return StoredRun(run.info.run_id, data.tags.get(KEY, ""), run.info.status, data.tags, data.metrics)
