"""Whether a number bears a claim out, and what becomes of the claim: rules that know numbers and limits alone."""

from collections.abc import Iterable

from threshold_lab.claims.answer import Verdict
from threshold_lab.comparison import Comparison
from threshold_lab.uncertainty import Interval


def verdict(holds: Iterable[bool | None], invalid: str = "") -> Verdict:
    """Return what becomes of a claim by whether it holds in each measurement; None where that is not decided.

    It is imprecise where it holds in one and not in another, whatever else is not decided. invalid: why the experiment
    could not have told, empty where it could.
    """
    found = set(holds)
    if invalid or not found - {None}:
        return "not decided"
    if {True, False} <= found:
        return "imprecise"
    if None in found:
        return "not decided"
    return "supported" if True in found else "refuted"


def above(sure: Interval, limit: float) -> bool | None:
    """Whether a number is above a limit: its whole interval, or none of it."""
    low, high = sure
    return True if low > limit else False if high <= limit else None


def at_most(sure: Interval, limit: float) -> bool | None:
    """Whether a number is no more than a limit: its whole interval, or none of it."""
    found = above(sure, limit)
    return None if found is None else not found


def same(found: Comparison) -> bool | None:
    """Whether two jobs are equal but for the margin: by two one-sided tests; they are not where the interval of their
    difference lies beyond it.
    """
    if found.p_equivalence < 1 - found.confidence:
        return True
    return False if found.low > found.margin or found.high < -found.margin else None


def differ(found: Comparison) -> bool | None:
    """Whether two jobs differ by more than the margin; they do not where they are the same."""
    equal = same(found)
    return None if equal is None else not equal


def larger(found: Comparison) -> bool | None:
    """Whether the second job is larger by more than the margin; it is not where its whole interval is below it, or the
    two are the same.
    """
    if found.low > found.margin:
        return True
    return False if found.high < found.margin or same(found) else None
