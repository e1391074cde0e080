"""A store -> what a report is made of: the sweep, the question's own model, the answers."""

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from typing import Any

import numpy as np
import pandas as pd

from threshold_lab.cells import TEST_LOGITS, stored_scores
from threshold_lab.claims.answer import Answer
from threshold_lab.claims.kept import stored as stored_answers
from threshold_lab.counts import Reals
from threshold_lab.errors import StoreError
from threshold_lab.heads import head_of
from threshold_lab.overview import TABLE
from threshold_lab.plan import Job
from threshold_lab.recording import HISTOGRAM, SEEDS_TABLE, TUNED
from threshold_lab.records import Scores
from threshold_lab.report.rows import Row, rows
from threshold_lab.reproduce.stored import CannotError, Stored, stored
from threshold_lab.spec import RuleSettings, RunSpec, canonical
from threshold_lab.tracking import SWEEP, TABLE_HASH, Runs, StoredRun

_COLUMNS = {"run", "cell", "cut", "run_id", "majority"}


@dataclass(frozen=True, eq=False)
class Own:
    """A model whose threshold a reader may move. rule: how it is tuned. cut: each network's threshold by it, where
    there is one. half: where P is one half.
    """

    name: str
    scores: Scores
    labels: tuple[str, str]
    unit: str
    half: float
    rule: str
    cut: Reals


@dataclass(frozen=True, eq=False)
class Sweep:
    """A sweep that is recorded. rows: a cell each, and own, which of them is the question's. runs: every job's name and
    run id. networks: trained in all.
    """

    name: str
    rows: Sequence[Row]
    runs: Sequence[tuple[str, str]]
    networks: int
    seeds: int
    provenance: Mapping[str, Any]
    model: Own
    own: int

    @cached_property
    def rule(self) -> str:
        """The rule of the tuned cut that is told."""
        return list(self.rows[0].accuracy)[-1]


@dataclass(frozen=True, eq=False)
class Found:
    """What is told. sweep: None where the question's is not stored. answers: by the number of their claims."""

    address: str
    sweep: Sweep | None
    answers: Sequence[Answer]


def found(runs: Runs, question: Sequence[RunSpec], name: str = "") -> Found:
    """Read what is stored. question: a job of each of the question's own cells, its own model the first.

    name: of a sweep, or its run's id; without one it is the newest of the question's, or what there is of it. Raises
    StoreError, also where there is nothing to tell.
    """
    own = Found(runs.address, _sweep(runs, question, name), stored_answers(runs))
    if own.sweep is None and not own.answers:
        raise StoreError(
            f"the runs at {runs.address} hold neither the question's sweep nor an answer to a claim; make them with: "
            f"threshold-lab sweep, threshold-lab claims; or name another sweep with --sweep ID"
        )
    return own


def _sweep(runs: Runs, question: Sequence[RunSpec], name: str) -> Sweep | None:
    known, read = [_key(spec) for spec in question], cache(partial(_stored, runs=runs))
    if name:
        run = _named(runs, name)
        return _read(run, _table(run, runs), read, known[0], runs)
    tables = [(run, _table(run, runs)) for run in runs.of_kind("sweep")]
    asked = [own for own in tables if own[1]["cell"].nunique() <= len(known)]
    for run, table in sorted(asked, key=lambda own: -own[1]["cell"].nunique()):
        if all(_key(read(run_id).spec) in known for run_id in table.drop_duplicates("cell")["run_id"]):
            return _read(run, table, read, known[0], runs)
    return None


def _named(runs: Runs, name: str) -> StoredRun:
    every = runs.of_kind("sweep")
    if not (own := [run for run in every if name in (run.run_id, run.tags.get(SWEEP))]):
        names = ", ".join(dict.fromkeys(run.tags.get(SWEEP, run.run_id) for run in every)) or "none"
        raise StoreError(f"no sweep of two jobs or more is named {name!r}; there are: {names}")
    return own[0]


def _key(spec: RunSpec) -> str:
    """What a cell is, whatever its cut."""
    return canonical(replace(spec, threshold=0.5, rule=RuleSettings()))


def _table(run: StoredRun, runs: Runs) -> pd.DataFrame:
    table = pd.read_csv(io.BytesIO(runs.file(run.run_id, TABLE)), dtype={"cut": str, "cell": str, "run": str})
    if not set(table) >= _COLUMNS or table.empty:
        raise StoreError(f"{TABLE} of run {run.run_id} is not as it was written; run its sweep again in another store")
    return table


def _stored(run_id: str, runs: Runs) -> Stored:
    try:
        return stored(run_id, runs)
    except CannotError as error:
        raise StoreError(f"run {run_id} cannot be told: {error}") from None


def _read(run: StoredRun, table: pd.DataFrame, read: Callable[[str], Stored], question: str, runs: Runs) -> Sweep:
    known = [read(run_id) for run_id in _needed(table)]
    jobs = [_job(own) for own in known]
    cells = {job.cell: job for job in reversed(jobs)}
    firsts = [cells[key] for key in dict.fromkeys(job.cell for job in jobs)]
    own = next((place for place, job in enumerate(firsts) if _key(job.spec) == question), 0)
    ids = {job.key: one.run.run_id for job, one in zip(jobs, known, strict=True)}
    return Sweep(
        name=run.tags.get(SWEEP, ""),
        rows=rows(jobs, ids, runs),
        runs=list(zip(table["run"], table["run_id"], strict=True)),
        networks=len({lane.key for job in firsts for lane in job.lanes}),
        seeds=firsts[own].spec.seeds,
        provenance=known[0].provenance,
        model=_own(firsts[own], ids[firsts[own].key], runs),
        own=own,
    )


def _needed(table: pd.DataFrame) -> Iterator[str]:
    """The fewest runs that tell of every cell and rule: the first of a cell, which has the tuned cut as well; and,
    where there are others, those that a rule cuts.
    """
    chosen = pd.to_numeric(table["cut"], errors="coerce").isna()
    if set(table.loc[chosen, "cut"]) <= {TUNED}:
        chosen &= False
    yield from table.loc[~table["cell"].duplicated() | chosen, "run_id"].astype(str)


def _job(own: Stored) -> Job:
    tags = own.run.tags
    return Job(own.spec, own.data, tags["engine"], str(own.provenance["decisions"]), files=tags.get(TABLE_HASH, ""))


def _own(job: Job, run_id: str, runs: Runs) -> Own:
    counted = json.loads(runs.file(run_id, HISTOGRAM))
    negative, positive = counted["counts"]
    head = head_of(job.spec)
    return Own(
        name=f"{job.spec.activation}, {job.spec.loss}",
        scores=stored_scores(runs.file(run_id, TEST_LOGITS), head),
        labels=(negative, positive),
        unit=counted["unit"],
        half=0.5 if head.scale.half is None else head.scale.half,
        rule=TUNED,
        cut=_cut(runs.file(run_id, SEEDS_TABLE)),
    )


def _cut(content: bytes) -> Reals:
    tidy = pd.read_csv(io.BytesIO(content), dtype={"rule": str})
    cut = np.asarray(tidy.loc[(tidy["part"] == "test") & (tidy["rule"] == TUNED), "threshold"], np.float64)
    return cut[np.isfinite(cut)]
