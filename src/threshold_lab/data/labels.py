"""The column of labels and the column of parts: read, or what is wrong with them."""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from threshold_lab.data.formats import is_number
from threshold_lab.data.kinds import word
from threshold_lab.errors import MOST, short
from threshold_lab.records import PARTS
from threshold_lab.spec import Label

Where = Callable[[int], str]

LONGEST_LABEL = 200
"""Characters of a label, which stands in names, tags and pictures."""

_KNOWN_LABELS = (("0", "1"), ("false", "true"), ("no", "yes"))
_LISTED = 10


def labels_of(values: pd.Series, positive: Label | None) -> tuple[str, str, NDArray[np.bool_]]:
    """Return the words of the positive and the negative label, and the labels, of a column without a problem."""
    words = values.map(word)
    found = sorted(words.unique())
    chosen = found[1] if positive is None else word(positive)
    return chosen, next(own for own in found if own != chosen), (words == chosen).to_numpy(np.bool_)


def label_problems(values: pd.Series, positive: Label | None, where: Where) -> Iterator[str]:
    """Yield what keeps a column from being the label: values missing, not two of them, or none known as positive."""
    name = values.name
    gone = np.flatnonzero(values.isna().to_numpy())
    for row in gone[:MOST]:
        yield f"{where(int(row))}, column {short(name)}: the label is missing; remove the row, or fill it in"
    if len(gone) > MOST:
        yield f"column {short(name)}: {len(gone) - MOST} more labels are missing"
    words = values.dropna().map(word)
    found = sorted(words.unique())
    listed = ", ".join(f"{short(own)} ({(words == own).sum()} rows)" for own in found[:_LISTED])
    if len(found) != 2:
        yield (
            f"column {short(name)} must hold two values; it holds {len(found)}: {listed}"
            f"{' ...' if len(found) > _LISTED else ''}; {_instead(found)}"
        )
        return
    if max(map(len, found)) > LONGEST_LABEL:
        yield f"column {short(name)} holds a label of {max(map(len, found))} characters; {LONGEST_LABEL} are the most"
    yield from _positive(str(name), found, positive, listed)


def _instead(found: list[str]) -> str:
    """What to do about a column that does not hold two values."""
    alike = {own.casefold(): own for own in found}
    if len(alike) == 2 != len(found):
        return "some differ in small and capital letters only: write each label in one way"
    if len(found) > _LISTED and all(map(is_number, found)):
        return "these are numbers, not classes: make two classes of them, or name another column with data.target"
    return "name another column with data.target"


def _positive(target: str, found: list[str], positive: Label | None, listed: str) -> Iterator[str]:
    if positive is not None:
        if word(positive) not in found:
            yield f"data.positive={short(positive)} is not in column {short(target)}, which holds {listed}"
    elif tuple(own.lower() for own in found) not in _KNOWN_LABELS:
        yield (
            f"column {short(target)} holds {listed}: which of them is positive? Name it with "
            f"data.positive={found[0][:LONGEST_LABEL]} or data.positive={found[1][:LONGEST_LABEL]}"
        )


def parts_of(values: pd.Series) -> NDArray[np.str_]:
    """Return the part each row belongs to, of a column without a problem."""
    return values.astype(str).str.strip().str.lower().to_numpy(np.str_)


def part_problems(values: pd.Series, where: Where) -> Iterator[str]:
    """Yield the values of a column that name no part, each with its first row."""
    parts = values.astype(str).str.strip().str.lower()
    strange = values[~parts.isin(PARTS)].drop_duplicates()
    for row, value in strange.iloc[:MOST].items():
        found = "no value" if pd.isna(value) else short(value)
        yield f"{where(int(str(row)))}, column {short(values.name)}: {found} is none of {', '.join(PARTS)}"
