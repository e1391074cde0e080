"""Source -> splits: read a table, part its rows, encode it on the training part alone, hash what came out."""

import hashlib
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from threshold_lab.data import csv
from threshold_lab.data.kinds import typed
from threshold_lab.data.sources import SOURCES
from threshold_lab.data.table import Table
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

    rows = parted(table, spec)
    columns, texts = typed(table, rows["train"])
    encoder = encoder_of(columns.iloc[rows["train"]], texts, standardise=spec.standardise)
    parts = {
        name: Part(feature_matrix(encoder, columns.iloc[own]), table.labels[own], own) for name, own in rows.items()
    }
    return Splits(
        **parts,
        hash=_content_hash(parts),
        feature_names=tuple(map(str, encoder.get_feature_names_out())),
        positive=table.positive,
        negative=table.negative,
        raw=_raw(columns, texts, encoder, rows["test"]),
        files=csv.files_hash(spec) if isinstance(spec, Csv) else "",
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
