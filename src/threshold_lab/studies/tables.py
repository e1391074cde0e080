"""Public tables by their names: looked for in folders, else at OpenML, and held against the hash of their values."""

import hashlib
import warnings
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from threshold_lab.errors import DataError
from threshold_lab.spec import File


def found(file: File, folders: Sequence[Path], kept: Path) -> Path:
    """Return where a table lies: in one of some folders, or in `kept`, where it is put after it is fetched.

    Raises DataError where it is nowhere, or its values are not those that are meant.
    """
    places = [folder / file.name for folder in (*folders, kept)]
    path = next((own for own in places if own.is_file()), None) or _fetched(file, kept)
    if (now := values_hash(pd.read_csv(path, header=None))) != file.sha256:
        raise DataError(
            f"{path} is not the table that is meant: its values hash to {now[:12]}, those meant to {file.sha256[:12]}; "
            f"put that one into the folder THRESHOLD_LAB_DATA names, or into one named with --data"
        )
    return path


def values_hash(table: pd.DataFrame) -> str:
    """Return the SHA-256 of a table's values, columns by their order: the same however its numbers are written."""
    content = hashlib.sha256()
    for _, column in table.items():
        numbers = pd.to_numeric(column, errors="coerce")
        words = numbers.astype(float).tolist() if numbers.notna().all() else column.astype(str).tolist()
        content.update("\n".join(map(str, words)).encode())
    return content.hexdigest()


def _fetched(file: File, kept: Path) -> Path:
    from sklearn.datasets import fetch_openml  # noqa: PLC0415 - only where the table is not here

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a try that failed: what failed at last is told below
            table = fetch_openml(data_id=file.openml, as_frame=True, parser="liac-arff", cache=False, n_retries=1).frame
    except OSError as error:
        raise DataError(
            f"{file.name} is in no folder that is looked in, and OpenML, where it has the id {file.openml}, does not "
            f"answer ({error}); put it into the folder THRESHOLD_LAB_DATA names, or into one named with --data"
        ) from None
    label = table.columns[-1]
    table[label] = table[label].astype(str).replace(file.labels)
    kept.mkdir(parents=True, exist_ok=True)
    table.to_csv(kept / file.name, header=False, index=False)
    return kept / file.name
