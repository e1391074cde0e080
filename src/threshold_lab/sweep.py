"""Jobs -> lanes -> programs -> runs: the whole pipeline, to be read from top to bottom."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from threshold_lab import data, plan
from threshold_lab.executors import LocalPool
from threshold_lab.plan import Job
from threshold_lab.provenance import engine, provenance
from threshold_lab.recording import VALIDATION_ERROR, Cell, Origin, cell_of, description, diverged, record_of
from threshold_lab.records import Splits
from threshold_lab.spec import Lane, RunSpec
from threshold_lab.store import Store
from threshold_lab.tracking import REASON, Runs, StoredRun


class Watch(Protocol):
    """Who looks on: told what is planned and done; `checkpoint` raises to stop between two steps."""

    def planned(self, *, jobs: int, recorded: int, lanes: int, trained: int, programs: int) -> None:
        """Say what there is: all jobs and those recorded before, all lanes and those trained before."""

    def trained(self, lanes: int) -> None:
        """Say that one more program is done."""

    def recorded(self) -> None:
        """Say that one more run is stored."""

    def checkpoint(self) -> None:
        """Raise to stop here."""


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


def sweep(
    specs: Sequence[RunSpec], *, folder: Path, watch: Watch, workers: int | None = None, command: str = ""
) -> Outcome:
    """Run jobs: train the networks that are not trained yet, record the jobs that are not recorded yet."""
    plan.check(specs)
    splits = {source: data.load(source) for source in dict.fromkeys(spec.data for spec in specs)}
    asked = [Job(spec, splits[spec.data].hash, engine()) for spec in specs]
    jobs = tuple(dict.fromkeys(asked))
    watch.checkpoint()
    store = Store(folder)
    store.create()
    name = f"{time.strftime('%Y%m%d-%H%M%S')}-{jobs[0].key[:6]}"
    with store.planned(name, _plan(jobs, command)), LocalPool(workers) as pool:
        if not all(store.has(lane.key) for job in jobs for lane in job.lanes):
            pool.start()
        runs = Runs(folder)
        watch.checkpoint()
        stored = runs.of_cells(dict.fromkeys(job.cell for job in jobs))
        origin = Origin(name, provenance(), {"store": str(folder), "executor.workers": workers})
        recorder = _Recorder(runs, store, {own.hash: own for own in splits.values()}, origin, watch, stored)
        todo = [job for job in jobs if not _settled(stored.get(job.key))]
        exported = frozenset(job.lanes[0].key for job in todo)
        missing = {lane.key: lane for job in todo for lane in job.lanes if not _is_there(store, lane, exported)}
        programs = plan.programs(missing.values(), exported)
        lanes = {lane.key for job in jobs for lane in job.lanes}
        watch.planned(
            jobs=len(jobs),
            recorded=len(jobs) - len(todo),
            lanes=len(lanes),
            trained=len(lanes) - len(missing),
            programs=len(programs),
        )
        waiting = recorder.record_ready(plan.cells(todo), set(missing))
        for program, fits in pool.train(programs, recorder.splits, watch.checkpoint):
            recorder.keep(program, fits)
            watch.trained(len(program.lanes))
            waiting = recorder.record_ready(waiting, missing.keys() - recorder.done)
    keys = tuple(job.key for job in asked)
    return Outcome(jobs, keys, recorder.run_ids, recorder.errors, recorder.failed)


@dataclass(eq=False)
class _Recorder:
    """The one writer of a sweep: puts fits into the store and jobs into MLflow as soon as they are whole."""

    runs: Runs
    store: Store
    splits: Mapping[str, Splits]
    origin: Origin
    watch: Watch
    stored: Mapping[str, StoredRun]
    done: set[str] = field(default_factory=set)
    lost: dict[str, str] = field(default_factory=dict)
    run_ids: dict[str, str] = field(default_factory=dict)
    errors: dict[str, float] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for key, run in self.stored.items():
            if run.status == "FINISHED":
                self.run_ids[key], self.errors[key] = run.run_id, run.metrics[VALIDATION_ERROR]
            elif _settled(run):
                self.run_ids[key], self.failed[key] = run.run_id, run.tags[REASON]

    def keep(self, program: plan.Program, fits: Any) -> None:
        """Store what came of a program: its fits, or why there are none."""
        self.done |= {lane.key for lane in program.lanes}
        if isinstance(fits, Exception):
            reason = f"training failed: {type(fits).__name__}: {fits}"
            self.lost |= {lane.key: reason for lane in program.lanes}
            return
        for fit in fits:
            self.store.save(fit)

    def record_ready(self, cells: Iterable[tuple[Job, ...]], missing: Any) -> list[tuple[Job, ...]]:
        """Record the cells none of whose lanes is missing; return the others."""
        waiting = []
        for jobs in cells:
            if any(lane.key in missing for lane in jobs[0].lanes):
                waiting.append(jobs)
            else:
                self._record_cell(jobs)
        return waiting

    def _record_cell(self, jobs: tuple[Job, ...]) -> None:
        lanes, seeds = jobs[0].lanes, jobs[0].spec.all_seeds
        if lost := [self.lost[lane.key] for lane in lanes if lane.key in self.lost]:
            return self._each(jobs, partial(self._fail, reason=lost[0]))
        fits = [fit for lane in lanes if (fit := self.store.fit(lane.key)) is not None]
        if reason := diverged(fits, seeds):
            return self._each(jobs, partial(self._fail, reason=reason))
        cell = cell_of(jobs[0], fits, self.splits[jobs[0].data])
        return self._each(jobs, partial(self._finish, cell=cell))

    def _each(self, jobs: tuple[Job, ...], write: Callable[[Job], str]) -> None:
        for job in jobs:
            self.watch.checkpoint()
            if job.key in self.stored:
                self.runs.supersede(self.stored[job.key].run_id)
            self.run_ids[job.key] = write(job)
            self.watch.recorded()

    def _finish(self, job: Job, cell: Cell) -> str:
        record = record_of(job, cell, self.origin)
        self.errors[job.key] = record.metrics[VALIDATION_ERROR]
        return self.runs.record(record)

    def _fail(self, job: Job, reason: str) -> str:
        self.failed[job.key] = reason
        return self.runs.fail(description(job, self.origin), reason)


def _settled(run: StoredRun | None) -> bool:
    """Whether a job need not run again: it is finished, or it diverged, as it would again."""
    if run is None:
        return False
    return run.status == "FINISHED" or (run.status == "FAILED" and run.tags.get(REASON, "").startswith("diverged"))


def _is_there(store: Store, lane: Lane, exported: frozenset[str]) -> bool:
    fit = store.fit(lane.key)
    return fit is not None and (fit.model is not None or lane.key not in exported)


def _plan(jobs: Iterable[Job], command: str) -> dict[str, Any]:
    return {
        "command": command,
        "jobs": [{"key": job.key, "cell": job.cell, "lanes": [lane.key for lane in job.lanes]} for job in jobs],
    }
