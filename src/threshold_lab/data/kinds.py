"""Which columns are numbers and which are text: decided by the training rows, held against all others."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from threshold_lab.data.table import Table
from threshold_lab.errors import DataError

_MOSTLY = 0.5
_EXACT = 2**53  # above, a float is no longer every whole number


def typed(table: Table, training: NDArray[np.int64]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return numbers as float64 and text as objects, NaN for missing in both, and the names of the text columns.

    Raises DataError where a column of numbers holds something else, or a number that is not finite.
    """
    texts = tuple(str(name) for name in table.columns if _is_text(table, str(name), training))
    columns = {
        str(name): _words(table.columns[name]) if name in texts else _numbers(table, str(name))
        for name in table.columns
    }
    return pd.DataFrame(columns, index=table.columns.index), texts


def _is_text(table: Table, name: str, training: NDArray[np.int64]) -> bool:
    if name in table.categorical:
        return True
    seen = table.columns[name].iloc[training].dropna()
    strange = pd.to_numeric(seen, errors="coerce").isna()
    if strange.any() and strange.mean() < _MOSTLY:
        raise _not_a_number(table, name, int(strange.index[strange.to_numpy()][0]))
    return bool(strange.any())


def _numbers(table: Table, name: str) -> pd.Series:
    column = table.columns[name]
    numbers = pd.to_numeric(column, errors="coerce").astype(np.float64)
    strange = (numbers.isna() & column.notna()) | np.isinf(numbers)
    if strange.any():
        raise _not_a_number(table, name, int(strange.to_numpy().argmax()))
    return numbers


def _words(column: pd.Series) -> pd.Series:
    return column.astype(object).map(word, na_action="ignore").where(column.notna(), np.nan)


def _not_a_number(table: Table, name: str, row: int) -> DataError:
    value = str(table.columns[name].iloc[row])
    return DataError(
        f"{table.where(row)}, column {name!r}: {value!r} is not a finite number, as most of the column is; clean it, "
        f"or name the column in data.categorical"
    )


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
