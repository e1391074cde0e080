"""What travels between the parts of the lab, and nothing else."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

PARTS = ("train", "validation", "test")
HISTORY = ("loss", "accuracy", "val_loss", "val_accuracy")
"""What Keras's `fit` says of every epoch."""


@dataclass(frozen=True, eq=False)
class Part:
    """Rows of one split: features float32 (n, d), labels bool (n,), row ids int64 (n,) counted from 0."""

    features: NDArray[np.float32]
    labels: NDArray[np.bool_]
    rows: NDArray[np.int64]


Parts = Mapping[str, Part]
"""By the names of PARTS."""


@dataclass(frozen=True, eq=False)
class Raw:
    """What rows are before they are encoded.

    numbers, texts: the names of the columns. encoder: the fitted scikit-learn transformer, columns -> features.
    example: the first few rows of the test part, a pandas table of the columns, NaN where a value is missing.
    """

    numbers: tuple[str, ...]
    texts: tuple[str, ...]
    encoder: Any
    example: Any


@dataclass(frozen=True)
class Suspicion:
    """What may be wrong with data that can be used: its kind, its column if it is of one, and words on a line."""

    kind: str
    column: str
    words: str


@dataclass(frozen=True, eq=False)
class Splits:
    """Train, validation and test rows, encoded by what was fitted on the training rows alone.

    hash: SHA-256 of all features, labels and row ids. feature_names: (d,) after encoding. positive, negative:
    the label's values. raw: the table they were made of. files: SHA-256 of the bytes of the files that held it, empty
    where there were none. suspicions: what may be wrong with it.
    """

    train: Part
    validation: Part
    test: Part
    hash: str
    feature_names: tuple[str, ...]
    positive: str
    negative: str
    raw: Raw
    files: str = ""
    suspicions: tuple[Suspicion, ...] = ()

    def parts(self) -> Iterator[tuple[str, Part]]:
        """Each part by its name, in the order of PARTS."""
        return ((name, getattr(self, name)) for name in PARTS)


@dataclass(frozen=True, eq=False)
class Fit:
    """One trained lane.

    weights: kernel (in, out) and bias (out,) of each layer in turn, float32. history: a row of HISTORY an epoch that
    was trained, each (epochs,). logits: the output layer before its activation, (n, units) float32 a part.
    model: the bytes of an ordinary .keras file, for a lane that a job exports.
    """

    key: str
    weights: tuple[NDArray[np.float32], ...]
    history: Mapping[str, NDArray[np.float32]]
    logits: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    model: bytes | None = None

    @property
    def epochs(self) -> int:
        """Epochs that were trained."""
        return len(self.history[HISTORY[0]])

    @property
    def finite(self) -> bool:
        """False where training diverged."""
        return all(bool(np.isfinite(array).all()) for array in (*self.weights, *self.logits.values()))


class Desk(Protocol):
    """Who takes what a program hands out while it trains."""

    def epoch(self) -> None:
        """Take note that one more epoch of the program is done."""

    def put(self, lane: str, part: str, logits: NDArray[np.float32]) -> None:
        """Take the logits of a lane, by its key, on more rows of a part, (n, units)."""


@dataclass(frozen=True, eq=False)
class Scores:
    """What r networks of one job say of n rows: labels (n,) bool; logits and scores (r, n) float64."""

    labels: NDArray[np.bool_]
    logits: NDArray[np.float64]
    scores: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Shown:
    """What plain Keras did, by name: numbers, a row a seed where they are of seeds; and words, one a seed."""

    numbers: Mapping[str, NDArray[np.float64]]
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
