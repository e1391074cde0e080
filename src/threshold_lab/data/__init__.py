"""Source -> splits: read a table, part its rows, encode it on the training part alone, hash what came out.

What cannot be used is refused with all its problems at once; what may be wrong is in `Splits.suspicions`."""

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from threshold_lab.data import csv
from threshold_lab.data.kinds import LARGEST, LARGEST_AS_IT_IS, problems, typed
from threshold_lab.data.sources import SOURCES
from threshold_lab.data.suspicions import Seen, suspicions
from threshold_lab.data.table import Table
from threshold_lab.errors import DataError, refuse, short
from threshold_lab.records import Part, Raw, Splits
from threshold_lab.spec import Csv, Data

_EXAMPLE = 8  # rows kept as they were


def require_files(spec: Data) -> None:
    """Raise DataError where a file the source names is not there; quick, before anything is read."""
    if isinstance(spec, Csv):
        csv.require_files(spec)


def read(spec: Data) -> Table:
    """Read a source's raw table. Raises DataError on anything that cannot be used."""
    return SOURCES[spec.source](spec)


def load(spec: Data) -> Splits:
    """Return a source's encoded splits. Raises DataError."""
    table = read(spec)  # before scikit-learn is imported, so that a wrong path is told at once
    from threshold_lab.data.encode import encoder_of, feature_matrix  # noqa: PLC0415
    from threshold_lab.data.split import parted  # noqa: PLC0415

    largest = LARGEST if spec.standardise else LARGEST_AS_IT_IS
    try:
        rows = parted(table, spec)
    except DataError as error:
        every = np.arange(len(table.labels))
        refuse([*str(error).splitlines(), *problems(table, every, largest)], DataError)
        raise
    columns, texts = typed(table, rows["train"], largest)
    encoder = encoder_of(columns.iloc[rows["train"]], texts, standardise=spec.standardise)
    parts = {
        name: Part(feature_matrix(encoder, columns.iloc[own]), table.labels[own], own) for name, own in rows.items()
    }
    refuse(_overflows(parts, encoder, table), DataError)
    return Splits(
        **parts,
        hash=_content_hash(parts),
        feature_names=tuple(map(str, encoder.get_feature_names_out())),
        positive=table.positive,
        negative=table.negative,
        raw=_raw(columns, texts, encoder, rows["test"]),
        files=table.files,
        suspicions=suspicions(Seen(table, columns, texts, rows)),
    )


def _overflows(parts: dict[str, Part], encoder: Any, table: Table) -> Iterator[str]:
    """Values that are so far from those of the training rows that float32 does not hold the distance."""
    names = list(map(str, encoder.get_feature_names_out()))
    for part in parts.values():
        for row, feature in np.argwhere(~np.isfinite(part.features)):
            yield (
                f"{table.where(int(part.rows[row]))}, column {short(names[feature])}: too far from the training rows "
                f"for float32; clean the value, or drop the column with data.drop"
            )


def _raw(columns: pd.DataFrame, texts: tuple[str, ...], encoder: Any, test: NDArray[np.int64]) -> Raw:
    numbers = tuple(str(name) for name in columns if name not in texts)
    return Raw(numbers, texts, encoder, columns.iloc[test[:_EXAMPLE]])


def _content_hash(parts: dict[str, Part]) -> str:
    content = hashlib.sha256()
    for name, part in parts.items():
        content.update(f"{name} {part.features.shape}".encode())
        for array in (part.features, part.labels, part.rows):
            content.update(np.ascontiguousarray(array).tobytes())
    return content.hexdigest()
