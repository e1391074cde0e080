"""Jobs of a study that have run -> their numbers by seed, and what tells them apart."""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from threshold_lab.counts import Reals
from threshold_lab.plan import Job
from threshold_lab.recording import SEEDS_TABLE
from threshold_lab.spec import RunSpec, leaves
from threshold_lab.tracking import Records, StoredRun

_COUNTS = ["tp", "fp", "fn", "tn"]


@dataclass(frozen=True, eq=False)
class Result:
    """A job that has run, and its numbers at its own threshold: a row a seed and part."""

    job: Job
    run: StoredRun
    numbers: pd.DataFrame

    def of(self, metric: str, part: str = "test") -> Reals:
        """Return a number of each network, (r,), in the order of the seeds."""
        return self.numbers.loc[self.numbers["part"] == part, metric].to_numpy(np.float64)

    def counts(self, parts: Sequence[str]) -> Reals:
        """Return tp, fp, fn and tn of each network over some parts together, (r, 4)."""
        own = [self.numbers.loc[self.numbers["part"] == part, _COUNTS].to_numpy(np.float64) for part in parts]
        return np.asarray(np.sum(own, axis=0))


def is_one_of(spec: RunSpec, chosen: Mapping[str, Any]) -> bool:
    """Whether a job has these leaves."""
    own = leaves(spec)
    return all(own.get(name) == (list(value) if isinstance(value, tuple) else value) for name, value in chosen.items())


def results(jobs: Iterable[Job], stored: Mapping[str, StoredRun], runs: Records) -> list[Result]:
    """Return those of some jobs that are finished, in their order."""
    done = [(job, stored[job.key]) for job in jobs if job.key in stored and stored[job.key].status == "FINISHED"]
    return [Result(job, run, _own_rule(runs.file(run.run_id, SEEDS_TABLE))) for job, run in done]


def _own_rule(content: bytes) -> pd.DataFrame:
    tidy = pd.read_csv(io.BytesIO(content), dtype={"rule": str})
    own: pd.DataFrame = tidy[tidy["rule"] == tidy["rule"].iloc[0]]
    return own
