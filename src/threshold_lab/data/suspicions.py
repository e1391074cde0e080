"""What may be wrong with data that can be used: told before anything is trained, and on every run.

A function of the rows alone. Labels are read of the training part alone; those of the others are counted only.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from threshold_lab.data import doubts
from threshold_lab.data.table import Table
from threshold_lab.errors import plain, short
from threshold_lab.records import Suspicion

MOST_OF_A_KIND = 20
RARE = 0.02
"""Share of the rarer label, below which accuracy says little."""
FEW = 10
"""Rows of a label in a part, below which its rates are hardly known."""

Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Seen:
    """What is looked at: typed columns of all rows, the names of those that are text, labels, and the rows by part."""

    table: Table
    columns: pd.DataFrame
    texts: tuple[str, ...]
    rows: dict[str, Rows]


def suspicions(seen: Seen) -> tuple[Suspicion, ...]:
    """Return what is suspicious, by kind; of more than MOST_OF_A_KIND of a kind, how many more there are."""
    found: dict[str, list[Suspicion]] = {}
    for own in (own for look in (*_LOOKS, _columns) for own in look(seen)):
        found.setdefault(own.kind, []).append(own)
    return tuple(own for of_kind in found.values() for own in _few_of(of_kind))


def _few_of(found: list[Suspicion]) -> list[Suspicion]:
    if len(found) <= MOST_OF_A_KIND:
        return found
    more = f"... and {len(found) - MOST_OF_A_KIND} more columns: {found[0].kind}"
    return [*found[:MOST_OF_A_KIND], Suspicion(found[0].kind, "", more)]


def _columns(seen: Seen) -> Iterator[Suspicion]:
    """What each column by itself gives reason to doubt."""
    training, labels = seen.rows["train"], seen.table.labels[seen.rows["train"]]
    for name, own in seen.columns.iloc[training].items():
        look = doubts.of_text if str(name) in seen.texts else doubts.of_number
        found = [*doubts.of_any(own, labels, seen.columns.shape[1]), *look(own)]
        yield from (Suspicion(kind, plain(str(name)), f"column {short(name)} {words}") for kind, words in found)


# ---- of the rows


def _blank(seen: Seen) -> Iterator[Suspicion]:
    if found := seen.table.blank:
        more = f" and {len(found) - 3} more" if len(found) > 3 else ""
        yield Suspicion("left out", "", f"left out, as all values are missing: {'; '.join(found[:3])}{more}")


def _imbalance(seen: Seen) -> Iterator[Suspicion]:
    labels, table = seen.table.labels, seen.table
    share = min(float(labels.mean()), 1 - float(labels.mean()))
    rare = table.positive if labels.mean() < 0.5 else table.negative
    if share < RARE:
        yield Suspicion(
            "imbalance",
            "",
            f"{short(rare)} is the label of {share:.2%} of the rows: always saying the other is right on the rest, so "
            f"look at average precision and F1, not accuracy",
        )
    for part, rows in seen.rows.items():
        members = {table.positive: int(labels[rows].sum()), table.negative: int((~labels[rows]).sum())}
        least = min(members, key=lambda label: members[label])
        if members[least] < FEW:
            yield Suspicion(
                "few rows", "", f"the {part} part has {members[least]} rows of {short(least)}: hardly known"
            )


def _duplicates(seen: Seen) -> Iterator[Suspicion]:
    """Rows of the test part that training has too, in a table whose rows mostly differ."""
    hashes = pd.util.hash_pandas_object(seen.columns, index=False).to_numpy()
    training, test = (hashes[seen.rows[part]] for part in ("train", "test"))
    again = int(np.isin(test, training).sum())
    if again and len(np.unique(training)) > len(training) / 2:
        yield Suspicion(
            "duplicates",
            "",
            f"{again} of {len(test)} test rows are in the training part too, feature by feature: what is measured on "
            f"them is memory; remove repeated rows",
        )


def _unseen(seen: Seen) -> Iterator[Suspicion]:
    """Texts of the test part that training never saw, which are encoded as none of those it did."""
    for name in seen.texts:
        training, test = (seen.columns[name].iloc[seen.rows[part]] for part in ("train", "test"))
        new = test.notna() & ~test.isin(training.unique())
        if new.any():
            value = short(test[new].iloc[0])
            words = (
                f"column {short(name)}: {int(new.sum())} of {len(test)} test rows hold a text that no training row has"
            )
            yield Suspicion("unseen", plain(name), f"{words}, as {value}")


_LOOKS: tuple[Callable[[Seen], Iterator[Suspicion]], ...] = (_blank, _imbalance, _duplicates, _unseen)
