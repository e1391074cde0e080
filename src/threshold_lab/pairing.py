"""Two stored runs, on the same seeds and rows -> how a metric differs, over seeds and over rows."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from threshold_lab.cells import TEST_LOGITS, stored_scores
from threshold_lab.comparison import Asked, Comparison, compare
from threshold_lab.counts import Reals
from threshold_lab.errors import DataError, as_recorded, unknown
from threshold_lab.heads import head_of
from threshold_lab.influence import influences
from threshold_lab.recording import SEEDS_TABLE, SPEC
from threshold_lab.records import Scores
from threshold_lab.spec import RunSpec, run_spec
from threshold_lab.thresholds import AT_A_CUT
from threshold_lab.tracking import Runs
from threshold_lab.uncertainty import Interval, by_influence, by_resamples

_BLANK = np.nan, np.nan


@dataclass(frozen=True, eq=False)
class _Stored:
    """A run on the test part at its own threshold: its numbers by seed, and the scores behind them."""

    spec: RunSpec
    numbers: pd.DataFrame
    scores: Scores

    @property
    def called(self) -> Any:
        """What each network calls each row, (r, n)."""
        return self.scores.scores >= self.numbers["threshold"].to_numpy()[:, None]

    def influence(self, metric: str) -> Reals | None:
        """Influence of each row on the mean of a metric of scores, (n,)."""
        own = head_of(self.spec)
        return influences(self.scores, probability=own.probability, low=own.low).get(metric)


def compared(run_ids: tuple[str, str], metric: str, asked: Asked, runs: Runs) -> tuple[Comparison, Interval]:
    """Compare a metric of two runs on the test part, each at its own threshold: over seeds, and its interval over rows.

    The second is blank where the metric is not one of the rows'. Raises DataError where the runs were not made on the
    same rows, or share fewer than two seeds.
    """
    if len({runs.run(run_id).tags.get("data", "") for run_id in run_ids}) > 1:
        raise DataError("the two runs were made on different rows, which do not pair; make both on the same data")
    first, second = _sharing_seeds(*(_read(run_id, runs) for run_id in run_ids))
    if metric not in first.numbers:
        raise DataError(unknown("metric", metric, list(first.numbers)))
    own, other = (run.numbers[metric].to_numpy(np.float64) for run in (first, second))
    found = compare(own, other, asked)
    return found, _over_rows(first, second, metric, found)


def _read(run_id: str, runs: Runs) -> _Stored:
    with as_recorded(f"run {run_id}"):
        spec = run_spec(json.loads(runs.file(run_id, SPEC)))
        tidy = pd.read_csv(io.BytesIO(runs.file(run_id, SEEDS_TABLE)), dtype={"rule": str})
        own = tidy[(tidy["part"] == "test") & (tidy["rule"] == tidy["rule"].iloc[0])]
        scores = stored_scores(runs.file(run_id, TEST_LOGITS), head_of(spec))
        if scores.scores.shape != (len(own), len(scores.labels)):
            raise ValueError(f"{len(own)} rows of {SEEDS_TABLE} and scores of the shape {scores.scores.shape}")
        return _Stored(spec, own.set_index("seed").drop(columns=["part", "rule"]).astype(np.float64), scores)


def _sharing_seeds(first: _Stored, second: _Stored) -> tuple[_Stored, ...]:
    shared = first.numbers.index.intersection(second.numbers.index)
    return tuple(_of_seeds(run, shared) for run in (first, second))


def _of_seeds(run: _Stored, seeds: pd.Index) -> _Stored:
    rows, own = run.numbers.index.get_indexer(seeds), run.scores
    return _Stored(run.spec, run.numbers.loc[seeds], Scores(own.labels, own.logits[rows], own.scores[rows]))


def _over_rows(first: _Stored, second: _Stored, metric: str, found: Comparison) -> Interval:
    """Interval of the difference on other rows, the networks and their thresholds as they are."""
    labels, networks = first.scores.labels, len(first.numbers)
    settings = replace(first.spec.rule, confidence=found.confidence)
    if metric in AT_A_CUT and (metric != "expected_cost" or settings.cost == second.spec.rule.cost):
        called = np.concatenate([first.called, second.called])
        return by_resamples(called, labels, settings, first.spec.seed, _gain(networks)).get(metric, _BLANK)
    moved = [run.influence(metric) for run in (first, second)]
    if moved[0] is None or moved[1] is None:
        return _BLANK
    half = by_influence(moved[1] - moved[0], labels, found.confidence)
    return found.difference - half, found.difference + half


def _gain(networks: int) -> Callable[[Reals], Reals]:
    """Mean of the second job's networks less that of the first's, (2 r, b) -> (b,)."""
    return lambda values: np.asarray(values[networks:].mean(axis=0) - values[:networks].mean(axis=0))
