"""What is wrong with a store -> what of it can be put right without training.

Bytes are written only where their hash is the one that was sealed, rows only as the sealed record has them, and nothing
is deleted but what writes that were cut off left: what does not belong goes to `lost/`, and runs to MLflow's trash.
"""

import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from threshold_lab.captions import BY_ITSELF
from threshold_lab.errors import LabError, StoreError
from threshold_lab.sealing import sha256
from threshold_lab.store import FOLDERS, LOCK, PARTIAL, Store
from threshold_lab.tracking import (
    CELL,
    PARENT,
    SWEEP,
    Database,
    Runs,
    own_database,
    remove_rows,
    set_tag,
    without_triggers,
)
from threshold_lab.verify.anew import Anew
from threshold_lab.verify.check import NETWORK, Onlooker, verify
from threshold_lab.verify.contents import Contents
from threshold_lab.verify.damage import (
    DATABASE,
    DEAD,
    FAMILY,
    FILE,
    FIT,
    GONE,
    PLAN,
    ROWS,
    STRAY,
    TWICE,
    Damage,
    Findings,
)
from threshold_lab.verify.lost import to_lost
from threshold_lab.verify.mend import Mender
from threshold_lab.verify.plans import plan_again
from threshold_lab.verify.run import NOTE
from threshold_lab.verify.sources import UNREADABLE

_ROUNDS = 4
_IN_THE_WAY = (LOCK, *FOLDERS)
_ALONE, _THRESHOLD = re.compile(rf"{BY_ITSELF}\n\n    (.*) store=again"), re.compile(r"\bthreshold=\S+")


@dataclass(frozen=True)
class Mended:
    """What was done; what cannot be, with what to do about it; and what is left."""

    done: Sequence[str]
    cannot: Sequence[str]
    left: Findings


def repair(folder: Path, found: Findings, onlooker: Onlooker) -> Mended:
    """Put right what can be, in rounds: a database, then its runs, then what they say of each other.

    Raises StoreError where the store cannot be written, a sweep is at work in it, or its runs are on a server.
    """
    if (database := own_database(folder)) is None:
        raise StoreError("runs on a server are not repaired from here; run this where its database and files are")
    done: list[str] = []
    cannot: list[str] = []
    for _ in range(_ROUNDS):
        own = _Round(folder, Database(database), onlooker)
        own.mend(found.damages)
        done, cannot, before = [*done, *own.done], [*cannot, *own.cannot], found
        found = verify(folder, onlooker)
        if not found.damages or list(found.damages) == list(before.damages):
            break
    return Mended(done, list(dict.fromkeys(cannot)), found)


