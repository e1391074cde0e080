"""Stored runs -> tables. Every number is read from what was recorded."""

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from threshold_lab import plan
from threshold_lab.captions import apart
from threshold_lab.errors import StoreError, as_recorded, short
from threshold_lab.metrics import summary
from threshold_lab.plan import Job
from threshold_lab.recording import HALF, SEEDS_TABLE, TUNED
from threshold_lab.store import Store
from threshold_lab.thresholds import title
from threshold_lab.tracking import Runs

_KEY = re.compile(r"[0-9a-f]{64}")

Estimate = tuple[float, float]
"""Mean and standard deviation over seeds."""


@dataclass(frozen=True)
class Row:
    """What one cell came to on the test part: by rule, accuracy and threshold; and over all cuts."""

    name: Mapping[str, str]
    accuracy: Mapping[str, Estimate]
    threshold: Mapping[str, Estimate]
    roc_auc: Estimate
    brier: Estimate | None
    outside: float
    majority: float


def rows(jobs: Sequence[Job], run_ids: Mapping[str, str], runs: Runs) -> list[Row]:
    """Return one row a cell that has a finished run, in the order of the jobs."""
    grouped = plan.cells(job for job in jobs if job.key in run_ids)
    names = apart([own[0] for own in grouped])
    rules = tuned_rules(jobs)
    return [_row(name, _tables(own, run_ids, runs, rules), rules) for name, own in zip(names, grouped, strict=True)]


def tuned_rules(jobs: Iterable[Job]) -> list[str]:
    """Return the rules the jobs choose thresholds by; the default one where they only have fixed ones."""
    named = dict.fromkeys(_title(job) for job in jobs if isinstance(job.spec.threshold, str))
    return list(named) or [TUNED]


def _title(job: Job) -> str:
    return title(job.spec.threshold, job.spec.rule)


def _tables(jobs: Sequence[Job], run_ids: Mapping[str, str], runs: Runs, rules: list[str]) -> pd.DataFrame:
    """The tidy tables of the fewest runs of a cell that hold every rule."""
    needed = [job for job in jobs if _title(job) in rules and _title(job) != TUNED] or [jobs[0]]
    with as_recorded(f"{SEEDS_TABLE} of run {run_ids[needed[0].key]} or one beside it"):
        files = [runs.file(run_ids[job.key], SEEDS_TABLE) for job in needed]
        read = [pd.read_csv(io.BytesIO(own), dtype={"rule": str}) for own in files]
        return pd.concat(read).drop_duplicates(["seed", "part", "rule"])


def _row(name: Mapping[str, str], tidy: pd.DataFrame, rules: list[str]) -> Row:
    found = {rule: summary(tidy, "test", rule) for rule in (str(HALF), *rules) if (tidy["rule"] == rule).any()}
    half = found[str(HALF)]
    at_half = tidy[(tidy["part"] == "test") & (tidy["rule"] == str(HALF))].iloc[0]
    positive = float((at_half["tp"] + at_half["fn"]) / at_half[["tp", "fp", "fn", "tn"]].sum())
    return Row(
        name=name,
        accuracy={rule: own["accuracy"] for rule, own in found.items() if "accuracy" in own},
        threshold={rule: own["threshold"] for rule, own in found.items() if "threshold" in own},
        roc_auc=half["roc_auc"],
        brier=half.get("brier"),
        outside=half.get("outside", (0.0, 0.0))[0],
        majority=max(positive, 1 - positive),
    )


def opened(folder: Path) -> Runs:
    """Return the runs of a folder in which something was planned. Raises StoreError."""
    _planned(Store(folder))
    return Runs(folder)


def _planned(store: Store) -> tuple[dict[str, Any], bool]:
    if (last := store.last_plan()) is None:
        raise StoreError(f"no sweep was planned in {store.folder.resolve()}; make one with: threshold-lab sweep")
    return last


def status(folder: Path) -> dict[str, int]:
    """Return counts of the last sweep planned in a folder: jobs and what became of them, lanes, and fits stored.

    running: jobs without a run yet, of a sweep that is alive. Raises StoreError where nothing was planned.
    """
    store = Store(folder)
    planned, alive = _planned(store)
    with as_recorded(f"the last plan in {folder}"):
        jobs = {job["key"]: job["cell"] for job in planned["jobs"]}
        lanes = {lane for job in planned["jobs"] for lane in job["lanes"]}
        if strange := [own for own in {*jobs, *jobs.values(), *lanes} if not _KEY.fullmatch(own)]:
            raise ValueError(f"{short(strange[0])} is no key")
    stored = Runs(folder).of_cells(dict.fromkeys(jobs.values()))
    statuses = [stored[key].status for key in jobs if key in stored]
    finished, failed = statuses.count("FINISHED"), statuses.count("FAILED")
    return {
        "jobs": len(jobs),
        "finished": finished,
        "failed": failed,
        "running": len(jobs) - finished - failed if alive else 0,
        "lanes": len(lanes),
        "fits": sum(store.has(lane) for lane in lanes),
    }
