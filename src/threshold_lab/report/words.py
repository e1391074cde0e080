"""Numbers as they are told, each with all its digits beside it."""

import math
from typing import NamedTuple

from threshold_lab.claims.answer import Cell, Measured
from threshold_lab.report.rows import Estimate

_DIGITS, _SMALLEST, _LARGEST = 4, 1e-4, 1e6


class Number(NamedTuple):
    """A number as it is told, and as it is stored."""

    words: str
    exact: str


def number(value: float) -> Number:
    """Return a number with four digits that count; a whole one with all of them."""
    return Number(_plain(value), repr(float(value)))


def text(value: Cell) -> Number:
    """Return what stands in a field of a table."""
    if value is None or isinstance(value, str):
        return Number(value or "", "")
    return number(value)


def _plain(value: float) -> str:
    if value == 0 or (float(value).is_integer() and abs(value) < _LARGEST):
        return f"{value:.0f}"
    if not _SMALLEST <= abs(value) < _LARGEST:
        return f"{value:.{_DIGITS - 1}g}".replace("e+0", "e").replace("e-0", "e-").replace("e+", "e")
    told = f"{value:.{max(0, _DIGITS - 1 - math.floor(math.log10(abs(value))))}f}"
    return min(told, repr(float(value)), key=len)


def decimals(low: float, high: float) -> int | None:
    """Return how many decimals an interval is told with: two digits of its half width; None where they say nothing."""
    half = (high - low) / 2
    if not half > 0 or half < _SMALLEST / 100 or max(abs(low), abs(high)) >= _LARGEST:
        return None
    return min(8, max(0, 1 - math.floor(math.log10(half))))


def measured(own: Measured) -> tuple[Number, Number | None, Number | None]:
    """Return a statistic and the ends of its interval, as sure as they are."""
    if own.low is None or own.high is None:
        return number(own.value), None, None
    places = decimals(own.low, own.high)
    if places is None:
        return number(own.value), number(own.low), number(own.high)
    value, low, high = (Number(f"{one:.{places}f}", repr(float(one))) for one in (own.value, own.low, own.high))
    return value, low, high


def estimate(own: Estimate | None) -> tuple[Number, Number | None] | None:
    """Return a mean and its standard deviation with three decimals, as a sweep prints them."""
    if own is None:
        return None
    mean, deviation = own
    told = Number(f"{mean:.3f}", repr(float(mean)))
    return told, None if math.isnan(deviation) else Number(f"{deviation:.3f}", repr(float(deviation)))


def listed(words: list[str]) -> str:
    """Return words as a list in a sentence: a, b and c."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def counted(number_: int, noun: str) -> str:
    """Return a number of things: 1 run, 2 runs."""
    return f"{number_} {noun}" + ("" if number_ == 1 else "s")
