"""Jobs -> lanes -> programs -> runs: the whole pipeline, to be read from top to bottom."""

import gc
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from threshold_lab import data, faults, plan
from threshold_lab.cells import DIVERGED, Cell, cell_of, diverged
from threshold_lab.errors import DataError, gather
from threshold_lab.executors import LocalPool
from threshold_lab.faults import around
from threshold_lab.introducing import introduce, shared_data
from threshold_lab.overview import is_drawn, lone_pages, overviews
from threshold_lab.plan import Job
from threshold_lab.process import Limits
from threshold_lab.provenance import decisions, engine, provenance
from threshold_lab.recording import UNDECIDED, VALIDATION_ERROR, Origin, description, record_of
from threshold_lab.records import Fit, Splits
from threshold_lab.sealing import last_values, sealed
from threshold_lab.signing import RUNS
from threshold_lab.spec import Lane, RunSpec
from threshold_lab.store import Store
from threshold_lab.threads import OF_MATRICES
from threshold_lab.tracking import ALONE, PARENT, REASON, Records, Runs, StoredRun, most_patience
from threshold_lab.watching import Watch


@dataclass(frozen=True)
class Outcome:
    """What a sweep left.

    jobs: each distinct one, and `asked`, the keys in the order of the specs. By a job's key: run_ids of all,
    errors (1 - accuracy at the job's cut on the validation part) of the finished, failed with the reason.
    """

    jobs: tuple[Job, ...]
    asked: tuple[str, ...]
    run_ids: Mapping[str, str]
    errors: Mapping[str, float]
    failed: Mapping[str, str]


@dataclass(frozen=True)
class Place:
    """Where a sweep runs; it changes no result. workers: None, one a core. wait: for another sweep, or be refused.

    studies: what jobs are asked for, by their specifications, where it is more than themselves.
    """

    folder: Path
    workers: int | None = None
    limits: Limits = field(default_factory=Limits)
    wait: bool = True
    studies: Mapping[RunSpec, str] = field(default_factory=dict)


def sweep(
    specs: Sequence[RunSpec], place: Place, watch: Watch, command: str = "", runs: Callable[[], Records] | None = None
) -> Outcome:
    """Run jobs: train the networks that are not trained yet, record the jobs that are not recorded yet.

    command: what the plan says it was. runs: opens what the jobs are recorded in, MLflow's runs of the place if None.
    Raises ConfigError and DataError before anything is written, StoreError where the store or the runs cannot be used;
    a job that fails stops no other and is in `Outcome.failed`.
    """
    plan.check(specs)
    gather([faults.of_environment, most_patience])
    sources = list(dict.fromkeys(spec.data for spec in specs))
    loaded = dict(zip(sources, gather([partial(data.load, own) for own in sources], DataError), strict=True))
    asked = [
        Job(own, loaded[own.data].hash, engine(), decisions(), place.studies.get(own, ""), loaded[own.data].files)
        for own in specs
    ]
    jobs = tuple(dict.fromkeys(asked))
    if found := list(dict.fromkeys(each for own in loaded.values() for each in own.suspicions)):
        watch.suspicious(found)
    watch.checkpoint()
    store = Store(place.folder)
    wait = partial(watch.waiting, f"another sweep is at work in {place.folder}") if place.wait else None
    with store.held(wait), LocalPool(place.workers, place.limits) as pool:
        splits = pool.share({own.hash: own for own in loaded.values()})
        loaded.clear()  # from here on the rows are mapped, once for all processes
        absent = [lane for job in jobs for lane in job.lanes if not store.has(lane.key)]
        programs = plan.programs(absent, _sizes(splits), frozenset())
        pool.start(len(programs))  # TensorFlow is imported there while the database is opened here
        places = {"store": str(place.folder), "executor.workers": place.workers}
        own = runs() if runs else Runs(place.folder, look=watch.waiting)
        own.clear()
        name = store.plan(f"{time.strftime('%Y%m%d-%H%M%S')}-{jobs[0].key[:6]}", _plan(jobs, command))
        origin = introduce(jobs, splits, own, Origin(name, command, provenance(), places))
        recorder = _Recorder(own, store, splits, origin, watch)
        with _light():
            _train_and_record(jobs, recorder, pool)
            recorder.sum_up(jobs)
        store.conclude(name, {**_plan(jobs, command), RUNS: recorder.run_ids})
        own.clear()
    return Outcome(jobs, tuple(job.key for job in asked), recorder.run_ids, recorder.errors, recorder.failed)


@contextmanager
def _light() -> Iterator[None]:
    """Multiply matrices on one thread, beside the workers, and look for dead circles among new objects alone."""
    own = gc.get_freeze_count() == 0
    gc.freeze()  # the libraries' half a million objects live on
    try:
        with threadpool_limits(OF_MATRICES, "blas"):
            yield
    finally:
        if own:
            gc.unfreeze()


def _train_and_record(jobs: Sequence[Job], recorder: "_Recorder", pool: LocalPool) -> None:
    """Train what is missing; record each cell of jobs as soon as all its networks are there."""
    watch = recorder.watch
    watch.checkpoint()
    todo = recorder.unsettled(jobs)
    exported = frozenset(job.lanes[0].key for job in todo)
    missing = recorder.missing([lane for job in todo for lane in job.lanes], exported)
    programs = plan.programs(missing, _sizes(recorder.splits), exported)
    lanes = len({lane.key for job in jobs for lane in job.lanes})
    counts = {"jobs": len(jobs), "recorded": len(jobs) - len(todo), "lanes": lanes, "trained": lanes - len(missing)}
    watch.planned(**counts, programs=len(programs))
    if programs:
        watch.contracts(plan.contracts(lane.training for lane in missing))
    waiting = plan.Waiting(plan.cells(todo), missing)
    recorder.record(waiting.complete())
    for program, fits in pool.train(programs, watch.training):
        recorder.keep(program, fits)
        watch.trained(len(program.lanes))
        recorder.record(waiting.arrived(program.lanes))


