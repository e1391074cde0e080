"""What runs and plans say of each other: one finished run a job, sweeps and their jobs, nothing recorded is gone."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from threshold_lab.errors import StoreError
from threshold_lab.signing import AFTER, RUNS, is_signed_plan, plan_in
from threshold_lab.tracking import KEY, KIND, PARENT, SWEEP, RunRows
from threshold_lab.verify.damage import FAMILY, GONE, PLAN, STRAY, TWICE, Damage


@dataclass(eq=False)
class Family:
    """What has been seen of all runs. sweeps: by id, the ids of the runs in a sweep's table, None where it has none."""

    seen: dict[str, RunRows] = field(default_factory=dict)
    sweeps: dict[str, list[str] | None] = field(default_factory=dict)

    def add(self, rows: RunRows, table: bytes | None) -> None:
        """Take note of a run, without what is large; table: what a sweep's run lists."""
        kept = {name: rows.tags[name] for name in (KEY, KIND, PARENT, SWEEP) if name in rows.tags}
        self.seen[rows.run_id] = RunRows(rows.run_id, "", "", rows.status, rows.put_away, rows.place, kept)
        if rows.tags.get(KIND) == "sweep":
            self.sweeps[rows.run_id] = listed(table)

    def damages(self, gone: set[str]) -> Iterator[Damage]:
        """Yield what does not go together. gone: runs that are told to be gone already, and those told here."""
        active = [own for own in self.seen.values() if not own.put_away]
        yield from _twice(active)
        parents = {own.tags.get(PARENT) for own in self.seen.values()}
        for own in active:
            if own.run_id in self.sweeps and own.run_id not in parents and not self._elsewhere(own.run_id):
                yield Damage(FAMILY, f"run {own.run_id}", "sums up a sweep, and no run is below it", own.run_id)
            yield from self._parent(own)
        for run_id, listed in self.sweeps.items():
            for each in () if self.seen[run_id].put_away else listed or ():
                if each not in self.seen and each not in gone:
                    gone.add(each)
                    yield Damage(GONE, f"run {each}", f"is gone; the sweep's run {run_id} lists it", each)

    def _elsewhere(self, run_id: str) -> list[str]:
        """The runs that a sweep's run lists, below an earlier one; or not there, which may be put back below it."""
        return [own for own in self.sweeps[run_id] or () if own not in self.seen or not self.seen[own].put_away]

    def _parent(self, own: RunRows) -> Iterator[Damage]:
        """A job below a run lists as one of its sweep; one that is listed is below a run."""
        place, parent = f"run {own.run_id}", own.tags.get(PARENT)
        if parent is None:
            if above := self.above(own.run_id):
                yield Damage(FAMILY, place, f"tag {PARENT} is gone: run {above} lists it", own.run_id)
        elif parent not in self.seen:
            yield Damage(FAMILY, place, f"tag {PARENT} names a run {parent[:40]} that is not there", own.run_id)
        elif (listed := self.sweeps.get(parent)) is None and parent not in self.sweeps:
            yield Damage(FAMILY, place, f"tag {PARENT} names {parent}, which sums up no sweep", own.run_id)
        elif listed is not None and own.run_id not in listed:
            yield Damage(FAMILY, place, f"tag {PARENT} names {parent}, which does not list it", own.run_id)

    def above(self, run_id: str) -> str:
        """Return the first sweep's run that lists a run and is not put away; empty where none does."""
        listing = (own for own, each in self.sweeps.items() if each and run_id in each and not self.seen[own].put_away)
        return next(listing, "")


def _twice(active: Sequence[RunRows]) -> Iterator[Damage]:
    first: dict[str, str] = {}
    for own in active:
        key = own.tags.get(KEY, "")
        if key and own.status == "FINISHED" and first.setdefault(key, own.run_id) != own.run_id:
            yield Damage(TWICE, f"run {own.run_id}", f"is a second finished run of the job of {first[key]}", own.run_id)


def listed(table: bytes | None) -> list[str] | None:
    """Return the ids of the runs in a sweep's table; None where it has none that can be read."""
    if table is None:
        return None
    try:
        return [row["run_id"] for row in csv.DictReader(io.StringIO(table.decode()))]
    except (UnicodeDecodeError, KeyError, csv.Error):
        return None


@dataclass(eq=False)
class Plans:
    """The plans of a store, by name; those that are damaged are left out."""

    folder: Path
    plans: dict[str, dict[str, Any]] = field(default_factory=dict)
    old: int = 0

    def damages(self) -> Iterator[Damage]:
        """Read them all; yield what is wrong with each."""
        names = {path.stem for path in self.folder.glob("*.json")}
        for path in sorted(self.folder.iterdir()) if self.folder.is_dir() else ():
            place = f"{self.folder.name}/{path.name}"
            if path.suffix != ".json" or path.is_symlink() or not path.is_file():
                yield Damage(STRAY, place, "is no plan")
                continue
            try:
                self.plans[path.stem] = plan_in(path.stem, path.read_bytes())
            except StoreError as error:
                yield Damage(PLAN, place, str(error))
        for name, own in self.plans.items():
            self.old += not is_signed_plan(own)
            if (before := str(own.get(AFTER) or name)) not in names:
                yield Damage(PLAN, f"{self.folder.name}/{before}.json", f"is gone; {name} was planned after it")

    def lanes(self) -> set[str]:
        """Return the keys of all lanes that are planned."""
        return {str(lane) for own in self.plans.values() for job in own["jobs"] for lane in job.get("lanes", ())}

    def damages_of_runs(self, seen: Mapping[str, RunRows], gone: set[str]) -> Iterator[Damage]:
        """Yield what runs and plans say of each other that is not so. gone: runs told already."""
        names = {path.stem for path in self.folder.glob("*.json")}
        for name in dict.fromkeys(own.tags[SWEEP] for own in seen.values() if SWEEP in own.tags and not own.put_away):
            if name not in names:
                yield Damage(PLAN, f"{self.folder.name}/{name}.json", "is gone; runs that it planned are there")
        for name, own in self.plans.items():
            for run_id in own.get(RUNS, {}).values():
                if run_id not in seen and run_id not in gone:
                    gone.add(run_id)
                    yield Damage(GONE, f"run {run_id}", f"is gone; the sweep {name} recorded it", run_id)
