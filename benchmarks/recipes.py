"""The work that is measured: recipes of networks, and rows to train them on."""

from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from threshold_lab.records import Part, Splits
from threshold_lab.shapes import Shape
from threshold_lab.spec import Lane, Network, Sgd, Training


@dataclass(frozen=True)
class Recipe:
    """A network and how long it is trained on how many rows; validated after every epoch on 150 / 700 as many."""

    hidden: tuple[int, ...]
    dropout: tuple[float, ...]
    rows: int
    features: int
    epochs: int
    learning_rate: float = 0.1
    batch_size: int = 32

    @property
    def training(self) -> Training:
        return Training(
            activation="sigmoid",
            loss="binary_crossentropy",
            network=Network(hidden=self.hidden, dropout=self.dropout),
            optimizer=Sgd(learning_rate=self.learning_rate, momentum=0.003),
            batch_size=self.batch_size,
            epochs=self.epochs,
        )

    def lanes(self, number: int, seed: int = 0) -> list[Lane]:
        """So many lanes: activations x losses as in the default sweep, seeds from `seed` on."""
        pairs = [(a, b) for a in ("sigmoid", "softmax", "linear", "tanh") for b in ("binary_crossentropy", "mse")]
        each = -(-number // len(pairs))
        trainings = [replace(self.training, activation=activation, loss=loss) for activation, loss in pairs]
        lanes = [Lane(own, seed + index, "rows", "") for own in trainings for index in range(each)]
        return lanes[:number]

    @property
    def width(self) -> int:
        """Lanes of a program."""
        return Shape.of(self.training, (self.rows, self.features)).lanes

    @property
    def flop(self) -> float:
        """Floating-point operations of one network's matrix products: forward, and twice as many backward."""
        widths = [self.features, *self.hidden, 1]
        weights = sum(a * b for a, b in pairwise(widths))
        return weights * self.epochs * (6 * self.rows + 2 * self.held_out)

    @property
    def held_out(self) -> int:
        """Rows of the validation part, and of the test part."""
        return self.rows * 150 // 700

    def splits(self) -> Splits:
        """Rows whose label is a noisy half-plane; the same ones every time."""
        generator = np.random.default_rng(0)

        def part(rows: int) -> Part:
            features = generator.standard_normal((rows, self.features), np.float32)
            labels = features[:, :2].sum(axis=1) + generator.standard_normal(rows, np.float32) > 0
            return Part(features, labels, np.arange(rows))

        names = tuple(map(str, range(self.features)))
        return Splits(part(self.rows), part(self.held_out), part(self.held_out), "rows", names, "1", "0", None)

    def save(self, path: Path) -> Path:
        """Write rows and numbers for a peer that knows nothing of us."""
        return self.save_rows(self.splits(), path)

    def save_rows(self, splits: Splits, path: Path) -> Path:
        """Write other rows with these numbers."""
        arrays = {
            f"{name}_{what}": getattr(part, what) for name, part in splits.parts() for what in ("features", "labels")
        }
        numbers = {name: getattr(self, name) for name in ("hidden", "dropout", "epochs", "learning_rate", "batch_size")}
        np.savez(path, **arrays, **numbers)
        return path


QUESTION = Recipe((124, 124), (0.5, 0.1), rows=700, features=2, epochs=50)
WIDE = Recipe((256, 256, 256), (0.2, 0.2, 0.2), rows=7000, features=60, epochs=10, learning_rate=0.01)
WIDE_1000 = replace(WIDE, features=1000, epochs=5)
FEW_ROWS = Recipe((124, 124), (0.5, 0.1), rows=7000, features=30, epochs=2)
MANY_ROWS = replace(FEW_ROWS, rows=700_000)
"""With as many rows to validate and to test as `held_out` says, ten thousand rows and a million."""