def _sizes(splits: Mapping[str, Splits]) -> dict[str, tuple[int, int]]:
    return {key: own.train.features.shape for key, own in splits.items()}


def _plan(jobs: Iterable[Job], command: str) -> dict[str, Any]:
    return {
        "command": command,
        "jobs": [{"key": job.key, "cell": job.cell, "lanes": [lane.key for lane in job.lanes]} for job in jobs],
    }


@dataclass(eq=False)
class _Recorder:
    """The one writer of a sweep: puts fits into the store and jobs into MLflow, and knows what became of each.

    By a job's key: stored, the finished runs; superseded, the ids of those that are made again.
    """

    runs: Records
    store: Store
    splits: Mapping[str, Splits]
    origin: Origin
    watch: Watch
    stored: dict[str, StoredRun] = field(default_factory=dict)
    superseded: dict[str, str] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)
    run_ids: dict[str, str] = field(default_factory=dict)
    errors: dict[str, float] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def unsettled(self, jobs: Sequence[Job]) -> list[Job]:
        """Return the jobs that have to run; what is stored of the others is taken over."""
        stored = self.runs.of_cells(dict.fromkeys(job.cell for job in jobs))
        return [job for job in jobs if job.key not in stored or not self._settled(stored[job.key])]

    def _settled(self, run: StoredRun) -> bool:
        """Whether a job need not run again: it is finished, or it diverged or could not be cut, as it would again."""
        reason = run.tags.get(REASON, "")
        if run.status == "FINISHED":
            self._finished(run)
        elif run.status == "FAILED" and reason.startswith((DIVERGED, UNDECIDED)):
            self.run_ids[run.key], self.failed[run.key] = run.run_id, reason
        else:
            self.superseded[run.key] = run.run_id
        return run.key in self.run_ids

    def missing(self, lanes: Iterable[Lane], exported: frozenset[str]) -> list[Lane]:
        """Return the distinct lanes that have no whole fit, or none with a model where one is to be exported."""
        fits = ((lane, self.store.fit(lane.key)) for lane in dict.fromkeys(lanes))
        return [lane for lane, fit in fits if fit is None or (fit.model is None and lane.key in exported)]

    def keep(self, program: plan.Program, fits: list[Fit] | Exception) -> None:
        """Store what came of a program: its fits, or why there are none."""
        if isinstance(fits, Exception):
            reason = f"training failed: {type(fits).__name__}: {fits}"
            self.lost |= {lane.key: reason for lane in program.lanes}
            return
        with around("keep"):
            self.store.save(*fits)

    def record(self, cells: Iterable[tuple[Job, ...]]) -> None:
        """Write the runs of cells all of whose lanes are trained, or lost."""
        for jobs in cells:
            write = self._writer(jobs[0])
            for job in jobs:
                self.watch.checkpoint()
                if job.key in self.superseded:
                    self.runs.supersede(self.superseded[job.key])
                self.run_ids[job.key] = write(job)
                self.watch.recorded(job.key)

    def sum_up(self, jobs: Sequence[Job]) -> None:
        """Write one run for the whole sweep above those of its jobs, if any of them is new."""
        if not self.runs.shown or is_drawn(jobs, self.stored):
            return
        self.watch.checkpoint()
        self.watch.summing_up()
        for record, below in overviews(jobs, self.stored, self.runs, self.origin):
            whole = replace(record, data=shared_data(below, self.splits))
            self.runs.adopt(self.runs.record(sealed(whole)), [self.stored[job.key] for job in below])
        for run, page in lone_pages(jobs, self.stored, self.runs):
            self.runs.annotate(run.run_id, {ALONE: "true"}, page)

    def _writer(self, job: Job) -> Callable[[Job], str]:
        """What writes each job of a cell: its results, worked out here once, or why it has none."""
        found = [(lane, self.store.fit(lane.key)) for lane in job.lanes]
        gone = [self.lost.get(lane.key, "a fit was removed from the store") for lane, fit in found if fit is None]
        fits = [fit for _, fit in found if fit is not None]
        if reason := gone[0] if gone else diverged(job, fits):
            return partial(self._fail, reason=reason)
        return partial(self._finish, cell=cell_of(job, fits, self.splits[job.data]))

    def _finish(self, job: Job, cell: Cell) -> str:
        try:
            record = record_of(job, cell, self.origin)
        except DataError as error:
            return self._fail(job, reason=f"{UNDECIDED}: {error}")
        run_id = self.runs.record(record)
        self._finished(StoredRun(run_id, job.key, "FINISHED", record.tags, last_values(record)))
        return run_id

    def _finished(self, run: StoredRun) -> None:
        drawn = {name: run.tags[name] for name in (PARENT, ALONE) if name in run.tags}
        self.stored[run.key] = replace(run, tags=drawn)  # of thousands, no more is kept than the end asks for
        self.run_ids[run.key], self.errors[run.key] = run.run_id, run.metrics[VALIDATION_ERROR]

    def _fail(self, job: Job, reason: str) -> str:
        self.failed[job.key] = reason
        own = description(job, self.origin)
        return self.runs.fail(sealed(replace(own, tags={**own.tags, REASON: reason})), reason)
