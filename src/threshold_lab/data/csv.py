"""The source `csv`: a table of the user's own, with every problem told by file, row, column and value."""

import csv
import hashlib
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from threshold_lab.data.kinds import word
from threshold_lab.data.table import Table
from threshold_lab.errors import DataError, unknown
from threshold_lab.records import PARTS
from threshold_lab.spec import TABS, Column, Csv, Label

MISSING = frozenset(("", "NA", "N/A", "n/a", "#N/A", "#N/A N/A", "#NA", "<NA>", "NaN", "nan", "-NaN", "-nan", "null"))
MISSING |= {"NULL", "None", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"}
"""What stands for a missing value in a file: what pandas takes for one, as whoever calls a model may read it so."""

_KNOWN_LABELS = (("0", "1"), ("false", "true"), ("no", "yes"))

Where = Callable[[int], str]


def read_csv(spec: Csv) -> Table:
    """Read one file, or one a part. Raises DataError naming the file, the row, the column and the value."""
    require_files(spec)
    frame, part, where = frame_of(spec)
    name = partial(column_of, frame, where)
    target = name("data.target", spec.target)
    positive, negative, labels = labels_of(frame, target, spec.positive, where)
    dropped = {name("data.drop", column) for column in spec.drop}
    if target in dropped:
        raise DataError(f"column {target!r} is named by data.target and by data.drop; it cannot be both")
    dropped.add(target)
    if spec.split_column is not None:
        split_column = name("data.split_column", spec.split_column)
        part = _parts(frame, split_column, where)
        dropped.add(split_column)
    wanted = [name("data.features", column) for column in spec.features or list(map(str, frame))]
    columns = frame[[column for column in wanted if column not in dropped]]
    categorical = tuple(name("data.categorical", column) for column in spec.categorical)
    return Table(columns, labels, positive, negative, part, categorical, where)


def require_files(spec: Csv) -> None:
    """Raise DataError where a named file is not there."""
    named = {"path": spec.path, "train_path": spec.train_path, "validation_path": spec.validation_path}
    for field, path in {**named, "test_path": spec.test_path}.items():
        if path is not None and not Path(path).is_file():
            found = "is a folder, not a file" if Path(path).is_dir() else f"no such file (looked in {Path.cwd()})"
            raise DataError(f"{path}: {found}; name one with data.{field}=FILE")


def files_hash(spec: Csv) -> str:
    """Return the SHA-256 of the hashes of all files that are named, in the order of the parts."""
    content = hashlib.sha256()
    for path in (spec.path, spec.train_path, spec.validation_path, spec.test_path):
        if path is not None:
            with Path(path).open("rb") as file:
                content.update(hashlib.file_digest(file, "sha256").digest())
    return content.hexdigest()


# ---- files


def frame_of(spec: Csv) -> tuple[pd.DataFrame, NDArray[np.str_] | None, Where]:
    """Return all rows, the part of each where a part is a file, and what says "FILE, row N" as the file counts."""
    named = [spec.path] if spec.path else [spec.train_path, spec.validation_path, spec.test_path]
    paths = [Path(str(path)) for path in named]
    frames = [_one_file(path, spec) for path in paths]
    for path, frame in zip(paths[1:], frames[1:], strict=True):
        if list(frame) != list(frames[0]):
            raise DataError(
                f"{path}: columns {_listed(frame)}; {paths[0]} has {_listed(frames[0])}; all files need the same"
            )
    files = np.repeat(np.arange(len(frames)), list(map(len, frames)))
    lines = np.concatenate([frame.index.to_numpy() for frame in frames]) + (2 if spec.header else 1)
    part = None if spec.path else np.array(PARTS)[files]
    return pd.concat(frames, ignore_index=True), part, lambda row: f"{paths[files[row]]}, row {lines[row]}"


def _one_file(path: Path, spec: Csv) -> pd.DataFrame:
    """The rows of a file that are not blank, by their number in it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            _require_distinct_names(path, spec)
            frame: pd.DataFrame = pd.read_csv(path, **_format(spec))
    except UnicodeDecodeError:
        raise DataError(f"{path}: holds bytes that are no UTF-8 text; save the file as UTF-8") from None
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError, OSError) as error:
        reason = str(error).strip().removeprefix("Error tokenizing data. ")
        raise DataError(f"{path}: cannot be read as a table: {reason}; check data.delimiter and data.header") from None
    frame = frame.loc[frame.notna().any(axis=1)]
    if frame.empty:
        raise DataError(f"{path}: has no rows")
    return frame.rename(columns=str)


def _require_distinct_names(path: Path, spec: Csv) -> None:
    """Raise DataError on a name that two columns share: the second could be the label under another name."""
    if not spec.header:
        return
    with path.open(encoding="utf-8-sig", newline="") as file:
        names = next(csv.reader(file, delimiter=_format(spec)["sep"], skipinitialspace=True), [])
    if twice := [name for name in names if name and names.count(name) > 1]:
        raise DataError(f"{path}, row 1: two columns are called {twice[0]!r}; rename one")


def _format(spec: Csv) -> dict[str, Any]:
    return {
        "sep": "\t" if spec.delimiter in TABS else spec.delimiter,
        "header": 0 if spec.header else None,
        "index_col": False,
        "skipinitialspace": True,
        "skip_blank_lines": False,
        "keep_default_na": False,
        "na_values": list(MISSING),
        "low_memory": False,
    }


def _listed(frame: pd.DataFrame) -> str:
    return ", ".join(map(str, frame.columns))


def column_of(frame: pd.DataFrame, where: Where, key: str, column: Column | None) -> str:
    """Return the column's name, given by name or by position."""
    if isinstance(column, int) and str(column) not in frame and -frame.shape[1] <= column < frame.shape[1]:
        return str(frame.columns[column])
    if str(column) in frame:
        return str(column)
    single = "; the file has one column only: check data.delimiter" if frame.shape[1] == 1 else ""
    raise DataError(f"{where(0).rsplit(',', 1)[0]}: {key}: {unknown('column', column, frame.columns)}{single}")


# ---- labels and parts


def labels_of(
    frame: pd.DataFrame, target: str, positive: Label | None, where: Where
) -> tuple[str, str, NDArray[np.bool_]]:
    """Return the words of both labels, and the labels themselves."""
    values = frame[target]
    if values.isna().any():
        row = int(values.isna().to_numpy().argmax())
        raise DataError(f"{where(row)}, column {target!r}: the label is missing; remove the row, or fill it in")
    words = values.map(word)
    found = sorted(words.unique())
    listed = ", ".join(f"{own!r} ({(words == own).sum()} rows)" for own in found[:10])
    if len(found) != 2:
        raise DataError(
            f"column {target!r} must hold two values; it holds {len(found)}: {listed}"
            f"{' ...' if len(found) > 10 else ''}; name another column with data.target"
        )
    chosen = _positive(target, found, positive, listed)
    other = next(own for own in found if own != chosen)
    return chosen, other, (words == chosen).to_numpy(np.bool_)


def _positive(target: str, found: list[str], positive: Label | None, listed: str) -> str:
    if positive is not None:
        if word(positive) in found:
            return word(positive)
        raise DataError(f"data.positive={positive!r} is not in column {target!r}, which holds {listed}")
    if tuple(own.lower() for own in found) in _KNOWN_LABELS:
        return found[1]
    raise DataError(
        f"column {target!r} holds {listed}: which of them is positive? Name it with data.positive={found[0]} or "
        f"data.positive={found[1]}"
    )


def _parts(frame: pd.DataFrame, column: str, where: Where) -> NDArray[np.str_]:
    parts = frame[column].astype(str).str.strip().str.lower()
    if not parts.isin(PARTS).all():
        row = int((~parts.isin(PARTS)).to_numpy().argmax())
        value = frame[column].iloc[row]
        raise DataError(f"{where(row)}, column {column!r}: {value!r} is none of {', '.join(PARTS)}")
    return parts.to_numpy(np.str_)
