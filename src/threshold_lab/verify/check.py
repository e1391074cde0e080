"""A store -> everything that is wrong with it. Nothing is written, and nothing in it is executed."""

import fcntl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from threshold_lab.cells import WEIGHTS
from threshold_lab.errors import LabError, StoreError
from threshold_lab.overview import TABLE
from threshold_lab.plan import Job
from threshold_lab.recording import SPEC
from threshold_lab.reproduce.stored import spec_in
from threshold_lab.sealing import HASHES, sha256
from threshold_lab.store import FOLDERS, LOCK, PARTIAL
from threshold_lab.tracking import CELL, RunRows
from threshold_lab.tracking.model import FOLDER as MODEL_FOLDER
from threshold_lab.verify import run as one
from threshold_lab.verify.damage import GONE, ROWS, STRAY, Damage, Findings
from threshold_lab.verify.family import Family, Plans
from threshold_lab.verify.fits import Fits
from threshold_lab.verify.held import Held
from threshold_lab.verify.sources import ARTIFACTS, UNREADABLE, Own, Source, source_of

NETWORK = f"{MODEL_FOLDER}/artifacts/network.keras"
CUT_OFF = "is left of a write that was cut off"


class Onlooker(Protocol):
    """Who is told how far a check is."""

    def looking(self, at: str, done: int, total: int) -> None:
        """Say what is looked at, how much of it is done, and how much there is; raise to stop."""


def verify(folder: Path, onlooker: Onlooker) -> Findings:
    """Check a whole store. Raises StoreError where there is none, or it cannot be read."""
    if not folder.is_dir():
        raise StoreError(f"there is no store at {folder.resolve()}; name its folder with --store FOLDER")
    check = _Check(folder, onlooker, source_of(folder))
    try:
        damages = list(dict.fromkeys(check.damages()))
    except OSError as error:
        raise StoreError(f"{error.filename or folder} cannot be read: {error.strerror}; make it readable") from None
    return Findings(damages, check.remarks, check.runs, check.files)


def is_at_work(folder: Path) -> bool:
    """Whether a sweep holds the store."""
    lock_file = folder / LOCK
    if not lock_file.is_file():  # a pipe would never open
        return False
    with suppress(OSError), lock_file.open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@dataclass(eq=False)
class _Check:
    folder: Path
    onlooker: Onlooker
    source: Source
    remarks: list[str] = field(default_factory=list)
    runs: int = 0
    files: int = 0

    def __post_init__(self) -> None:
        self.fits, self.plans, self.family = Fits(self.folder / "fits"), Plans(self.folder / "plans"), Family()
        self.busy = is_at_work(self.folder)
        self._cells: set[str] = set()

    def damages(self) -> Iterator[Damage]:
        """Yield all there are: of the database, plans, runs, fits, and of what lies about."""
        if self.busy:
            self.remarks.append("a sweep is at work in the store: what it has not finished is not judged")
        database = list(self.source.damages())
        yield from database
        yield from self._here(self.plans.damages())
        self.fits.named = self.plans.lanes()
        if readable := not any(own.problem == UNREADABLE for own in database):
            yield from self._runs({own.run_id for own in database})
        yield from self._here(self._fits())
        yield from self._here(_lying_about(self.folder))
        if not readable:
            self.remarks.append("runs and their files were not checked, as the database cannot be read")
        self._tell()

    def _runs(self, gone: set[str]) -> Iterator[Damage]:
        """What is wrong with runs, their files and each other. gone: those told already."""
        total = self.source.count()
        for rows in self.source.runs():
            self.onlooker.looking("runs", self.runs, total)
            self.runs += 1
            yield from self._run(rows)
        yield from self.family.damages(gone)
        yield from self.plans.damages_of_runs(self.family.seen, gone)
        if isinstance(self.source, Own):
            yield from self._here(_orphans(self.folder / ARTIFACTS, self.family.seen, gone))

    def _here(self, found: Iterator[Damage]) -> Iterator[Damage]:
        """What is found in the folder, but for what a sweep that is at work by now may be writing."""
        return (own for own in found if own.kind != STRAY or not (self.busy or is_at_work(self.folder)))

    def _run(self, rows: RunRows) -> Iterator[Damage]:
        if rows.put_away:
            self.family.add(rows, None)
            yield from (
                Damage(ROWS, f"run {rows.run_id}", own, rows.run_id) for own in rows.problems if "nobody" in own
            )
            return
        with self.source.files(rows) as (folder, place):
            held = Held(rows, folder, place)
            self.family.add(rows, held.contents.get(TABLE))
            if not held.is_the_lab_s or (self.busy and rows.status == "RUNNING"):
                return
            self.files += len(held.contents)
            yield from one.damages(held)
            self.remarks += one.remarks(held)
            yield from self._lanes(held)

    def _lanes(self, held: Held) -> Iterator[Damage]:
        """Take note of the lanes of a finished job, and compare their weights, once for all jobs of a cell."""
        tags, cell = held.rows.tags, held.rows.tags.get(CELL, "")
        if not held.is_job or held.rows.status != "FINISHED" or cell in self._cells:
            return
        try:
            spec = spec_in(held.contents.get(SPEC, b""))
        except LabError:
            return
        job = Job(spec, tags.get("data", ""), tags.get("engine", ""))
        if job.cell != cell:
            return
        lanes = job.lanes
        self._cells.add(cell)
        self.fits.need(lanes, held.rows.run_id)
        if held.hashes.get(WEIGHTS) == sha256(held.contents.get(WEIGHTS, b"")):
            network = held.hashes.get(NETWORK, "")
            yield from self.fits.differing(lanes, held.contents[WEIGHTS], network, held.rows.run_id)

    def _fits(self) -> Iterator[Damage]:
        paths = self.fits.paths()
        for number, path in enumerate(paths):
            self.onlooker.looking("fits", number, len(paths))
            yield from self.fits.damages([path])
        self.files += len(paths)
        yield from self.fits.missing()

    def _tell(self) -> None:
        if self.fits.old:
            self.remarks.append(
                f"{self.fits.old} fits were stored before they were signed: a changed byte may not be seen"
            )
        if self.plans.old:
            self.remarks.append(f"{self.plans.old} plans were stored before they were signed")
        if self.fits.unnamed:
            self.remarks.append(f"{self.fits.unnamed} fits are of no plan and no run in this store")


