"""What lanes have in common that train as one compiled function, and the sizes of its arrays. All else is data."""

from dataclasses import dataclass

from threshold_lab.spec import Sgd, Training

WIDTH = 16
"""Lanes of a stacked program. Fixed, because XLA compiles another width to other bits."""

ROWS = 64
"""Rows of a block in which networks are evaluated."""

_MULTIPLE = 16  # of a hidden width: 124 units in arrays of 128 are a quarter faster than in arrays of 124
_MOST_STEPS, _CHUNK_BYTES = 32, 16 * 2**20


@dataclass(frozen=True)
class Shape:
    """Sizes and kinds that are compiled in: of a lane's training, and of its data the number of features alone."""

    features: int
    hidden: tuple[int, ...]
    hidden_activation: str
    optimizer: str
    batch_size: int
    trainer: str

    @classmethod
    def of(cls, training: Training, features: int) -> "Shape":
        """Return the shape of a lane."""
        own = training.network
        rule = training.optimizer
        kind = "nesterov" if isinstance(rule, Sgd) and rule.nesterov else rule.name
        return cls(features, own.hidden, own.activation, kind, training.batch_size, training.trainer)

    @property
    def lanes(self) -> int:
        """Lanes of a program."""
        return WIDTH if self.trainer == "stacked" else 1

    @property
    def widths(self) -> tuple[int, ...]:
        """Hidden widths of the arrays; the units beyond `hidden` stay at zero."""
        return tuple(-(-width // _MULTIPLE) * _MULTIPLE for width in self.hidden)

    @property
    def steps(self) -> int:
        """Gradient steps whose batches are handed over at once: as many as fit into a small part of memory."""
        return self._as_many(self.batch_size, sum(self.widths))

    @property
    def blocks(self) -> int:
        """Blocks of ROWS rows that are evaluated at once."""
        return self._as_many(ROWS, 0)

    def _as_many(self, rows: int, mask_bytes: int) -> int:
        each = WIDTH * rows * (4 * self.features + mask_bytes + 12)
        return max(1, min(_MOST_STEPS, _CHUNK_BYTES // each))
