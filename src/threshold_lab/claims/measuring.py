"""Numbers by seed -> what is measured, with its interval."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from threshold_lab import uncertainty
from threshold_lab.claims.answer import Cell, Measured, Picture, Series
from threshold_lab.comparison import Asked, Comparison, compare
from threshold_lab.counts import Reals
from threshold_lab.uncertainty import Interval

CONFIDENCE = 0.95

Tolerance = Mapping[str, float]
"""The numbers of a claim's rule, by name."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What an experiment came to, before its verdict. says: in one sentence, of the numbers.

    invalid: why it could not have told, empty where it could.
    """

    measured: tuple[Measured, ...]
    says: str
    picture: Picture
    table: tuple[dict[str, Cell], ...] = ()
    invalid: str = ""

    @property
    def holds(self) -> list[bool | None]:
        """Whether the claim holds, in each measurement."""
        return [own.holds for own in self.measured]


@dataclass(frozen=True)
class About:
    """What a measurement is of: its data, the statistic in words, what it is held to, and of how many networks."""

    data: str
    statistic: str
    limit: str
    seeds: int = 1


def over(tolerance: Tolerance, name: str) -> str:
    """Return a limit that a claim has to be above, in words."""
    return f"above {tolerance[name]:g}"


def exactly(about: About, value: float, *, holds: bool | None) -> Measured:
    """Return a number that has no interval."""
    return Measured(
        data=about.data, statistic=about.statistic, value=value, limit=about.limit, seeds=about.seeds, holds=holds
    )


def surely(about: About, value: float, sure: Interval, *, holds: bool | None) -> Measured:
    """Return a number with its interval."""
    return Measured(
        data=about.data,
        statistic=about.statistic,
        value=value,
        low=sure[0],
        high=sure[1],
        confidence=CONFIDENCE,
        seeds=about.seeds,
        limit=about.limit,
        holds=holds,
    )


def pairs(
    about: About, first: Reals, second: Reals, margin: float, rule: Callable[[Comparison], bool | None]
) -> Measured:
    """Return what the second of two jobs is above the first, seed by seed, and whether a rule of that holds."""
    found = compare(first, second, Asked(margin, CONFIDENCE))
    return surely(about, found.difference, (found.low, found.high), holds=rule(found))


def mean_of(values: Reals) -> tuple[float, Interval]:
    """Return the mean over seeds of values (r,), and its interval by Student's t."""
    if not np.ptp(values):
        return float(values[0]), (float(values[0]), float(values[0]))
    low, high = (float(end[0]) for end in uncertainty.over_seeds(values[:, None], CONFIDENCE))
    return float(values.mean()), (low, high)


def with_rows(values: Reals, half: float) -> tuple[float, Interval]:
    """Return the mean over seeds of values (r,), and its interval over seeds and rows together.

    half: half the interval over rows, the networks as they are; the two are of independent draws.
    """
    mean, (low, high) = mean_of(values)
    whole = math.hypot((high - low) / 2, half)
    return mean, (mean - whole, mean + whole)


def lines(name: str, x: Sequence[float], rows: Reals) -> Series:
    """Return a line of means over seeds with their intervals: rows (r, len(x))."""
    own = [mean_of(column) for column in rows.T]
    low, high = zip(*(sure for _, sure in own), strict=True)
    return Series(name=name, x=tuple(map(float, x)), y=tuple(mean for mean, _ in own), low=low, high=high)


def points(name: str, measured: Sequence[Measured]) -> Series:
    """Return measurements as points over the names of their data, with their intervals."""
    low, high = (
        [own.value if end is None else end for own, end in zip(measured, ends, strict=True)]
        for ends in ([own.low for own in measured], [own.high for own in measured])
    )
    return Series(
        name=name,
        x=tuple(own.data for own in measured),
        y=tuple(own.value for own in measured),
        low=tuple(low),
        high=tuple(high),
    )


def span(values: Sequence[float], digits: str = ".3f") -> str:
    """Return the least and the largest of some values in words, or the one they all are."""
    low, high = (format(end, digits) for end in (min(values), max(values)))
    return low if low == high else f"{low} to {high}"


def part(shares: Sequence[float], digits: str = ".3f") -> str:
    """Return shares of something as `span` does, and in words where they are none or all of it."""
    return {(0.0, 0.0): "none", (1.0, 1.0): "all"}.get((min(shares), max(shares)), span(shares, digits))


def share(flags: Sequence[bool]) -> str:
    """Return how many of some flags are set, in words: all 60, 3 of 60, none of 60."""
    number = sum(map(bool, flags))
    words = {len(flags): f"all {len(flags)}", 0: f"none of {len(flags)}"}
    return words.get(number, f"{number} of {len(flags)}")
