"""What a model was given as y: which rows are positive, and by what numbers the classes are told."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

_CLASSES = 2


@dataclass(frozen=True, eq=False)
class Labels:
    """Labels as `fit` takes them, (n, ...), and the units of the output they belong to."""

    given: NDArray[Any]
    units: int

    @property
    def shape(self) -> tuple[int, ...]:
        """Their shape."""
        return tuple(self.given.shape)

    @cached_property
    def flat(self) -> NDArray[np.float64]:
        """One number a row: of one-hot labels, the place of the largest; of others for several units, all of them."""
        own = np.asarray(self.given, np.float64)
        return own.argmax(axis=-1).reshape(-1).astype(np.float64) if self.one_hot else own.reshape(-1)

    @property
    def of_each(self) -> bool:
        """Whether each row has a number for each of several units."""
        return self.units > 1 and self.given.ndim > 1 and self.given.shape[-1] == self.units

    @cached_property
    def one_hot(self) -> bool:
        """Whether these numbers are shares of one whole, and so tell classes that exclude each other."""
        if not self.of_each:
            return False
        wholes = np.asarray(self.given, np.float64).sum(axis=-1)
        return bool(np.allclose(wholes, wholes.flat[0], atol=1e-5))

    @property
    def of_several(self) -> bool:
        """Whether each row has several labels, each 0 or 1, that do not exclude each other."""
        return self.of_each and not self.one_hot and self.zero_one

    @cached_property
    def values(self) -> NDArray[np.float64]:
        """The distinct numbers, ascending."""
        return np.unique(self.flat)

    @property
    def binary(self) -> bool:
        """Whether each row is of one of two classes."""
        return self.units <= _CLASSES and self.of_each == self.one_hot and len(self.values) <= _CLASSES

    @property
    def of_classes(self) -> bool:
        """Whether they are of classes, two or more, or of several labels that are each 0 or 1."""
        return self.binary or self.one_hot or self.zero_one

    @property
    def negative(self) -> float:
        """The number of a negative row."""
        return float(self.values[0]) if len(self.values) > 1 or self.values[0] <= 0 else 0.0

    @property
    def low(self) -> int:
        """What `heads` calls it: -1 or 0."""
        return -1 if self.binary and self.negative < 0 else 0

    @property
    def zero_one(self) -> bool:
        """Whether labels are 0 and 1."""
        return bool(np.isin(self.values, (0.0, 1.0)).all())

    @property
    def shares(self) -> bool:
        """Whether labels are shares, from 0 to 1."""
        return bool(self.values[0] >= 0 and self.values[-1] <= 1)

    @property
    def middle(self) -> float:
        """A number between both."""
        return (self.negative + float(self.values[-1])) / 2

    @property
    def positive(self) -> NDArray[np.bool_]:
        """Which rows are positive, (n,)."""
        return np.asarray(self.flat > self.middle)
