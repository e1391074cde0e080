"""What became of sweeps that were disturbed: counted, not only asserted."""

import re
import statistics
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from faulty.checked import Found, compare, found
from faulty.ground import JOBS, Case, Ground, Said


@dataclass
class Tally:
    """What became of the faults: of each a line of words where something is lost, twice, wrong or left."""

    control: Found
    injected: int = 0
    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    not_reached: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        counts = {name: len(getattr(self, name)) for name in ("lost", "duplicated", "wrong", "left")}
        words = ", ".join(f"{name} {count}" for name, count in counts.items())
        took = f"{statistics.median(self.seconds):.2f} s, at most {max(self.seconds):.2f} s" if self.seconds else "-"
        return f"{self.injected} faults injected: {words}; recovered in {took}"

    @cached_property
    def jobs(self) -> int:
        return len(self.control.jobs)

    @property
    def problems(self) -> list[str]:
        return [*self.lost, *self.duplicated, *self.wrong, *self.left, *self.not_reached]

    def after_fault(self, case: Case, name: str) -> Found:
        """Note what is not as it was acknowledged, with the store as the fault left it."""
        self.injected += 1
        own = found(case.store)
        compare(own, self.control)
        self.lost += [f"{name}: {key} was acknowledged" for key in case.acknowledged - own.jobs.keys()]
        self.duplicated += [f"{name}: {key}" for key in own.duplicated]
        self.wrong += [f"{name}: {what}" for what in own.wrong]
        if len(going_on := [what for what in own.left if what.endswith("is RUNNING")]) > 1:
            self.left.append(f"{name}: not only this sweep, one before it left {going_on}")
        return own

    def after_recovery(self, case: Case, name: str, **order: object) -> None:
        """Sweep twice more: the first has to finish all there is, the second to do nothing."""
        jobs = order.get("jobs", JOBS)
        said = case.sweep(**order)
        self._finished(case, said, name, jobs)
        before = found(case.store)
        again = case.sweep(**order)
        after = self._finished(case, again, name, jobs)
        if again.planned != dict(again.planned, recorded=jobs, programs=0) or after.runs != before.runs:
            self.duplicated.append(f"{name}: one more sweep was told {again.planned}, {after.runs - before.runs} runs")

    def _finished(self, case: Case, said: Said, name: str, jobs: int) -> Found:
        own = found(case.store)
        compare(own, self.control)
        if said.code or len(own.jobs) != jobs:
            self.lost.append(f"{name}: code {said.code}, {len(own.jobs)} of {jobs} jobs, {said.error}")
        if said.after is not None:
            self.seconds.append(said.after)
        if own.sums != (jobs > 1) or any(not held.get("parent") for held in own.jobs.values() if jobs > 1):
            self.wrong.append(f"{name}: {own.sums} runs sum up, {[held.get('parent') for held in own.jobs.values()]}")
        self.duplicated += [f"{name}: {key}" for key in own.duplicated]
        self.wrong += [f"{name}: {what}" for what in own.wrong]
        temporary = (path for path in case.tmp.iterdir() if not _is_a_probe(path))
        self.left += [f"{name}: {what}" for what in (*own.left, *map(str, temporary))]
        return own


def _is_a_probe(path: Path) -> bool:
    """Whether it is the file of four bytes by which Python's tempfile finds out, once a process, where it may write."""
    return (
        path.is_file() and path.read_bytes() in (b"", b"blat") and re.fullmatch("[a-z0-9_]{8}", path.name) is not None
    )


def tally_of(ground: Ground) -> Tally:
    """Return an empty tally; the control is whole."""
    control = found(ground.control)
    assert len(control.jobs) == JOBS
    assert (control.sums, control.duplicated, control.wrong, control.left) == (1, [], [], [])
    return Tally(control)
