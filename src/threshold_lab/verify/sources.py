"""Where runs are read from: the lab's own database and folder, or any MLflow server, as far as it tells."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from threshold_lab.errors import StoreError
from threshold_lab.tracking import Database, RunRows, Runs, is_plain, own_database
from threshold_lab.verify.damage import DATABASE, GONE, Damage

ARTIFACTS = "artifacts"
UNREADABLE = "is gone, or no database that can be read"


class Source(Protocol):
    """Runs, and the files of each."""

    def damages(self) -> Iterator[Damage]:
        """Yield what is wrong with the database itself."""

    def count(self) -> int:
        """Return the number of runs."""

    def runs(self) -> Iterator[RunRows]:
        """Yield every run, the oldest first."""

    def files(self, run: RunRows) -> contextlib.AbstractContextManager[tuple[Path, str]]:
        """Have the folder of a run's files, and its name for a person."""


class Own:
    """The lab's own database, which is only read."""

    def __init__(self, folder: Path, database: Path) -> None:
        self.folder = folder
        self.database = Database(database)

    def damages(self) -> Iterator[Damage]:
        """Yield what SQLite finds; without a database, or with one that is none, no more can be said."""
        name = self.database.path.name
        if not self.database.path.is_file():
            yield Damage(DATABASE, name, UNREADABLE)
            return
        try:
            yield from (Damage(DATABASE, name, problem) for problem in self.database.problems())
            for run_id in self.database.gone():
                yield Damage(GONE, f"run {run_id}", "is gone; rows of it are there", run_id)
        except StoreError:
            yield Damage(DATABASE, name, UNREADABLE)

    def count(self) -> int:
        """Return the number of runs. Raises StoreError where they cannot be read."""
        return self.database.count()

    def runs(self) -> Iterator[RunRows]:
        """Yield every run. Raises StoreError where they cannot be read."""
        return self.database.runs()

    @contextlib.contextmanager
    def files(self, run: RunRows) -> Iterator[tuple[Path, str]]:
        """Have the folder where it lies."""
        place = Path(ARTIFACTS) / (run.place or _by_name(run))
        yield self.folder / place, place.as_posix()


def _by_name(run: RunRows) -> Path:
    """Where the files of a run are whose address has another form; nowhere, for names that lead out of the folder."""
    parts = (*run.experiment.split("/"), run.run_id, "artifacts")
    return Path(*parts) if all(map(is_plain, parts)) else Path("artifacts")


class Served:
    """Whatever MLFLOW_TRACKING_URI names, through MLflow's own calls."""

    def __init__(self, runs: Runs) -> None:
        self._runs, self._told = runs, runs.served()

    def damages(self) -> Iterator[Damage]:
        """Yield nothing: a server keeps its database to itself."""
        return iter(())

    def count(self) -> int:
        """Return the number of runs."""
        return sum(1 for _ in self._told.ids())

    def runs(self) -> Iterator[RunRows]:
        """Yield every run."""
        return (self._told.rows(run_id) for run_id in self._told.ids())

    @contextlib.contextmanager
    def files(self, run: RunRows) -> Iterator[tuple[Path, str]]:
        """Have them on this machine for a while."""
        with self._runs.downloaded(run.run_id, "") as place:
            yield place, f"run {run.run_id}"


def source_of(folder: Path) -> Source:
    """Return where the runs of a store are. Raises StoreError where a server does not answer."""
    own = own_database(folder)
    return Served(Runs(folder)) if own is None else Own(folder, own)
