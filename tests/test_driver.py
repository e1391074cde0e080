"""What a sweep does to the process that drives it: nothing that lasts."""

import gc
from dataclasses import dataclass, replace
from pathlib import Path

from conftest import spec
from test_recording import fit

from threshold_lab import data
from threshold_lab.plan import Job
from threshold_lab.provenance import decisions, engine
from threshold_lab.spec import RunSpec
from threshold_lab.store import Store
from threshold_lab.sweep import Place, sweep
from threshold_lab.tracking import HEAD, TABLE_HASH, Database, Memory
from threshold_lab.watching import Watch


@dataclass
class Frozen(Watch):
    """Looks on: how many objects are not looked through while jobs are recorded."""

    objects: int = 0

    def recorded(self, _key: str) -> None:
        self.objects = gc.get_freeze_count()


def laid(own: RunSpec, store: Store) -> Job:
    """A job whose fits are in a store already, so that nothing is trained for it."""
    splits = data.load(own.data)
    job = Job(own, splits.hash, engine(), decisions())
    store.save(*[replace(fit(splits, lane.seed), key=lane.key) for lane in job.lanes])
    return job


def test_circles_are_looked_for_among_what_recording_makes_and_afterwards_among_all(folder):
    own, store, watch = spec(), Store(folder / "mlruns"), Frozen()
    job = laid(own, store)
    before = gc.get_freeze_count()
    outcome = sweep([own], Place(store.folder, 1), watch, runs=Memory)
    assert list(outcome.errors) == [job.key]
    assert watch.objects > 100_000
    assert gc.get_freeze_count() == before


def test_a_file_has_one_experiment_and_one_run_however_it_is_named_and_another_of_its_name_another(folder, monkeypatch):
    store, memory, asked = Store(folder / "mlruns"), Memory(), []
    for place, rows in (("here", 30), ("there", 40)):
        (folder / place).mkdir()
        (folder / place / "t.csv").write_text("x,y\n" + "".join(f"{row % 7},{row % 2}\n" for row in range(rows)))
        monkeypatch.chdir(folder / place)
        paths = ("t.csv", "../" + place + "/t.csv", str(Path("t.csv").resolve()))
        specs = [spec(data={"source": "csv", "path": path, "target": "y"}) for path in paths]
        laid(specs[0], store)
        asked += [sweep(own, Place(store.folder, 1), Watch(), runs=lambda: memory) for own in (specs[:1], specs)]
    assert [[*map(len, (own.jobs, own.asked))] for own in asked] == [[1, 1], [1, 3]] * 2
    one, other = ({key for each in own for key in each.asked} for own in (asked[:2], asked[2:]))
    assert [*memory.records] == [*one, *other]
    hashes = [own.tags[TABLE_HASH][:8] for own in memory.records.values()]
    assert [own.experiment for own in memory.records.values()] == [f"t.csv {own}" for own in hashes]


def test_what_a_later_sweep_does_otherwise_is_in_the_names_and_groups_of_its_runs(folder):
    store = Store(folder / "mlruns")
    for epochs, threshold in ((2, 0.5), (3, 0.5), (2, "f1")):
        own = spec(epochs=epochs, threshold=threshold)
        laid(own, store)
        sweep([own], Place(store.folder, 1), Watch())
    runs = list(Database(store.folder / "mlflow.db").runs())
    head = "sigmoid binary_crossentropy"
    assert {own.name: own.tags[HEAD] for own in runs} == {
        f"{head} 0.5": head,
        f"{head} 0.5 epochs=3": f"{head} epochs=3",
        f"{head} f1": head,
    }