def _lying_about(folder: Path) -> Iterator[Damage]:
    """What is left of a write that was cut off; and what the lab does not know, which may be anybody's."""
    for path in sorted(folder.iterdir()):
        if path.is_symlink():
            yield Damage(STRAY, path.name, "is a link")
        elif path.name.startswith("."):
            yield Damage(STRAY, path.name, CUT_OFF)
        elif path.name == LOCK and not path.is_file():
            yield Damage(STRAY, path.name, "is no file")
        elif path.name in (*FOLDERS, ARTIFACTS) and not path.is_dir():
            yield Damage(STRAY, path.name, "is no folder")
        elif path.name == PARTIAL:
            yield from (Damage(STRAY, f"{PARTIAL}/{left.name}", CUT_OFF) for left in sorted(path.iterdir()))


def _orphans(artifacts: Path, seen: dict[str, RunRows], gone: set[str]) -> Iterator[Damage]:
    """Folders without a run, and files that belong to none. A sealed folder is of a run that is gone."""
    for experiment in sorted(artifacts.iterdir()) if artifacts.is_dir() else ():
        if experiment.is_symlink() or not experiment.is_dir():
            yield Damage(STRAY, f"{ARTIFACTS}/{experiment.name}", "belongs to no experiment")
            continue
        for path in sorted(experiment.iterdir()):
            if path.name not in seen and not path.is_symlink() and (path / "artifacts" / HASHES).is_file():
                if path.name not in gone:
                    yield Damage(GONE, f"run {path.name}", "is gone; its files are there", path.name)
            elif path.is_symlink() or not path.is_dir() or not _is_of(path, artifacts, seen):
                yield Damage(STRAY, f"{ARTIFACTS}/{experiment.name}/{path.name}", "belongs to no run")
            else:
                for own in (own for own in sorted(path.iterdir()) if own.name != "artifacts" or own.is_symlink()):
                    yield Damage(STRAY, f"{ARTIFACTS}/{experiment.name}/{path.name}/{own.name}", "belongs to no run")


def _is_of(path: Path, artifacts: Path, seen: dict[str, RunRows]) -> bool:
    """Whether a folder is that of the run it is named after, and not a second one."""
    place = seen[path.name].place if path.name in seen else Path()
    return place != Path() and (
        place is None or artifacts / place == path / "artifacts" or not (artifacts / place).exists()
    )
