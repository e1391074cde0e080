"""A file of rows as a model takes them: numbers as they are, and labels of whatever kind."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from threshold_lab.data.csv import Source, column_of, require_files, source_of
from threshold_lab.data.labels import Where, label_problems, labels_of
from threshold_lab.errors import DataError, refuse, short
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
    source = source_of(spec)
    frame, where, name = source.frame, source.where, partial(column_of, source)
    target = name("data.target", spec.target)
    dropped = {target, *(name("data.drop", column) for column in spec.drop)}
    names = tuple(str(column) for column in frame if column not in dropped)
    if not names:
        raise DataError(f"{spec.path}: has no column beside {', '.join(sorted(dropped))}; a model needs features")
    features = np.stack([_numbers(frame[column], where) for column in names], axis=1)
    labels, positive = _labels(source, target, spec)
    return Rows(Path(str(spec.path)), features.astype(np.float32), names, labels, positive)


def _labels(source: Source, target: str, spec: Csv) -> tuple[NDArray[np.float32], str | None]:
    """Numbers as they are, whatever they are; words as 0 and 1."""
    values = source.frame[target]
    numbers = pd.to_numeric(values, errors="coerce")
    if spec.positive is None and np.isfinite(numbers).all():
        return numbers.to_numpy(np.float32), None
    refuse(label_problems(values, spec.positive, source.where), DataError)
    positive, _, labels = labels_of(values, spec.positive)
    return labels.astype(np.float32), positive


def _numbers(column: pd.Series, where: Where) -> NDArray[np.float64]:
    numbers = pd.to_numeric(column, errors="coerce").astype(np.float64)
    strange = ~np.isfinite(numbers.to_numpy())
    if strange.any():
        row = int(strange.argmax())
        value = "missing" if pd.isna(column.iloc[row]) else short(str(column.iloc[row]))
        raise DataError(
            f"{where(row)}, column {column.name!r}: {value} is no finite number; a model takes the rows as they are: "
            f"encode them as for fit, or leave the column out with data.drop"
        )
    return np.asarray(numbers, np.float64)
