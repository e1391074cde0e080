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
    be treated as text whatever they hold. where: what a row is called in an error, by its number from 0.
    """

    columns: pd.DataFrame
    labels: NDArray[np.bool_]
    positive: str
    negative: str
    part: NDArray[np.str_] | None = None
    categorical: tuple[str, ...] = ()
    where: Callable[[int], str] = _row
