"""Stored runs of a sweep -> a row a cell: what its networks came to on the test part."""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from threshold_lab import plan
from threshold_lab.errors import as_recorded
from threshold_lab.metrics import summary
from threshold_lab.naming import apart
from threshold_lab.plan import Job
from threshold_lab.recording import HALF, SEEDS_TABLE, TUNED
from threshold_lab.thresholds import title
from threshold_lab.tracking import Runs

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
