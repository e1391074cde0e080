"""What a sweep does to the process that drives it: nothing that lasts."""

import gc
from dataclasses import dataclass, replace

from conftest import spec
from test_recording import fit

from threshold_lab import data
from threshold_lab.plan import Job
from threshold_lab.provenance import decisions, engine
from threshold_lab.store import Store
from threshold_lab.sweep import Place, sweep
from threshold_lab.tracking import Memory
from threshold_lab.watching import Watch


@dataclass
class Frozen(Watch):
    """Looks on: how many objects are not looked through while jobs are recorded."""

    objects: int = 0

    def recorded(self, _key: str) -> None:
        self.objects = gc.get_freeze_count()


def test_circles_are_looked_for_among_what_recording_makes_and_afterwards_among_all(folder):
    own, store, watch = spec(), Store(folder / "mlruns"), Frozen()
    splits = data.load(own.data)
    job = Job(own, splits.hash, engine(), decisions())
    store.save(*[replace(fit(splits, lane.seed), key=lane.key) for lane in job.lanes])
    before = gc.get_freeze_count()
    outcome = sweep([own], Place(store.folder, 1), watch, runs=Memory)
    assert list(outcome.errors) == [job.key]
    assert watch.objects > 100_000
    assert gc.get_freeze_count() == before
