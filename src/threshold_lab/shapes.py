"""What lanes have in common that train as one compiled function, and the sizes of its arrays. All else is data."""

from dataclasses import dataclass
from itertools import pairwise

from threshold_lab.spec import Sgd, Training

WIDTH = 16
"""Most lanes of a stacked program; `Shape.lanes` says how many, always the same for a shape, and short ones are filled.

XLA compiles another number of lanes to other bits.
"""

ROWS = 64
"""Rows of a block in which networks are evaluated."""

_MULTIPLE = 16  # of a hidden width: 124 units in arrays of 128 are a quarter faster than in arrays of 124
_MOST_STEPS, _CHUNK_BYTES = 32, 16 * 2**20
_LEAST_LANES, _WEIGHT_BYTES = 4, 2 * 2**20  # of all lanes: beyond it, weights leave the processor's own cache


@dataclass(frozen=True)
class Shape:
    """Sizes and kinds that are compiled in: of a lane's training, and of its data the number of features.

    Nothing else of the data, but that a batch is no larger than its rows, rounded up.
    """

    features: int
    hidden: tuple[int, ...]
    hidden_activation: str
    optimizer: str
    batch_size: int
    trainer: str

    @classmethod
    def of(cls, training: Training, size: tuple[int, int]) -> "Shape":
        """Return the shape of a lane; size: rows and features of its training part."""
        rows, features = size
        own = training.network
        rule = training.optimizer
        kind = "nesterov" if isinstance(rule, Sgd) and rule.nesterov else rule.name
        batch_size = min(training.batch_size, _up(rows, ROWS))
        return cls(features, own.hidden, own.activation, kind, batch_size, training.trainer)

    @property
    def lanes(self) -> int:
        """Lanes of a program: as many as keep their weights close to the processor."""
        if self.trainer == "keras":
            return 1
        weights = sum(inputs * outputs for inputs, outputs in pairwise([self.features, *self.widths, 1]))
        fewer = (lanes for lanes in (WIDTH, WIDTH // 2) if 4 * weights * lanes <= _WEIGHT_BYTES)
        return next(fewer, _LEAST_LANES)

    @property
    def widths(self) -> tuple[int, ...]:
        """Hidden widths of the arrays; the units beyond `hidden` stay at zero."""
        return tuple(_up(width, _MULTIPLE) for width in self.hidden)

    @property
    def steps(self) -> int:
        """Gradient steps whose batches are handed over at once: as many as fit into a small part of memory."""
        return self._as_many(self.batch_size, sum(self.widths))

    @property
    def blocks(self) -> int:
        """Blocks of ROWS rows that are evaluated at once."""
        return self._as_many(ROWS, 0)

    def _as_many(self, rows: int, mask_bytes: int) -> int:
        each = self.lanes * rows * (4 * self.features + mask_bytes + 8)
        return max(1, min(_MOST_STEPS, _CHUNK_BYTES // each))


def _up(number: int, multiple: int) -> int:
    return -(-number // multiple) * multiple
