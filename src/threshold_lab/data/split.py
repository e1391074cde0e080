"""Which rows are train, validation and test: as the source says, by fold, or by fraction; always stratified."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold, train_test_split

from threshold_lab.data.table import Table
from threshold_lab.errors import DataError, refuse, short
from threshold_lab.records import PARTS
from threshold_lab.spec import SplitSpec

Rows = NDArray[np.int64]


def parted(table: Table, spec: SplitSpec) -> dict[str, Rows]:
    """Return the row numbers of each part. Raises DataError where a part would lack one of the classes."""
    every = np.arange(len(table.labels))
    if table.part is not None:
        parts = {name: every[table.part == name] for name in PARTS}
    else:
        refuse(_few_members(table, 3 if spec.folds is None else spec.folds), DataError)
        split = _in_order if spec.train_rows is not None else _drawn
        parts = dict(zip(PARTS, split(every, table.labels, spec), strict=True))
    refuse([words for name, rows in parts.items() for words in _missing_classes(name, table, rows)], DataError)
    return parts


def _drawn(every: Rows, labels: NDArray[np.bool_], spec: SplitSpec) -> tuple[Rows, Rows, Rows]:
    rest, test = _test_rows(every, labels, spec)
    share = spec.validation_fraction if spec.folds else spec.validation_fraction / (1 - spec.test_fraction)
    return *_stratified(rest, labels, share, spec.split_seed), test


def _in_order(every: Rows, labels: NDArray[np.bool_], spec: SplitSpec) -> tuple[Rows, Rows, Rows]:
    train, rest = every[: spec.train_rows], every[spec.train_rows :]
    share = spec.test_fraction / (spec.validation_fraction + spec.test_fraction)
    return train, *_stratified(rest, labels, share, spec.split_seed)


def _test_rows(every: Rows, labels: NDArray[np.bool_], spec: SplitSpec) -> tuple[Rows, Rows]:
    if spec.folds is None or spec.fold is None:
        return _stratified(every, labels, spec.test_fraction, spec.split_seed)
    folds = StratifiedKFold(spec.folds, shuffle=True, random_state=spec.split_seed)
    rest, test = list(folds.split(every, labels))[spec.fold]
    return rest, test


def _stratified(rows: Rows, labels: NDArray[np.bool_], share: float, seed: int) -> tuple[Rows, Rows]:
    try:
        kept, held_out = train_test_split(rows, test_size=share, stratify=labels[rows], random_state=seed)
    except ValueError as error:
        raise DataError(
            f"{len(rows)} rows cannot be parted by {share:.3g}: {error}; use more rows or other fractions"
        ) from None
    return np.sort(kept), np.sort(held_out)


def _few_members(table: Table, least: int) -> Iterator[str]:
    for name, members in ((table.positive, table.labels.sum()), (table.negative, (~table.labels).sum())):
        if members < least:
            yield (
                f"each class needs {least} rows or more to be parted; {short(name)} has {members} of "
                f"{len(table.labels)}; add rows, or take fewer data.folds"
            )


def _missing_classes(name: str, table: Table, rows: Rows) -> Iterator[str]:
    for label, members in ((table.positive, table.labels[rows]), (table.negative, ~table.labels[rows])):
        if not members.any():
            yield (
                f"the {name} part ({len(rows)} rows) has no row of class {short(label)}; every part needs both classes"
            )
