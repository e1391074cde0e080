"""Rows that were reported, and the same made again -> a verdict each, and one of all."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from threshold_lab.studies.results import Result
from threshold_lab.studies.rows import LARGER, PUBLISHED, Row, two_errors
from threshold_lab.tracking import SCORES_HASH

IDENTICAL, WITHIN, HOLDS, FAILS, DIFFERS, MISSING = VERDICTS = (
    "identical",
    "within tolerance",
    "holds",
    "fails",
    "differs",
    "cannot",
)
GOOD = (IDENTICAL, WITHIN, HOLDS)


@dataclass(frozen=True)
class Held:
    """A reported row, what it came to now, and the verdict with its reason."""

    then: Row
    now: float
    verdict: str
    reason: str = ""


def held(then: Row, now: Row | None, environment: Mapping[str, Any]) -> Held:
    """Hold a row against the same made again. environment: what may change bits and has changed since.

    A larger one is held to what it says alone, as it was made with other seeds; any other to the bit where nothing has
    changed, else to two standard errors of the difference, and to its verdict.
    """
    if now is None:
        return Held(then, math.nan, MISSING, "no job of this specification has run")
    if then.kind == LARGER:
        words = f"on fresh seeds {now.mean:+.4f} ({now.low:+.4f} to {now.high:+.4f})"
        return Held(then, now.mean, HOLDS if now.verdict == HOLDS else FAILS, words)
    if now.verdict != then.verdict:
        return Held(then, now.mean, DIFFERS, f"verdict {then.verdict!r}, now {now.verdict!r}")
    if (now.mean, now.sd, now.scores) == (then.mean, then.sd, then.scores):
        return Held(then, now.mean, IDENTICAL)
    words = f"{then.mean:.6g}, now {now.mean:.6g}"
    if not environment:
        return Held(then, now.mean, DIFFERS, f"{words}, and nothing has changed that may change a bit")
    most = allowed(then, now)
    return Held(
        then, now.mean, WITHIN if abs(now.mean - then.mean) <= most else DIFFERS, f"{words}, allowed {most:.3g}"
    )


def allowed(then: Row, now: Row) -> float:
    """Return the largest difference of two means: two standard errors over seeds, and over rows where these differ."""
    errors = two_errors(then.sd, then.seeds, now.sd, now.seeds)
    if then.data == now.data or then.metric not in ("accuracy", "f1"):
        return errors
    binomial = sum(own.mean * (1 - own.mean) / own.rows for own in (then, now))
    return math.hypot(errors, 2 * math.sqrt(binomial))


def alike(results: Sequence[Result]) -> list[str]:
    """Return the pairs of different networks of which none should be: with the same scores, or ranking alike.

    Ranking the test part equally well on every seed is no sign where it is as well on all of them: perfectly, say.
    """
    cells = {own.job.cell: own for own in results}
    pairs = [(one, other) for one, other in combinations(cells.values(), 2) if one.job.data == other.job.data]
    told = [(one, other, _common(one, other)) for one, other in pairs]
    return [f"{_of(one)} and {_of(other)} have the same {what}" for one, other, what in told if what]


def _common(one: Result, other: Result) -> str:
    """What two networks have in common that no two should."""
    if one.run.tags[SCORES_HASH] == other.run.tags[SCORES_HASH]:
        return "scores"
    ranks = one.of("roc_auc")
    alike = np.ptp(ranks) > 0 and np.array_equal(ranks, other.of("roc_auc"))
    return f"ROC AUC on each of {len(ranks)} seeds" if alike else ""


def _of(own: Result) -> str:
    return f"{own.run.tags['activation']} {own.run.tags['loss']}"


def match(then: Sequence[Row], now: Sequence[Row]) -> list[tuple[Row, Row | None]]:
    """Return each reported row with the one made again of the same study, kind, name, metric and specification."""
    known = {_identity(own): own for own in now}
    return [(own, known.get(_identity(own))) for own in then]


def _identity(row: Row) -> tuple[str, ...]:
    spec = "" if row.kind in (LARGER, PUBLISHED) else row.spec
    return row.study, row.kind, row.name, row.metric, spec
