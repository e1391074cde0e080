"""A file of scores and labels, as any model may have written it."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from threshold_lab.data.csv import read_csv
from threshold_lab.data.table import Table
from threshold_lab.errors import MOST, DataError, refuse, short
from threshold_lab.spec import Csv


def read_scores(path: Path, score: str, label: str, positive: str | None) -> tuple[NDArray[np.float64], Table]:
    """Return scores (n,), none of them NaN, and the table with their labels.

    Raises DataError naming the file, the row, the column and the value.
    """
    table = read_csv(Csv(path=str(path), target=label, features=(score,), positive=positive))
    if score == label:
        raise DataError(f"{path}: column {score!r} is named as the score and as the label; it cannot be both")
    column = table.columns[score]
    numbers = pd.to_numeric(column, errors="coerce").astype(np.float64)
    refuse(
        [
            f"{table.where(int(row))}, column {short(score)}: {short(table.told(int(row), score) or 'nan')} is not a "
            f"number; clean it"
            for row in np.flatnonzero(numbers.isna())[: MOST + 1]
        ],
        DataError,
    )
    return np.asarray(numbers, np.float64), table
