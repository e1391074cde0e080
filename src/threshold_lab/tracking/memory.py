"""Runs that are kept in memory, and written nowhere: what a sweep leaves that is only looked at once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from threshold_lab.errors import StoreError
from threshold_lab.tracking.entities import Introduction, RunRecord, StoredRun
from threshold_lab.tracking.names import KEY


@dataclass(eq=False)
class Memory:
    """Takes what a sweep records, without models, by the job's key, which is also the run's id."""

    shown = False
    records: dict[str, RunRecord] = field(default_factory=dict)

    def of_cells(self, _cells: Iterable[str]) -> dict[str, StoredRun]:
        """Return no run: all is to be done."""
        return {}

    def noted(self) -> dict[str, str]:
        """Return nothing: there was no sweep before."""
        return {}

    def introduce(self, experiment: str, said: Introduction) -> None:
        """Say nothing."""

    def clear(self) -> None:
        """Put nothing away."""

    def finished(self) -> dict[str, StoredRun]:
        """Return the run of each job by its key."""
        return {key: StoredRun(key, key, "FINISHED", own.tags, own.metrics) for key, own in self.records.items()}

    def record(self, record: RunRecord) -> str:
        """Keep a finished run."""
        kept = {name: own for name, own in record.files.items() if not name.startswith("model/")}
        key = record.tags[KEY]
        self.records[key] = replace(record, files=kept)
        return key

    def fail(self, record: RunRecord, _reason: str) -> str:
        """Keep nothing of a run that has no result; the sweep's outcome has its reason."""
        return record.name

    def adopt(self, parent: str, children: Iterable[StoredRun]) -> None:
        """Put nothing below another."""

    def annotate(self, run_id: str, tags: Mapping[str, str], files: Mapping[str, bytes]) -> None:
        """Add nothing."""

    def supersede(self, run_id: str) -> None:
        """Put nothing away."""

    def file(self, run_id: str, name: str) -> bytes:
        """Return the bytes of a run's file. Raises StoreError."""
        try:
            return self.records[run_id].files[name]
        except KeyError:
            raise StoreError(f"run {run_id} holds no {name}; it was recorded without it") from None
