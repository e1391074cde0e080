"""Sweeps disturbed in every way there is, and what became of each: counted, not only asserted."""

import os
import random
import statistics
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from faulty.checked import Found, compare, found
from faulty.ground import JOBS, Case, Ground, Said

from threshold_lab.faults import AROUND

IN_A_WORKER = {"train"}
"""Points that only a process that trains comes past."""

AT_THE_START = {"claim", "clear", "plan", "database", "supersede"}
"""Points that are passed before the first job's turn."""

FIT_BY_FIT = {"keep", "rename"}
"""Points that are passed only if networks were not stored before."""

ONCE = {"database"}
KILLED, OF_ONE_JOB = -9, {"annotate"}


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
        self.left += [f"{name}: {what}" for what in (*own.left, *map(str, case.tmp.iterdir()))]
        return own


def tally_of(ground: Ground) -> Tally:
    """Return an empty tally; the control is whole."""
    control = found(ground.control)
    assert len(control.jobs) == JOBS
    assert (control.sums, control.duplicated, control.wrong, control.left) == (1, [], [], [])
    return Tally(control)


def points() -> list[str]:
    """Return the points that a driver comes past."""
    return [f"{name}.{side}" for name in AROUND if name not in IN_A_WORKER for side in ("before", "after")]


def at_a_point(ground: Ground, tally: Tally, point: str, action: str = "kill") -> None:
    """End a sweep at a point of its first job, the next at its middle one, the next at its last one; and recover."""
    name = point.split(".")[0]
    case = ground.case(trained=name not in FIT_BY_FIT, database=name not in ONCE)
    jobs = 1 if name in OF_ONE_JOB else JOBS
    order = {"jobs": jobs} | ({"replay": str(ground.control)} if name in FIT_BY_FIT else {})
    for job in (1,) if name in ONCE else dict.fromkeys((1, (1 + jobs) // 2, jobs)):
        own = 0 if name in AT_THE_START else job
        if name == "supersede":
            case.sweep(point="commit.before", action="kill", **order)
        said = case.sweep(point=point, action=action, job=own, **order)
        if said.code != KILLED:
            tally.not_reached.append(f"{point} at job {job}: code {said.code}, {said.error}")
        tally.after_fault(case, f"{point}, job {job}")
    tally.after_recovery(case, point, **order)
    case.drop()


def at_random(ground: Ground, tally: Tally, number: int, seed: int) -> None:
    """Kill sweeps at random moments, the driver or its whole group, each store again and again until it is whole."""
    chance, case, killed = random.Random(seed), None, 0
    while killed < number:
        if case is None:
            case = ground.case(trained=chance.random() < 0.5)
            order = {"replay": str(ground.control)}
        whom = chance.choice(("driver", "group"))
        said = case.sweep(kill_after=chance.uniform(0.01, 1.2), whom=whom, **order)
        if said.code == KILLED:
            killed += 1
            tally.after_fault(case, f"{whom} at random, {seed}")
        if said.code != KILLED or chance.random() < 0.1 or killed == number:
            tally.after_recovery(case, f"at random, {seed}", **order)
            case.drop()
            case = None


def in_training(ground: Ground, tally: Tally, number: int, seed: int) -> None:
    """Kill sweeps while they train: a worker, the driver, or all; a killed worker's program is done again at once."""
    chance, case, killed = random.Random(seed), None, 0
    while killed < number:
        case = case or ground.case(trained=False)
        whom = chance.choice(("driver", "group", "worker"))
        said = case.sweep(kill_after=chance.uniform(1, 20), whom=whom)
        struck = said.code == KILLED or whom == "worker"
        killed += struck
        if struck:
            tally.after_fault(case, f"{whom} in training, {seed}")
        if said.code != KILLED or killed == number:
            tally.after_recovery(case, f"in training, {seed}")
            case.drop()
            case = None


@contextmanager
def disk(folder: Path, kilobytes: int) -> Iterator[None]:
    """Have a small file system in the place of a folder. Raises CalledProcessError where that is not permitted."""
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", folder], check=True, capture_output=True
    )
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def remount(folder: Path, option: str) -> None:
    """Change the file system in the place of a folder: size=N, ro, rw."""
    subprocess.run(["mount", "-o", f"remount,{option}", folder], check=True)


def may_mount(folder: Path) -> bool:
    """Whether this process may make a file system."""
    try:
        with disk(folder, 100):
            return os.geteuid() == 0
    except (OSError, subprocess.CalledProcessError):
        return False


def disk_full(ground: Ground, tally: Tally, sizes: Sequence[float]) -> list[str]:
    """Sweep on disks that hold shares of what is needed, then on one that holds all. Returns what was said."""
    needed = sum(path.stat().st_blocks for path in ground.control.rglob("*")) / 2
    had = sum(path.stat().st_blocks for path in (ground.control / "fits").rglob("*")) / 2
    had += (ground.folder / "empty.db").stat().st_size / 1024 + 100
    told = []
    for size in sizes:
        case = ground.case(trained=False, database=False)
        with disk(case.folder, int(had + size * (needed - had))):
            case.store.mkdir()
            case.tmp.mkdir()
            subprocess.run(["cp", "-r", ground.control / "fits", case.store], check=True)
            subprocess.run(["cp", ground.folder / "empty.db", case.store / "mlflow.db"], check=True)
            said = case.sweep()
            told.append(said.error or "")
            if said.code not in (0, 2):
                tally.wrong.append(f"disk full at {size}: code {said.code}")
            tally.after_fault(case, f"disk full at {size}")
            remount(case.folder, "size=64m")
            tally.after_recovery(case, f"disk full at {size}")
        case.drop()
    return told
