"""Runs in and out."""

import hashlib
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
from threshold_lab.tracking.database import Database
from threshold_lab.tracking.driver import this_driver
from threshold_lab.tracking.entities import Introduction, RunRecord, StoredRun
from threshold_lab.tracking.experiments import Experiments
from threshold_lab.tracking.home import ARTIFACTS, address, own_database, prepare, shown, told
from threshold_lab.tracking.names import ADDED, CELL, DRIVER, KEY, KIND, PARENT, REASON, SUMS, SUPERSEDED, SWEEP
from threshold_lab.tracking.patience import Look, Patient
from threshold_lab.tracking.served import Served
from threshold_lab.tracking.within import own_file, own_folder, require_run_id

_GOING_ON, _BATCH, _LARGEST, _ABSENT = ("RUNNING", "SCHEDULED"), 1000, 2**28, "RESOURCE_DOES_NOT_EXIST"

for _name in ("alembic", "mlflow.tracking", "mlflow.store.artifact.artifact_repo"):
    logging.getLogger(_name).setLevel(logging.WARNING)
logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)  # it prints a traceback of what it raises


class Runs:
    """The runs of a lab, in its folder or wherever MLFLOW_TRACKING_URI says."""

    shown = True

    def __init__(self, folder: Path, about: str = "", look: Look | None = None) -> None:
        """Open the database, making it where there is none; about: what an experiment is.

        look: see `Patient`; without it a server that is away is told at once. Raises StoreError.
        """
        self.address = shown(address(folder))
        self.folder = folder
        with self._told():
            prepare(folder)
            self._client: Any = Patient(MlflowClient(address(folder)), look)
            self._experiments = Experiments(self._client, folder, about)
            self._driver = this_driver(folder)

    def noted(self) -> dict[str, str]:
        """Return what was noted of each experiment when it was introduced, by its name."""
        return dict(self._experiments.noted)

    def introduce(self, experiment: str, said: Introduction) -> None:
        """Have it said of an experiment what it is, with the first run that is written into it from now on."""
        self._experiments.introduce(experiment, said)

    def of_cells(self, cells: Iterable[str]) -> dict[str, StoredRun]:
        """Return the run of each job by its key, but for what is being written; of several, the first finished one."""
        found: dict[str, StoredRun] = {}
        with self._told():
            for run in self._of_cells(cells):
                if run.status == "FINISHED" or (run.key not in found and run.status not in _GOING_ON):
                    found[run.key] = run
        return found

    def _of_cells(self, cells: Iterable[str]) -> Iterable[StoredRun]:
        if (own := own_database(self.folder)) is not None:
            return Database(own).of_cells(cells)
        return (run for cell in cells for run in self._search(f"tags.`{CELL}` = '{cell}'"))

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
            logged.write(self._client, run_id, record)
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
            run_id, place = self._created(record)
            artifacts.write(self._client, run_id, place, record.files)
            logged.write(self._client, run_id, record)
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
        require_run_id(run_id)
        with self._told(f"no run {run_id} is stored"):
            return _stored(self._client.get_run(run_id))

    def served(self) -> Served:
        """Return all runs as their server tells them."""
        return Served(self._client)

    def of_sweep(self, name: str) -> list[StoredRun]:
        """Return the runs a sweep recorded, by its name: its jobs', and what sums it up. Raises StoreError."""
        with self._told():
            return sorted(self._search(f"tags.`{SWEEP}` = '{name}'"), key=lambda own: own.key)

    def of_kind(self, kind: str) -> list[StoredRun]:
        """Return the finished runs of a kind that is no job's, the newest first. Raises StoreError."""
        with self._told():
            words = f"tags.`{KIND}` = '{kind}' and attributes.status = 'FINISHED'"
            return list(self._search(words, order_by=["attributes.start_time DESC"]))

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
            added = {f"{ADDED}{name}": hashlib.sha256(content).hexdigest() for name, content in files.items()}
            for name, value in (added | dict(tags)).items():
                self._client.set_tag(run_id, name, value)

    @contextmanager
    def downloaded(self, run_id: str, name: str) -> Iterator[Path]:
        """Have an artifact, a file or a folder, on this machine for a while. Raises StoreError."""
        require_run_id(run_id)
        with self._told(f"run {run_id} holds no {name}"):
            place = str(self._client.get_run(run_id).info.artifact_uri)
            if own_database(self.folder):
                yield own_file(own_folder(place, self.folder.resolve() / ARTIFACTS), name)
                return
            with tempfile.TemporaryDirectory() as folder:
                yield self._client.patiently(lambda: artifacts.download(place, name, folder))

    def pages(self, address: str) -> list[str]:
        """Return, on MLflow's pages at an address, those of the experiment recorded last: its jobs grouped, and alone;
        and of the run that sums up a sweep of it, where there is one. Raises StoreError.
        """
        with self._told():
            return view.pages(self._client, address, self._experiments.ids)

    @contextmanager
    def _told(self, absent: str = "") -> Iterator[None]:
        """Raise what goes wrong as StoreError. absent: what is said where something that is asked for is not there."""
        try:
            yield
        except (MlflowException, SQLAlchemyError, CommandError, sqlite3.Error, OSError) as error:
            if absent and (isinstance(error, FileNotFoundError) or getattr(error, "error_code", "") == _ABSENT):
                raise StoreError(f"{absent} at {self.address}; --store or MLFLOW_TRACKING_URI names another") from None
            raise StoreError(
                f"the runs at {self.address} cannot be read or written: {told(error)}; what is recorded stays, "
                f"and the same command goes on from there"
            ) from None

    def _search(self, words: str, order_by: list[str] | None = None) -> Iterable[StoredRun]:
        token, experiments = None, self._experiments.ids
        while token != "":
            page = self._client.search_runs(experiments, words, max_results=_BATCH, page_token=token, order_by=order_by)
            token = page.token or ""
            yield from map(_stored, page)

    def _created(self, record: RunRecord) -> tuple[str, str]:
        """The id of a new run, and the address of its artifacts."""
        experiment = self._experiments.id_of(record.experiment)
        tags = {**record.tags, DRIVER: str(self._driver)}
        with around("create"):
            info = self._client.create_run(experiment, tags=tags, run_name=record.name).info
        return str(info.run_id), str(info.artifact_uri)


def _stored(run: Run) -> StoredRun:
    data = run.data
    return StoredRun(run.info.run_id, data.tags.get(KEY, ""), run.info.status, data.tags, data.metrics)
