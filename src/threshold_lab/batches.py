"""The randomness of training, and rows put into batches: all of it here, on the host, by NumPy.

A lane draws from its own streams as many numbers as it has rows and hidden units, whatever trains beside it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from threshold_lab.program import Chunk
from threshold_lab.records import Part
from threshold_lab.shapes import ROWS, Shape
from threshold_lab.spec import Training

_UINT16 = 65536

Rows = NDArray[np.int32]


@dataclass(frozen=True)
class Streams:
    """One generator each for the initial weights, the batch order, and the dropout masks of each hidden layer.

    The first child of the seed is left for the split, where that is drawn anew for each seed.
    """

    weights: np.random.Generator
    order: np.random.Generator
    dropout: tuple[np.random.Generator, ...]

    @classmethod
    def of(cls, seed: int, layers: int) -> "Streams":
        """Spawn the streams; lanes of the same seed share them, and so are compared in pairs."""
        _, weights, order, dropout = np.random.SeedSequence(seed).spawn(4)
        masks = tuple(_generator(own) for own in dropout.spawn(layers))
        return cls(_generator(weights), _generator(order), masks)


def _generator(seed: np.random.SeedSequence) -> np.random.Generator:
    return np.random.Generator(np.random.SFC64(seed))


class Feed:
    """The training rows of one lane, in an order drawn anew for every epoch."""

    def __init__(self, training: Training, part: Part, streams: Streams) -> None:
        self.training = training
        self.part = part
        self.streams = streams
        self.steps = -(-len(part.labels) // training.batch_size)
        self.order: Rows = np.empty((0, training.batch_size), np.int32)

    def shuffle(self) -> None:
        """Draw the order of the next epoch, (steps, b); the last batch is filled up with its own first row."""
        rows, batch = len(self.part.labels), self.training.batch_size
        filled = np.empty(self.steps * batch, np.int32)
        filled[:rows] = self.streams.order.permutation(np.arange(rows, dtype=np.int32))
        filled[rows:] = filled[(self.steps - 1) * batch]
        self.order = filled.reshape(self.steps, batch)

    def fill(self, chunk: Chunk, lane: int, start: int) -> None:
        """Write the batches from step `start` on into a lane of a chunk."""
        order = self.order[start : start + len(chunk.labels)]
        steps, first = len(order), start * self.training.batch_size
        labels = self.part.labels[order]
        counted = (first + np.arange(order.size) < len(self.part.labels)).reshape(order.shape)
        chunk.features[:steps, lane] = self.part.features[order]
        chunk.labels[:steps, lane] = labels
        chunk.counted[:steps, lane] = counted
        chunk.weights[:steps, lane] = np.where(labels, *self.training.class_weight[::-1]) * counted
        for layer, masks in enumerate(chunk.kept):
            self._drop(layer, masks[:steps, lane])

    def _drop(self, layer: int, kept: NDArray[np.bool_]) -> None:
        """Draw which values of a hidden layer are kept, (steps, b, width): 16 random bits against the rate."""
        own = self.training.network
        kept = kept[..., : own.hidden[layer]]
        if not own.dropout[layer]:
            kept[...] = True
            return
        words = self.streams.dropout[layer].bit_generator.random_raw(-(-kept.size // 4))
        bits = words.view(np.uint16)[: kept.size].reshape(kept.shape)
        np.greater_equal(bits, round(own.dropout[layer] * _UINT16), out=kept)


def epoch(feeds: Sequence[Feed | None], shape: Shape) -> Iterator[tuple[int, Chunk]]:
    """Yield the chunks of one epoch, each with the number of steps in it; lanes without a feed stay empty."""
    lanes = [(lane, feed) for lane, feed in enumerate(feeds) if feed is not None]
    for _, feed in lanes:
        feed.shuffle()
    steps = max(feed.steps for _, feed in lanes)
    for start in range(0, steps, shape.steps):
        chunk = _empty(shape, shape.steps, shape.batch_size, shape.widths)
        for lane, feed in lanes:
            feed.fill(chunk, lane, start)
        yield min(shape.steps, steps - start), chunk


def blocks(parts: Sequence[Part], shape: Shape) -> Iterator[tuple[int, Chunk]]:
    """Yield the rows of each lane's part in their order, in chunks of blocks of ROWS rows."""
    rows = max(len(part.labels) for part in parts)
    each = shape.blocks * ROWS
    for start in range(0, rows, each):
        chunk = _empty(shape, shape.blocks, ROWS, ())
        for lane, part in enumerate(parts):
            _fill_blocks(chunk, lane, part, start)
        yield min(shape.blocks, -(-(rows - start) // ROWS)), chunk


def _fill_blocks(chunk: Chunk, lane: int, part: Part, start: int) -> None:
    blocks, _, size, features = chunk.features.shape
    own = slice(start, start + blocks * size)
    whole = np.zeros((blocks * size, features + 2), np.float32)
    rows = len(part.labels[own])
    whole[:rows, :features] = part.features[own]
    whole[:rows, features] = part.labels[own]
    whole[:rows, features + 1] = 1
    stacked = whole.reshape(blocks, size, -1)
    chunk.features[:, lane] = stacked[..., :features]
    chunk.labels[:, lane] = stacked[..., features]
    chunk.counted[:, lane] = stacked[..., features + 1]


def _empty(shape: Shape, steps: int, rows: int, widths: Sequence[int]) -> Chunk:
    size = (steps, shape.lanes, rows)
    labels, weights, counted = (np.zeros(size, np.float32) for _ in range(3))
    kept = [np.zeros((*size, width), np.bool_) for width in widths]
    return Chunk(np.zeros((*size, shape.features), np.float32), labels, weights, counted, kept)
