"""A file of rows as a model takes them: numbers as they are, and labels of whatever kind."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from threshold_lab.data.csv import Where, column_of, frame_of, labels_of, require_files
from threshold_lab.errors import DataError
from threshold_lab.spec import Csv


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of a file: features float32 (n, d), the names of their columns, and labels float32 (n,).

    positive: the word of the label that became 1, where labels are words or one was named; None where numbers are kept.
    """

    path: Path
    features: NDArray[np.float32]
    names: tuple[str, ...]
    labels: NDArray[np.float32]
    positive: str | None


def read_rows(spec: Csv) -> Rows:
    """Read rows. Raises DataError naming the file, the row, the column and the value; all columns must be numbers."""
    require_files(spec)
    frame, _, where = frame_of(spec)
    name = partial(column_of, frame, where)
    target = name("data.target", spec.target)
    dropped = {target, *(name("data.drop", column) for column in spec.drop)}
    names = tuple(str(column) for column in frame if column not in dropped)
    if not names:
        raise DataError(f"{spec.path}: has no column beside {', '.join(sorted(dropped))}; a model needs features")
    features = np.stack([_numbers(frame[column], where) for column in names], axis=1)
    labels, positive = _labels(frame, target, spec, where)
    return Rows(Path(str(spec.path)), features.astype(np.float32), names, labels, positive)


def _labels(frame: pd.DataFrame, target: str, spec: Csv, where: Where) -> tuple[NDArray[np.float32], str | None]:
    """Numbers as they are, whatever they are; words as 0 and 1."""
    numbers = pd.to_numeric(frame[target], errors="coerce")
    if spec.positive is None and np.isfinite(numbers).all():
        return numbers.to_numpy(np.float32), None
    positive, _, labels = labels_of(frame, target, spec.positive, where)
    return labels.astype(np.float32), positive


def _numbers(column: pd.Series, where: Where) -> NDArray[np.float64]:
    numbers = pd.to_numeric(column, errors="coerce").astype(np.float64)
    strange = ~np.isfinite(numbers.to_numpy())
    if strange.any():
        row = int(strange.argmax())
        value = "missing" if pd.isna(column.iloc[row]) else repr(str(column.iloc[row]))
        raise DataError(
            f"{where(row)}, column {column.name!r}: {value} is no finite number; a model takes the rows as they are: "
            f"encode them as for fit, or leave the column out with data.drop"
        )
    return np.asarray(numbers, np.float64)
