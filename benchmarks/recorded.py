"""What it takes to record the runs of a sweep whose networks are trained, in an empty store and in a full one."""

import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from shutil import copytree
from statistics import median
from typing import Any, NamedTuple

from threshold_lab import sweep as pipeline
from threshold_lab.spec import RunSpec
from threshold_lab.tracking import Runs, StoredRun
from threshold_lab.watching import Watch

SWEEPS = 7


def scaling(specs: list[RunSpec], trained: Path, folder: Path, full: Path) -> dict[str, Any]:
    """The same jobs recorded in an empty store and in a full one in turns: what else goes on weighs on both."""
    found = {"empty": [], "of_10000": []}
    for turn in range(1, 1 + SWEEPS):
        jobs = [_named(own, turn) for own in specs]
        stores = {"empty": folder / f"empty{turn}", "of_10000": full}
        for name in sorted(stores, reverse=turn % 2 == 0):
            found[name].append(recorded(jobs, trained, stores[name]))
    empty, crowded = ([own.wall for own in seconds] for seconds in found.values())
    processor = {name: [own.processor for own in seconds] for name, seconds in found.items()}
    return {
        "tracking_seconds": {"empty": empty, "of_10000": crowded},
        "tracking_processor_seconds": processor,
        "tracking_ms": 1000 * median(empty) / len(specs),
        "tracking_scaling": median(more / less for more, less in zip(crowded, empty, strict=True)),
        "tracking_processor_scaling": median(
            more / less for more, less in zip(processor["of_10000"], processor["empty"], strict=True)
        ),
    }


class Seconds(NamedTuple):
    wall: float
    processor: float

    def since(self, before: "Seconds") -> "Seconds":
        return Seconds(self.wall - before.wall, self.processor - before.processor)

    def and_(self, other: "Seconds") -> "Seconds":
        return Seconds(self.wall + other.wall, self.processor + other.processor)


def _now() -> Seconds:
    return Seconds(time.perf_counter(), time.process_time())


class _Sought(Runs):
    """Runs that know how long it took to find those of the same jobs."""

    spent = Seconds(0.0, 0.0)

    def of_cells(self, cells: Iterable[str]) -> dict[str, StoredRun]:
        begun = _now()
        found = super().of_cells(cells)
        self.spent = _now().since(begun)
        return found


class _Clock(Watch):
    """Looks on: when recording began and ended."""

    begun = ended = Seconds(0.0, 0.0)

    def planned(self, **_: int) -> None:
        self.begun = _now()

    def summing_up(self) -> None:
        self.ended = _now()


def recorded(specs: list[RunSpec], trained: Path, store: Path) -> Seconds:
    """What it took to find whether jobs are recorded, and to record them all; their networks are trained."""
    if not (store / "fits").exists():
        store.mkdir(exist_ok=True)
        copytree(trained / "fits", store / "fits")
    clock, runs = _Clock(), []
    place = pipeline.Place(store, workers=1)
    pipeline.sweep(specs, place, clock, "threshold-lab sweep", lambda: runs.append(_Sought(store)) or runs[0])
    found = clock.ended.since(clock.begun).and_(runs[0].spent)
    print(f"  {1000 * found.wall / len(specs):.1f} ms a run in {store.name}", flush=True)
    return found


def _named(spec: RunSpec, turn: int) -> RunSpec:
    """The same job, of the same networks, under another key: its settings of a rule it does not use differ."""
    return replace(spec, rule=replace(spec.rule, beta=2.0 + turn))
