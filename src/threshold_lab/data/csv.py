"""The source `csv`: a table of the user's own, with every problem told by file, row, column and value."""

import hashlib
import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from threshold_lab.data import kinds
from threshold_lab.data.files import Snapshot, snapshot, unreadable
from threshold_lab.data.labels import label_problems, labels_of, part_problems, parts_of
from threshold_lab.data.layout import Layout, laid_out
from threshold_lab.data.table import Table
from threshold_lab.errors import DataError, gather, refuse, short, unknown
from threshold_lab.records import PARTS
from threshold_lab.spec import TABS, Column, Csv, paths_of

MISSING = frozenset(("", "NA", "N/A", "n/a", "#N/A", "#N/A N/A", "#NA", "<NA>", "NaN", "nan", "-NaN", "-nan", "null"))
MISSING |= {"NULL", "None", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"}
"""What stands for a missing value in a file: what pandas takes for one, as whoever calls a model may read it so."""


def read_csv(spec: Csv) -> Table:
    """Read one file, or one a part. Raises DataError with all problems, each by file, row, column and value."""
    require_files(spec)
    source = source_of(spec)
    target, split_column, features, categorical = _columns(source, spec)
    values = source.frame[target]
    bare = Table(source.frame[features], np.empty(0, np.bool_), "", "", None, categorical, source.where, source.cell)
    problems = list(label_problems(values, spec.positive, source.where))
    if split_column is not None:
        problems += part_problems(source.frame[split_column], source.where)
    if problems:
        refuse([*problems, *kinds.problems(bare, np.arange(len(values)))], DataError)
    positive, negative, labels = labels_of(values, spec.positive)
    part = source.part if split_column is None else parts_of(source.frame[split_column])
    return Table(
        bare.columns,
        labels,
        positive,
        negative,
        part,
        categorical,
        source.where,
        source.cell,
        source.blank,
        source.hash,
    )


def require_files(spec: Csv) -> None:
    """Raise DataError where a named file is not there or is none, for all of them at once."""
    refuse(
        [
            f"{path}: {why}; name one with data.{field}=FILE"
            for field, path in paths_of(spec).items()
            if (why := unreadable(Path(path)))
        ],
        DataError,
    )


# ---- files


@dataclass(frozen=True, eq=False)
class Source:
    """The rows of one file, or of one a part.

    frame: all rows with a value, numbered from 0. part: of each row, where a part is a file. blank: rows without any
    value, in words. names: the header as it is written, empty where there is none.
    """

    shots: Sequence[Snapshot]
    frame: pd.DataFrame
    part: NDArray[np.str_] | None
    files: NDArray[np.int64]
    lines: NDArray[np.int64]
    blank: tuple[str, ...]
    names: Sequence[str]

    @property
    def hash(self) -> str:
        """SHA-256 of the hashes of all files, in the order of the parts."""
        return hashlib.sha256(b"".join(own.sha256 for own in self.shots)).hexdigest()

    def where(self, row: int) -> str:
        """Say "FILE, row N" of a row, as the file counts."""
        return f"{self.shots[self.files[row]].path}, row {self.lines[row]}"

    def cell(self, row: int, column: str) -> str:
        """Return a value as the file has it."""
        place = list(self.frame).index(column)
        shot: Snapshot = self.shots[self.files[row]]
        return shot.cell(int(self.lines[row]) - 1, place)


def source_of(spec: Csv) -> Source:
    """Return what its files hold. Raises DataError with all that keeps them from being tables."""
    delimiter = "\t" if spec.delimiter in TABS else spec.delimiter
    shots = gather([partial(snapshot, Path(path), delimiter) for path in paths_of(spec).values()], DataError)
    layouts = [laid_out(own, header=spec.header) for own in shots]
    refuse([words for own in layouts for words in own.problems], DataError)
    frames = [_frame(own, layout, spec) for own, layout in zip(shots, layouts, strict=True)]
    refuse(_other_columns(shots, frames), DataError)
    files = np.repeat(np.arange(len(frames)), list(map(len, frames)))
    first = 2 if spec.header else 1
    blank = [
        f"{shot.path}, row {row}"
        for shot, layout, frame in zip(shots, layouts, frames, strict=True)
        for row in sorted(set(range(first, layout.rows + 1)) - set(frame.index + first) - set(layout.blank))
    ]
    return Source(
        shots,
        pd.concat(frames, ignore_index=True),
        None if spec.path else np.array(PARTS)[files],
        files,
        np.concatenate([frame.index.to_numpy() for frame in frames]) + first,
        tuple(blank),
        layouts[0].first if spec.header else (),
    )


def _frame(own: Snapshot, layout: Layout, spec: Csv) -> pd.DataFrame:
    """The rows of a file that hold a value, by their number in it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame: pd.DataFrame = pd.read_csv(io.BytesIO(own.content), **_format(own.delimiter, header=spec.header))
    except (ValueError, pd.errors.ParserWarning) as error:
        raise DataError(f"{own.path}: cannot be read as a table: {str(error).strip()}; check data.delimiter") from None
    if len(frame) != layout.rows - spec.header:
        raise DataError(
            f"{own.path}: holds {layout.rows - spec.header} rows by its quotes and {len(frame)} by its line ends; save "
            f"it anew with one line end for all rows"
        )
    frame = _emptied(frame.drop(index=[row - 1 - spec.header for row in layout.blank]))
    frame = frame.loc[frame.notna().any(axis=1)]
    if frame.empty:
        raise DataError(f"{own.path}: has no rows; a table has a row of names and a row for each case")
    return frame.rename(columns=str)


def _emptied(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame without the words for missing that pandas leaves in a column of whole numbers too long for it."""
    left = frame.select_dtypes(exclude=["number", "bool"]).isin(MISSING)
    names = left.columns[left.any()]
    frame[names] = frame[names].mask(left[names])
    return frame


def _format(delimiter: str, *, header: bool) -> dict[str, Any]:
    return {
        "sep": delimiter,
        "header": 0 if header else None,
        "index_col": False,
        "skipinitialspace": delimiter != " ",
        "skip_blank_lines": False,
        "keep_default_na": False,
        "na_values": list(MISSING),
        "low_memory": False,
    }


def _other_columns(shots: Sequence[Snapshot], frames: Sequence[pd.DataFrame]) -> list[str]:
    """Files whose columns are not those of the first."""
    return [
        f"{shot.path}: columns {_listed(frame)}; {shots[0].path} has {_listed(frames[0])}; all files need the same"
        for shot, frame in zip(shots, frames, strict=True)
        if list(frame) != list(frames[0])
    ]


def _listed(frame: pd.DataFrame) -> str:
    names = [str(name)[:60] for name in frame]
    return ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")


# ---- columns


def _columns(source: Source, spec: Csv) -> tuple[str, str | None, list[str], tuple[str, ...]]:
    """The names of the label, of the parts, of the features, and of those that are text. Raises DataError."""
    groups = {
        "data.target": (spec.target,),
        "data.split_column": () if spec.split_column is None else (spec.split_column,),
        "data.drop": spec.drop,
        "data.features": spec.features or tuple(map(str, source.frame)),
        "data.categorical": spec.categorical,
    }
    asked = [(key, column) for key, columns in groups.items() for column in columns]
    found = gather([partial(column_of, source, *one) for one in asked], DataError)
    named = {key: [name for one, name in zip(asked, found, strict=True) if one[0] == key] for key in groups}
    target, (split, *_) = named["data.target"][0], [*named["data.split_column"], None]
    used = {target, split, *named["data.drop"]}
    features = [name for name in named["data.features"] if name not in used]
    refuse([*_twice(named), *_nameless(source, features)], DataError)
    return target, split, features, tuple(named["data.categorical"])


def column_of(source: Source, key: str, column: Column | None) -> str:
    """Return a column's name, given by name or by position. Raises DataError."""
    names = source.frame.columns
    if isinstance(column, int) and str(column) not in names and -len(names) <= column < len(names):
        return str(names[column])
    if str(column) in names:
        return str(column)
    raise DataError(f"{source.shots[0].path}: {key}: {unknown('column', column, names)}")


def _twice(named: dict[str, list[str]]) -> list[str]:
    """Columns that are named as two things that one column cannot be."""
    pairs = (("data.target", "data.drop"), ("data.target", "data.split_column"), ("data.target", "data.categorical"))
    return [
        f"column {short(name)} is named by {one} and by {other}; it cannot be both"
        for one, other in pairs
        for name in named[one]
        if name in named[other]
    ]


def _nameless(source: Source, features: Sequence[str]) -> list[str]:
    """Features without a name in the header: an index that some program wrote, or a delimiter too many."""
    places = [place for place, name in enumerate(source.names) if not name.strip()]
    return [
        f"{source.shots[0].path}, row 1: column {place + 1} has no name; name it, or leave it out with "
        f"data.drop=[{place}]"
        for place in places
        if source.frame.columns[place] in features
    ]
