"""What is wrong with a store: where, what, and of which kind, which decides how it is mended."""

from collections.abc import Sequence
from dataclasses import dataclass

STRAY, FILE, ROWS, DEAD, TWICE, GONE, FAMILY, FIT, PLAN, DATABASE = KINDS = (
    "stray",  # a file, folder or link that belongs to nothing
    "file",  # an artifact of a run is not as it was recorded
    "rows",  # what the database has of a run is not as it was recorded
    "dead",  # a run that no process records any longer
    "twice",  # a second finished run of a job
    "gone",  # a run that was recorded is no longer there
    "family",  # a run and the run of its sweep do not know each other
    "fit",
    "plan",
    "database",
)


@dataclass(frozen=True)
class Damage:
    """One damage. place: a file, below the store's folder, or a run. run_id: of the run it is of, else empty."""

    kind: str
    place: str
    problem: str
    run_id: str = ""

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}"


@dataclass(frozen=True)
class Findings:
    """What a check found. remarks: what is worth knowing, and is no damage. runs, files: how many were looked at."""

    damages: Sequence[Damage]
    remarks: Sequence[str]
    runs: int = 0
    files: int = 0
