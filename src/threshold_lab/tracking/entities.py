"""What is recorded of a job, and what takes it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, eq=False)
class RunRecord:
    """All that is recorded of one job.

    description: in Markdown. params: every leaf of its configuration. metrics: one number each. series: a number at
    each of some steps. files: artifact name -> bytes. data: what is said of its rows, with their hash.
    """

    experiment: str
    name: str
    tags: Mapping[str, str]
    params: Mapping[str, Any] = field(default_factory=dict)
    description: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    series: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Introduction:
    """What is said of an experiment: about it, in Markdown; a note for the next sweep; the parameters varied in it."""

    about: str
    note: str
    varied: Sequence[str]


@dataclass(frozen=True)
class StoredRun:
    """A run as it is stored: its id, the key of its job and its status (FINISHED, FAILED, RUNNING, KILLED)."""

    run_id: str
    key: str
    status: str
    tags: Mapping[str, str]
    metrics: Mapping[str, float]


class Records(Protocol):
    """Where a sweep's jobs are recorded; see `Runs`. shown: whether anybody may look at them, and at their sweep."""

    shown: bool

    def of_cells(self, cells: Iterable[str]) -> dict[str, StoredRun]:
        """Return the run of each job by its key; of several, the finished one."""

    def noted(self) -> dict[str, str]:
        """Return what was noted of each experiment when it was introduced, by its name."""

    def introduce(self, experiment: str, said: Introduction) -> None:
        """Have it said of an experiment what it is, once a run is written into it."""

    def clear(self) -> None:
        """Put away what sweeps that died left half written."""

    def record(self, record: RunRecord) -> str:
        """Take one finished run and return its id."""

    def fail(self, record: RunRecord, reason: str) -> str:
        """Take a run that has no result, and why."""

    def adopt(self, parent: str, children: Iterable[StoredRun]) -> None:
        """Put runs below another."""

    def annotate(self, run_id: str, tags: Mapping[str, str], files: Mapping[str, bytes]) -> None:
        """Add to a run what was made of it later."""

    def supersede(self, run_id: str) -> None:
        """Put away a run that is tried again."""

    def file(self, run_id: str, name: str) -> bytes:
        """Return the bytes of a run's file."""
