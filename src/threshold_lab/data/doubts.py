"""What the training rows of one column give reason to doubt: (kind, words) each."""

from collections.abc import Iterator
from math import lgamma, log

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from threshold_lab.data.formats import is_number, stands_for_missing
from threshold_lab.errors import short

CHANCE = 1e-3
"""How likely chance may tell the labels apart in any column before one that does is no longer suspected."""

_ENOUGH = 20  # rows, below which nothing is said of the values of a column
_CODES = range(3, 11)
_REPEATED = 5  # rows of a value on average, or rows that are there twice would seem to tell their own label
_NINES = frozenset(sign * (10**digits - 1) for digits in range(2, 10) for sign in (-1, 1))
_EXACT = 2**53
_MIXED = 0.05

Doubts = Iterator[tuple[str, str]]


def of_any(column: pd.Series, labels: NDArray[np.bool_], columns: int) -> Doubts:
    """Doubts about a column of any kind; columns: how many there are, each of which may tell the label by chance."""
    values = column.to_numpy()
    if (column.isna() if pd.isna(values[0]) else values == values[0]).all():
        yield "constant", f"holds {_shown(values[0])} in every training row, which tells nothing; drop it"
    elif _tells(column, labels, columns) or (column.hasnans and _tells(column.isna(), labels, columns)):
        yield "leaked", "alone tells the label of every training row: is it known before the label is? Else drop it"


def _shown(value: object) -> str:
    return "no value" if pd.isna(value) else f"{value:g}" if isinstance(value, float) else short(value)  # type: ignore[call-overload]


def _tells(column: pd.Series, labels: NDArray[np.bool_], columns: int) -> bool:
    """Whether a column parts the labels without a mistake, by a cut or by its values, as hardly happens by chance."""
    positives, unlikely = int(labels.sum()), log(CHANCE / 2 / columns)
    if column.dtype == np.float64 and column.notna().all():
        values = column.to_numpy()
        yes, no = values[labels], values[~labels]
        if yes.min() > no.max() or no.min() > yes.max():
            return -_log_choices(len(labels), positives) < unlikely
    codes, _ = pd.factorize(column, use_na_sentinel=False)
    rows = np.bincount(codes)
    if len(rows) > len(labels) / _REPEATED:
        return False
    of_positives = np.bincount(codes[labels], minlength=len(rows))
    if ((of_positives > 0) & (of_positives < rows)).any():
        return False
    share = positives / len(labels)
    return float(np.log(share**rows + (1 - share) ** rows).sum()) < unlikely


def _log_choices(rows: int, positives: int) -> float:
    """Log of the number of ways to choose the positives among rows."""
    return lgamma(rows + 1) - lgamma(positives + 1) - lgamma(rows - positives + 1)


def of_number(column: pd.Series) -> Doubts:
    """Doubts about numbers, float64, NaN where one is missing."""
    values = column.dropna().to_numpy()
    if len(values) < _ENOUGH:
        return
    different = np.unique(values)
    if (nine := _sentinel(values, different)) is not None:
        times = int((values == nine).sum())
        yield "missing", f"holds {nine:.0f} in {times} rows, far from all else: a missing value? Then leave it empty"
    if not np.equal(np.mod(different, 1), 0).all():
        return
    if np.abs(different).max() >= _EXACT:
        yield "identifier", "holds whole numbers of 16 digits or more, which lose their last: an identifier? Drop it"
    elif len(different) == len(values) and _counts(values, different):
        yield "identifier", "counts the rows: an identifier? Drop it"
    elif len(different) in _CODES and len(values) > _ENOUGH * 5:
        yield "codes", f"holds {len(different)} different whole numbers: if they are codes, name it in data.categorical"


def _sentinel(values: NDArray[np.float64], different: NDArray[np.float64]) -> float | None:
    """A number of nines at either end, farther from the others than they are from each other."""
    for end, rest in ((different[0], different[1:]), (different[-1], different[:-1])):
        if len(rest) > 1 and end in _NINES and (values == end).sum() > 1:
            gap, spread = min(abs(end - rest[0]), abs(end - rest[-1])), rest[-1] - rest[0]
            if gap > spread:
                return float(end)
    return None


def _counts(values: NDArray[np.float64], different: NDArray[np.float64]) -> bool:
    """Whether whole numbers that all differ go up with the rows, or are almost all there are between their ends."""
    rising = bool((np.diff(values) > 0).all() or (np.diff(values) < 0).all())
    return rising or different[-1] - different[0] < 2 * len(values)


def of_text(column: pd.Series) -> Doubts:
    """Doubts about texts, NaN where one is missing."""
    values = column.dropna()
    if len(values) < _ENOUGH:
        return
    times = values.value_counts()
    if gone := [str(own) for own in times.index if stands_for_missing(str(own))]:
        rows = ", ".join(f"{short(own)} ({times[own]} rows)" for own in gone[:3])
        yield "missing", f"holds {rows}: a missing value? Then leave the field empty"
    if len(times) == len(values):
        yield "identifier", "holds another text in every training row: an identifier? Drop it"
    share = float(sum(number for own, number in times.items() if is_number(str(own)))) / len(values)
    if _MIXED <= share < 1 - _MIXED:
        yield "mixed", f"mixes text with numbers ({share:.0%} of its values); all are taken for text"
