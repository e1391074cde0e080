"""The fields of every source of data, and of how its rows are parted."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator
from pydantic.dataclasses import dataclass

from threshold_lab.errors import short
from threshold_lab.spec.fields import (
    CLOSED,
    Column,
    Count,
    Dimensions,
    Flag,
    Folds,
    Fraction,
    Label,
    NotNegative,
    Positive,
    Rate,
    RowCount,
    SmallSeed,
    Text,
    Whole,
)

DELIMITERS = ",;| \t:^~&!/#"
PATHS = ("path", "train_path", "validation_path", "test_path")
TABS = ("tab", r"\t")
"""How a tab is named as a delimiter; a shell and Hydra both eat the character itself."""


@dataclass(frozen=True, kw_only=True, config=CLOSED)
class SplitSpec:
    """How rows are parted into train, validation and test; always stratified by the label.

    With `folds`, the test part is the stratified fold `fold` (0 to folds - 1), and `validation_fraction` is of
    the rest. With `train_rows`, the first rows of the table train, and the rest is parted as the two fractions are to
    each other. Otherwise both fractions are of all rows. standardise: whether numbers get mean 0 and deviation 1.
    """

    validation_fraction: Fraction = 0.2
    test_fraction: Fraction = 0.2
    folds: Folds | None = None
    fold: Whole | None = None
    train_rows: Count | None = None
    standardise: Flag = True
    split_seed: SmallSeed = 0

    @model_validator(mode="after")
    def _parts_fit(self) -> "SplitSpec":
        if (self.folds is None) != (self.fold is None):
            raise ValueError("data.folds and data.fold go together: data.folds=10 data.fold=3")
        if self.folds is not None and self.fold is not None and self.fold >= self.folds:
            raise ValueError(f"data.fold={self.fold}: must be 0 to {self.folds - 1} with data.folds={self.folds}")
        if self.folds is not None and self.train_rows is not None:
            raise ValueError("the rows can be parted in one way only; got data.folds and data.train_rows")
        if self.folds is None and self.validation_fraction + self.test_fraction >= 1:
            raise ValueError("data.validation_fraction + data.test_fraction must leave rows to train on (< 1)")
        return self


def _named_once(columns: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
    if columns is not None and (twice := [own for own in columns if columns.count(own) > 1]):
        raise ValueError(f"column {twice[0]!r} is named twice; name it once")
    return columns


def _some(columns: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
    if columns == ():
        raise ValueError("data.features=[] leaves no feature; name some, or null for all")
    return columns


Columns = Annotated[tuple[Column, ...], AfterValidator(_named_once)]
Features = Annotated[tuple[Column, ...] | None, AfterValidator(_named_once), AfterValidator(_some)]


@dataclass(frozen=True, kw_only=True, config=CLOSED)
class BreastCancer(SplitSpec):
    """scikit-learn's breast cancer table; positive is benign, as it codes it. `features`: those named, or all 30."""

    source: Literal["breast_cancer"] = "breast_cancer"
    features: Features = None


@dataclass(frozen=True, kw_only=True, config=CLOSED)
class Moons(SplitSpec):
    """Two interleaved half circles; `noise` is the standard deviation added to each coordinate."""

    source: Literal["moons"] = "moons"
    rows: RowCount = 1000
    noise: NotNegative = 0.2
    seed: SmallSeed = 0


@dataclass(frozen=True, kw_only=True, config=CLOSED)
class Circles(SplitSpec):
    """A circle within a circle, whose radius is `factor` of the outer one's."""

    source: Literal["circles"] = "circles"
    rows: RowCount = 1000
    noise: NotNegative = 0.1
    factor: Fraction = 0.8
    seed: SmallSeed = 0


@dataclass(frozen=True, kw_only=True, config=CLOSED)
class Classification(SplitSpec):
    """Normal clusters at the corners of a cube, scikit-learn's make_classification without a redundant feature.

    clusters: of each class. positives: share of rows whose label is positive. noise: share of labels drawn anew.
    separation: half the side of the cube.
    """

    source: Literal["classification"] = "classification"
    rows: RowCount = 1000
    features: Dimensions = 2
    clusters: Dimensions = 2
    positives: Fraction = 0.5
    noise: Rate = 0.01
    separation: Positive = 1.0
    seed: SmallSeed = 0

    @model_validator(mode="after")
    def _clusters_fit(self) -> "Classification":
        if 2 * self.clusters > 2 ** min(self.features, 30):
            raise ValueError(
                f"data.features={self.features} gives a cube of {2**self.features} corners, fewer than the clusters of "
                f"two classes; use fewer data.clusters than {self.clusters} or more features"
            )
        return self


@dataclass(frozen=True, kw_only=True, config=CLOSED)
class Csv(SplitSpec):
    """A table of one's own. Columns are named, or counted from 0 (-1 is the last) where `header` is false.

    One file in `path`, parted by `split_column`, `folds` or the fractions; or one file a part.
    `positive`: the positive value of `target`, needed where the values are not 0/1, False/True or no/yes.
    """

    source: Literal["csv"] = "csv"
    path: Text | None = None
    train_path: Text | None = None
    validation_path: Text | None = None
    test_path: Text | None = None
    header: Flag = True
    delimiter: Text = ","
    target: Column | None = None
    positive: Label | None = None
    drop: Columns = ()
    features: Features = None
    categorical: Columns = ()
    split_column: Column | None = None

    @model_validator(mode="after")
    def _a_delimiter_is_one_character(self) -> "Csv":
        if self.delimiter not in TABS and (len(self.delimiter) > 1 or self.delimiter not in DELIMITERS):
            raise ValueError(
                f"data.delimiter must be one character of {DELIMITERS!r}, or tab; got {short(self.delimiter)}"
            )
        return self

    @model_validator(mode="after")
    def _one_way_to_split(self) -> "Csv":
        parts = (self.train_path, self.validation_path, self.test_path)
        if (self.path is None) == (parts == (None, None, None)) or (self.path is None and None in parts):
            raise ValueError(
                "name the file with data.path=FILE, or all three parts with data.train_path=FILE "
                "data.validation_path=FILE data.test_path=FILE"
            )
        if self.target is None:
            raise ValueError("name the label's column with data.target=COLUMN (a name, or a position: -1 is the last)")
        ways = [
            self.path is None and "three files",
            self.split_column is not None and "data.split_column",
            self.folds is not None and "data.folds",
            self.train_rows is not None and "data.train_rows",
        ]
        if len(named := [way for way in ways if way]) > 1:
            raise ValueError(f"the rows can be parted in one way only; got {' and '.join(named)}")
        return self


def paths_of(data: SplitSpec) -> dict[str, str]:
    """Return the files that data are read from, by the name of the field: one, one a part, or none."""
    return {name: path for name in PATHS if (path := getattr(data, name, None))}


Data = Annotated[BreastCancer | Moons | Circles | Classification | Csv, Field(discriminator="source")]
