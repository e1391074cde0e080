"""A raw table, as a source hands it on."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def _row(row: int) -> str:
    return f"row {row}"


@dataclass(frozen=True, eq=False)
class Table:
    """Raw columns (n rows), labels bool (n,), and the words for the two labels.

    part: "train", "validation" or "test" of each row, (n,), where the source says it. categorical: the columns to
    be treated as text whatever they hold. where: what a row is called in an error, by its number from 0. cell: what the
    source holds in a row and column, as it is written there. blank: rows without any value, which were left out.
    files: SHA-256 of the bytes of the files it was read from, empty where there were none.
    """

    columns: pd.DataFrame
    labels: NDArray[np.bool_]
    positive: str
    negative: str
    part: NDArray[np.str_] | None = None
    categorical: tuple[str, ...] = ()
    where: Callable[[int], str] = _row
    cell: Callable[[int, str], str] | None = None
    blank: tuple[str, ...] = ()
    files: str = ""

    def told(self, row: int, column: str) -> str:
        """Return a value as the source has it, for an error."""
        return str(self.columns[column].iloc[row]) if self.cell is None else self.cell(row, column)