@dataclass(eq=False)
class _Round:
    """One look at all damages, kind by kind."""

    folder: Path
    database: Database
    onlooker: Onlooker
    done: list[str] = field(default_factory=list)
    cannot: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = Store(self.folder)
        self.contents = Contents(self.folder, self.database)
        self.mender = Mender(self.folder, self.database, self.contents)
        self.anew: list[str] = []

    def mend(self, damages: Sequence[Damage]) -> None:
        """Put right what can be in its place, and then record anew what cannot."""
        ways: dict[str, Callable[[Damage], None]] = {
            STRAY: self._stray,
            DATABASE: self._database,
            GONE: self._gone,
            FILE: self._run,
            ROWS: self._run,
            DEAD: self._put_away,
            TWICE: self._put_away,
            FAMILY: self._family,
            FIT: self._fit,
            PLAN: self._plan,
        }
        seen: set[tuple[str, str]] = set()
        self._make_way(damages)
        with self.store.held():
            for kind, way in ways.items():
                for number, own in enumerate(each for each in damages if each.kind == kind):
                    self.onlooker.looking(f"repairing {kind}", number, len(damages))
                    once = (way.__name__, own.run_id or own.place) if kind in (FILE, ROWS, FAMILY) else ("", str(own))
                    if once not in seen:
                        seen.add(once)
                        way(own)
        self._record_anew()

    # ---- what does not belong

    def _make_way(self, damages: Sequence[Damage]) -> None:
        """Move what lies where the store's lock and folders have to be, without which nobody can hold it."""
        for own in damages:
            if own.kind == STRAY and own.place in _IN_THE_WAY:
                self._to_lost(self.folder / own.place)

    def _stray(self, own: Damage) -> None:
        if own.place.startswith(f"{PARTIAL}/"):
            self.done.append(f"{own.place} is removed, as by whoever holds the store")
        elif own.place not in _IN_THE_WAY:
            self._to_lost(self.folder / own.place)

    def _to_lost(self, path: Path) -> None:
        self.done += to_lost(self.folder, path)

    # ---- the database

    def _database(self, own: Damage) -> None:
        if own.problem == UNREADABLE:
            for name in (self.database.path.name, f"{self.database.path.name}-journal"):
                self._to_lost(self.folder / name)
            Runs(self.folder)
            self.done.append(f"{own.place} is made anew; its runs follow, from their files")
        elif own.problem.startswith("trigger "):
            self.done += [f"out of {own.place} is taken: {words}" for words in without_triggers(self.database.path)]
        elif "of a row of runs" not in own.problem:
            self.cannot.append(
                f"{own}; move it away by hand, and repair again: runs are then put into a new one, from their files"
            )

    def _gone(self, own: Damage) -> None:
        before = len(self.done)
        self.done += self.mender.mend(own.run_id)
        if len(self.done) == before and self.database.run(own.run_id) is None:
            remove_rows(self.database.path, own.run_id)
            self.cannot.append(f"{own}; the sweep that recorded it records it again; its plan names the command")

    # ---- runs

    def _run(self, own: Damage) -> None:
        self.done += self.mender.mend(own.run_id)
        if self.mender.is_damaged(own.run_id):
            self.anew.append(own.run_id)

    def _put_away(self, own: Damage) -> None:
        Runs(self.folder).supersede(own.run_id)
        self.done.append(f"{own.place} is put away, into MLflow's trash; it {own.problem}")

    def _family(self, own: Damage) -> None:
        tags = {each.rows.run_id: each.rows.tags for each in self.contents.runs()}
        if PARENT not in own.problem:
            if own.run_id not in {each.get(PARENT) for each in tags.values()}:
                self._put_away(own)
            return
        if self.contents.lists(tags.get(own.run_id, {}).get(PARENT, ""), own.run_id):
            return  # the run above is there again
        above = self.contents.above(own.run_id)
        set_tag(self.database.path, own.run_id, PARENT, above)
        self.done.append(f"{own.place} is below {above or 'no run; the next sweep of its job may sum it up'}")

    def _record_anew(self) -> None:
        anew = Anew(self.folder, self.contents, self.onlooker)
        for run_id in self.anew:
            if (held := self.mender.held(run_id)) is None:
                continue
            if why := anew.why_not(held):
                self.cannot.append(f"run {run_id}: {why}")
                continue
            try:
                self.done.append(f"run {run_id} {anew.record(held)}")
            except LabError as error:
                self.cannot.append(f"run {run_id}: {error}")

    # ---- fits and plans

    def _fit(self, own: Damage) -> None:
        path = self.folder / own.place
        if path.suffix == ".keras" and self._model_again(path, own):
            return
        if not own.problem.startswith("is gone") or path.suffix == ".keras":
            self._to_lost(path.with_suffix(".npz"))
            self._to_lost(path.with_suffix(".keras"))
        self.cannot.append(f"{own.place} is no fit any more; {self._to_train(own.run_id)}")

    def _to_train(self, run_id: str) -> str:
        """How a network is trained again whose run is there, which no sweep records twice."""
        held = self.mender.held(run_id) if run_id else None
        found = _ALONE.search(held.rows.tags.get(NOTE, "")) if held else None
        if found is None:
            return "the next sweep that needs it trains it again"
        command = _THRESHOLD.sub("threshold=NEW", found[1])
        return f"a threshold that it has not had trains it again: {command} store={shlex.quote(str(self.folder))}"

    def _model_again(self, path: Path, own: Damage) -> bool:
        """Put a fit's model back, which the model of a run that was recorded from it holds."""
        told = self.store.model_hash(path.stem)
        for held in self.contents.runs():
            content = held.contents.get(NETWORK, b"")
            if told and sha256(content) == told:
                self.store.put({path: content})
                self.done.append(f"{own.place} is as it was saved")
                return True
        return False

    def _plan(self, own: Damage) -> None:
        path = self.folder / own.place
        runs = [each.rows for each in self.contents.runs() if each.rows.tags.get(SWEEP) == path.stem]
        self._to_lost(path)
        if not runs and not self.store.is_planned_before(path.stem):
            return
        lanes = self.contents.lanes({each.tags.get(CELL, "") for each in runs})
        self.store.conclude(path.stem, plan_again(runs, lanes))
        self.done.append(f"{own.place} is written again, from {len(runs)} runs that name it")
