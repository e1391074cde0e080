"""The source `csv`: a table of the user's own, with every problem told by file, row, column and value."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from threshold_lab.data.table import Table
from threshold_lab.errors import DataError, unknown
from threshold_lab.records import PARTS
from threshold_lab.spec import TABS, Column, Csv, Label

_KNOWN_LABELS = {"0": False, "false": False, "no": False, "1": True, "true": True, "yes": True}


def read_csv(spec: Csv) -> Table:
    """Read one file, or one a part. Raises DataError naming the file, the row, the column and the value."""
    require_files(spec)
    frame, part, where = _frame(spec)
    target = _name(frame, spec.target, "data.target", where)
    positive, negative, labels = _labels(frame, target, spec.positive, where)
    if spec.split_column is not None:
        part = _parts(frame, _name(frame, spec.split_column, "data.split_column", where), where)
    columns = frame[_feature_names(frame, target, spec, where)]
    chosen = [_name(frame, name, "data.categorical", where) for name in spec.categorical]
    texts = tuple(str(name) for name in columns if name in chosen or not _is_number(columns[name]))
    return Table(_typed(columns, texts), labels, positive, negative, part, texts)


def _frame(spec: Csv) -> tuple[pd.DataFrame, NDArray[np.str_] | None, list[str]]:
    """All rows, the part of each where a part is a file, and "FILE, row N" of each as the file counts it."""
    paths = [spec.path] if spec.path else [spec.train_path, spec.validation_path, spec.test_path]
    frames = [_one_file(Path(str(path)), spec) for path in paths]
    for path, frame in zip(paths[1:], frames[1:], strict=True):
        if list(frame) != list(frames[0]):
            raise DataError(
                f"{path}: columns {_listed(frame)}; {paths[0]} has {_listed(frames[0])}; all files need the same"
            )
    first = 2 if spec.header else 1
    where = [
        f"{path}, row {row + first}" for path, frame in zip(paths, frames, strict=True) for row in range(len(frame))
    ]
    part = None if spec.path else np.repeat(PARTS, [len(frame) for frame in frames])
    return pd.concat(frames, ignore_index=True), part, where


def require_files(spec: Csv) -> None:
    """Raise DataError where a named file is not there."""
    named = {"path": spec.path, "train_path": spec.train_path, "validation_path": spec.validation_path}
    for field, path in {**named, "test_path": spec.test_path}.items():
        if path is not None and not Path(path).is_file():
            raise DataError(f"{path}: no such file (looked in {Path.cwd()}); name one with data.{field}=FILE")


def _one_file(path: Path, spec: Csv) -> pd.DataFrame:
    header, separator = 0 if spec.header else None, "\t" if spec.delimiter in TABS else spec.delimiter
    try:
        frame = pd.read_csv(path, sep=separator, header=header, skipinitialspace=True, low_memory=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError, OSError) as error:
        reason = str(error).strip().removeprefix("Error tokenizing data. ")
        raise DataError(
            f"{path}: not a table that can be read: {reason}; check data.delimiter and data.header"
        ) from None
    if frame.empty:
        raise DataError(f"{path}: has no rows")
    return frame.rename(columns=str)


def _listed(frame: pd.DataFrame) -> str:
    return ", ".join(map(str, frame.columns))


def _name(frame: pd.DataFrame, column: Column | None, key: str, where: list[str]) -> str:
    """The column's name, given by name or by position."""
    if isinstance(column, int) and str(column) not in frame and -frame.shape[1] <= column < frame.shape[1]:
        return str(frame.columns[column])
    if str(column) in frame:
        return str(column)
    raise DataError(f"{where[0].rsplit(',', 1)[0]}: {key}: {unknown('column', column, frame.columns)}")


def _labels(
    frame: pd.DataFrame, target: str, positive: Label | None, where: list[str]
) -> tuple[str, str, NDArray[np.bool_]]:
    """The words of both labels, and the labels themselves."""
    values = frame[target]
    if values.isna().any():
        row = int(values.isna().to_numpy().argmax())
        raise DataError(f"{where[row]}, column {target!r}: the label is missing; remove the row, or fill it in")
    words = values.map(_word)
    found = sorted(words.unique())
    listed = ", ".join(f"{word!r} ({(words == word).sum()} rows)" for word in found[:10])
    if len(found) != 2:
        raise DataError(
            f"column {target!r} must hold two values; it holds {len(found)}: {listed}"
            f"{' ...' if len(found) > 10 else ''}; name another column with data.target"
        )
    chosen = _positive(target, found, positive, listed)
    other = next(word for word in found if word != chosen)
    return chosen, other, (words == chosen).to_numpy(np.bool_)


def _positive(target: str, found: list[str], positive: Label | None, listed: str) -> str:
    if positive is not None:
        if _word(positive) in found:
            return _word(positive)
        raise DataError(f"data.positive={positive!r} is not in column {target!r}, which holds {listed}")
    meanings = {_KNOWN_LABELS.get(word.lower()): word for word in found}
    if set(meanings) == {False, True}:
        return meanings[True]
    raise DataError(
        f"column {target!r} holds {listed}: which of them is positive? Name it with data.positive={found[0]} or "
        f"data.positive={found[1]}"
    )


def _word(value: object) -> str:
    """The text of a label: 1, 1.0 and "1" are the same label."""
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()


def _parts(frame: pd.DataFrame, column: str, where: list[str]) -> NDArray[np.str_]:
    parts = frame[column].astype(str).str.strip().str.lower()
    if not parts.isin(PARTS).all():
        row = int((~parts.isin(PARTS)).to_numpy().argmax())
        raise DataError(f"{where[row]}, column {column!r}: {frame[column].iloc[row]!r} is none of {', '.join(PARTS)}")
    return parts.to_numpy(np.str_)


def _feature_names(frame: pd.DataFrame, target: str, spec: Csv, where: list[str]) -> list[str]:
    dropped = {_name(frame, name, "data.drop", where) for name in spec.drop} | {target}
    if spec.split_column is not None:
        dropped.add(_name(frame, spec.split_column, "data.split_column", where))
    named = list(map(str, frame)) if spec.features is None else spec.features
    wanted = [_name(frame, name, "data.features", where) for name in named]
    return [name for name in wanted if name not in dropped]


def _is_number(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column)


def _typed(columns: pd.DataFrame, texts: tuple[str, ...]) -> pd.DataFrame:
    """Numbers as float64, text as objects, NaN for missing in both."""
    typed = {
        name: columns[name].astype(object).map(_word, na_action="ignore").where(columns[name].notna(), np.nan)
        if name in texts
        else columns[name].astype(np.float64)
        for name in columns
    }
    return pd.DataFrame(typed, index=columns.index)
