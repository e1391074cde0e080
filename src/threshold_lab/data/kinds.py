"""Which columns are numbers and which are text: decided by the training rows, held against all others."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from threshold_lab.data.formats import is_number, meant, stands_for_missing
from threshold_lab.data.table import Table
from threshold_lab.errors import MOST, DataError, refuse, short

LARGEST, LARGEST_AS_IT_IS = 1e150, float(np.finfo(np.float32).max)
"""Of a number that is standardised, as its square must be one too; and of one that is not."""

_MOSTLY = 0.5
_ALIKE = 0.9  # of the values of a column that are to be numbers in some other way of writing
_LOOKED_AT = 1000  # values of a text column that are looked at
_EXACT = 2**53  # above, a float is no longer every whole number
_MOST_TEXTS = 100


def typed(table: Table, training: NDArray[np.int64], largest: float = LARGEST) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return numbers as float64 and text as objects, NaN for missing in both, and the names of the text columns.

    largest: of a number. Raises DataError with everything that keeps a column from being a feature.
    """
    refuse(problems(table, training, largest), DataError)
    texts, own = _texts(table, table.columns.iloc[training]), table.columns
    numeric = _numeric(table).astype(np.float64)
    others = {
        str(name): _words(own[name]) if name in texts else _read(own[name]) for name in own if name not in numeric
    }
    return pd.concat([numeric, pd.DataFrame(others, index=own.index)], axis=1)[list(own)], tuple(texts)


def problems(table: Table, training: NDArray[np.int64], largest: float = LARGEST) -> Iterator[str]:
    """Yield what keeps each column from being a feature."""
    if not table.columns.shape[1]:
        yield "no feature column is left; name fewer columns in data.drop, or more in data.features"
    seen_rows = table.columns.iloc[training]
    texts, sound = _texts(table, seen_rows), _sound(table, training, largest)
    for name, seen in seen_rows.items():
        if name in sound:
            continue
        if seen.isna().all():
            yield f"column {short(name)} has no value in the training rows; drop it with data.drop=[{name}]"
        elif str(name) in texts:
            yield from _no_text(table, str(name), seen)
        else:
            yield from _no_numbers(table, str(name), largest)


def _numeric(table: Table) -> pd.DataFrame:
    """The columns that hold numbers alone, unless they are named as texts: all looked at in one go."""
    return table.columns.select_dtypes(["number", "bool"]).drop(columns=list(table.categorical), errors="ignore")


def _sound(table: Table, training: NDArray[np.int64], largest: float) -> frozenset[object]:
    """Columns of numbers alone that have no problem."""
    numeric = _numeric(table)
    values = numeric.to_numpy(np.float64)
    fits = np.isnan(values) | (np.abs(values) <= largest)
    return frozenset(numeric.columns[fits.all(axis=0) & ~np.isnan(values[training]).all(axis=0)])


def _texts(table: Table, seen: pd.DataFrame) -> dict[str, None]:
    """The names of the text columns, in their order, by what is seen of them."""
    numeric = set(_numeric(table))
    names = [name for name in seen if name not in numeric]
    return dict.fromkeys(str(name) for name in names if name in table.categorical or _is_text(seen[name]))


def _is_text(seen: pd.Series) -> bool:
    seen = seen.dropna()
    strange = pd.to_numeric(seen, errors="coerce").isna()
    return bool(strange.any() and strange.mean() >= _MOSTLY)


def _read(column: pd.Series) -> pd.Series:
    return pd.to_numeric(column, errors="coerce").astype(np.float64)


# ---- numbers


def _no_numbers(table: Table, name: str, largest: float) -> Iterator[str]:
    """What of a column of numbers is none, each value once with its first row."""
    column = table.columns[name]
    numbers = _read(column)
    strange = (numbers.isna() & column.notna()) | (numbers.abs() > largest)
    if not strange.any():
        return
    rows = np.flatnonzero(strange.to_numpy())
    values = column.iloc[rows].astype(str)
    firsts, times = np.flatnonzero(~values.duplicated().to_numpy()), values.value_counts()
    for place in firsts[:MOST]:
        value = table.told(int(rows[place]), name)
        many = f" ({times[values.iloc[place]] - 1} more rows hold the same)" if times[values.iloc[place]] > 1 else ""
        yield f"{table.where(int(rows[place]))}, column {short(name)}: {short(value)} {_why(value, largest)}{many}"
    if len(firsts) > MOST:
        yield f"column {short(name)} holds {len(firsts) - MOST} more values that are no finite numbers"


def _why(value: str, largest: float) -> str:
    number = pd.to_numeric(pd.Series([value], dtype=object), errors="coerce").iloc[0]
    if is_number(value) and abs(number) > largest:
        return f"is too large: {largest:.3g} is the most; rescale the column, or drop it with data.drop"
    if own := meant(value):
        return f"is not a finite number: it {own}"
    missing = "leave the field empty where a value is missing" if stands_for_missing(value) else "clean it"
    return f"is not a finite number, as most of the column is; {missing}, or name the column in data.categorical"


# ---- texts


def _no_text(table: Table, name: str, seen: pd.Series) -> Iterator[str]:
    texts, rows = seen.nunique(), len(seen)
    if name not in table.categorical and (why := _in_another_way(seen)):
        row = next(int(str(own)) for own, value in seen.items() if meant(str(value)) == why)
        value = short(table.told(row, name))
        yield (
            f"{table.where(row)}, column {short(name)}: {value} {why}; or name the column in data.categorical, if its "
            f"values are words"
        )
    elif texts > _MOST_TEXTS and texts > rows / 2:
        yield (
            f"column {short(name)} has {texts} different texts in {rows} training rows, so it names rows instead of "
            f"describing them; drop it with data.drop=[{name}]"
        )


def _in_another_way(seen: pd.Series) -> str:
    """How most of a column's values are written that are to be numbers; empty where they are words."""
    values = seen.dropna().iloc[:_LOOKED_AT].astype(str)
    ways = [why for value in values if (why := meant(value))]
    return max(set(ways), key=ways.count) if len(ways) >= _ALIKE * len(values) else ""


def _words(column: pd.Series) -> pd.Series:
    return column.astype(object).map(word, na_action="ignore").where(column.notna(), np.nan)


def word(value: object) -> str:
    """The text of a value, however pandas has read it: 1, 1.0, "1" and "01" are the same, and True and "true"."""
    text = str(value).strip()
    if text.lower() in ("true", "false"):
        return text.capitalize()
    try:
        number = float(text.replace("_", "?"))  # Python, and no file, parts digits by underscores
    except ValueError:
        return text
    if not np.isfinite(number):
        return text
    return str(int(number)) if number.is_integer() and abs(number) < _EXACT else repr(number)
