"""A stored run and the same job made again -> what differs, where, and by how much."""

import io
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from threshold_lab.arrays import arrays_in
from threshold_lab.cells import TEST_LOGITS, WEIGHTS, stored_scores
from threshold_lab.counts import Reals
from threshold_lab.errors import StoreError
from threshold_lab.heads import Head, head_of
from threshold_lab.recording import PROVENANCE, SEEDS_TABLE, SPEC
from threshold_lab.sealing import HASHES, ROWS, last_values
from threshold_lab.spec import RunSpec
from threshold_lab.tracking import RunRecord

OF_THEIR_TIME = (PROVENANCE, HASHES, ROWS, SPEC, "model/")
"""Begins of the names of files that hold when and where they were made, or are compared before."""


@dataclass(frozen=True)
class Difference:
    """What is not the same, and by how much where that is a number: the largest absolute difference."""

    what: str
    by: float = float("nan")

    def __str__(self) -> str:
        return self.what if np.isnan(self.by) else f"{self.what}: up to {self.by:.3g}"


def compared_files(record: RunRecord, recorded: Collection[str]) -> tuple[list[str], list[str]]:
    """Return the names of the files that are compared, and of those that a run is given since it was recorded.

    recorded: those the run was stored with, by its hashes: it lacks what was not made in its time.
    """
    own = [name for name in record.files if not name.startswith(OF_THEIR_TIME)]
    return [name for name in own if name in recorded], [name for name in own if name not in recorded]


def differences(metrics: Mapping[str, float], files: Mapping[str, bytes], record: RunRecord) -> Iterator[Difference]:
    """Yield what of a stored run is not as made again: its metrics, and each of its files."""
    again = last_values(record)
    for name in dict.fromkeys([*metrics, *again]):
        if metrics.get(name) != again.get(name):
            yield Difference(f"metric {name}", abs(metrics.get(name, np.nan) - again.get(name, np.nan)))
    for name, content in files.items():
        if content != record.files[name]:
            yield from _OF_KIND.get(name.rpartition(".")[2], _whole)(name, content, record.files[name])


def _whole(name: str, _: bytes, __: bytes) -> Iterator[Difference]:
    yield Difference(name)


def _arrays(name: str, then: bytes, now: bytes) -> Iterator[Difference]:
    try:
        one, other = arrays_in(then), arrays_in(now)
    except StoreError:
        yield Difference(f"{name} is damaged")
        return
    if set(one) != set(other) or any(one[key].shape != other[key].shape for key in one):
        yield Difference(f"{name}: other arrays")
        return
    for key in one:
        if one[key].tobytes() != other[key].tobytes():
            yield Difference(f"{name} {key}", float(np.max(np.abs(one[key].astype(float) - other[key].astype(float)))))


def _tables(name: str, then: bytes, now: bytes) -> Iterator[Difference]:
    try:
        one, other = (pd.read_csv(io.BytesIO(own)) for own in (then, now))
    except ValueError:
        yield Difference(f"{name} is damaged")
        return
    if list(one) != list(other) or len(one) != len(other):
        yield Difference(f"{name}: other rows or columns")
        return
    for column in one:
        if not one[column].equals(other[column]):
            numbers = [pd.to_numeric(own[column], errors="coerce").to_numpy(float) for own in (one, other)]
            yield Difference(f"{name} {column}", _largest(*numbers))


def _json(name: str, then: bytes, now: bytes) -> Iterator[Difference]:
    try:
        one, other = json.loads(then), json.loads(now)
    except (ValueError, RecursionError):
        yield Difference(f"{name} is damaged")
        return
    keys = dict.fromkeys([*one, *other]) if isinstance(one, dict) else {}
    found = [Difference(f"{name} {key}") for key in keys if one.get(key) != other.get(key)]
    yield from found or [Difference(name)]


def _largest(one: Any, other: Any) -> float:
    gaps = np.abs(one - other)
    return float(np.nanmax(gaps)) if np.isfinite(gaps).any() else float("nan")


_OF_KIND = {"npz": _arrays, "csv": _tables, "json": _json}


def _meant(scores: Reals, own: Head) -> Reals:
    """Scores as probabilities where they stand for such, clipped to [0, 1]."""
    to = own.scale.probability
    return scores if to is None else np.clip(np.vectorize(to, otypes=[float])(scores), 0, 1)


def rows_tested(spec: RunSpec, files: Mapping[str, bytes]) -> int:
    """Return the number of rows of the test part."""
    return stored_scores(files[TEST_LOGITS], head_of(spec)).labels.size


def largest(spec: RunSpec, then: Mapping[str, bytes], now: Mapping[str, bytes]) -> dict[str, float]:
    """Return the largest difference of a weight, a score (a probability where it is one), ROC AUC and accuracy.

    Raises StoreError, ValueError or KeyError where a file cannot be read.
    """
    own = head_of(spec)
    scores = [_meant(stored_scores(from_[TEST_LOGITS], own).scores, own) for from_ in (then, now)]
    weights = [arrays_in(from_[WEIGHTS]) for from_ in (then, now)]
    tables = [pd.read_csv(io.BytesIO(from_[SEEDS_TABLE]), dtype={"rule": str}) for from_ in (then, now)]
    mine = [own[(own["part"] == "test") & (own["rule"] == own["rule"].iloc[0])] for own in tables]
    return {
        "weight": max(float(np.max(np.abs(weights[0][key] - weights[1][key]))) for key in weights[0]),
        "probability": float(np.max(np.abs(scores[0] - scores[1]))),
        **{name: _largest(*(one[name].to_numpy(float) for one in mine)) for name in ("roc_auc", "accuracy")},
    }
