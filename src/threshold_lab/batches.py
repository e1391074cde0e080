"""The randomness of training, and rows put into batches: all of it here, on the host, by NumPy.

A lane draws as many numbers as it has rows and hidden units from the streams of its seed, whatever trains beside it;
lanes that would draw the same are fed by one.
"""

import math
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from threshold_lab.program import Chunk
from threshold_lab.records import Part
from threshold_lab.shapes import ROWS, Shape

_UINT16 = 65536
_ALIGNMENT = 64

Rows = NDArray[np.int32]
Item = TypeVar("Item", bound=Hashable)


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
    """The training rows of lanes that draw alike, in an order drawn anew for every epoch."""

    def __init__(self, part: Part, streams: Streams, dropout: Sequence[float], shape: Shape) -> None:
        self.part = part
        self.streams = streams
        self.dropout = dropout
        self.shape = shape
        self.steps = -(-len(part.labels) // shape.batch_size)
        self.order: Rows = np.empty((0, shape.batch_size), np.int32)

    def shuffle(self) -> None:
        """Draw the order of the next epoch, (steps, b); the last batch is filled up with its own first row."""
        rows, batch = len(self.part.labels), self.shape.batch_size
        filled = np.empty(self.steps * batch, np.int32)
        filled[:rows] = self.streams.order.permutation(np.arange(rows, dtype=np.int32))
        filled[rows:] = filled[(self.steps - 1) * batch]
        self.order = filled.reshape(self.steps, batch)

    def fill(self, chunk: Chunk, lanes: Sequence[int], start: int) -> None:
        """Write the batches from step `start` on into lanes of a chunk."""
        order = self.order[start : start + len(chunk.labels)]
        steps, first, lane = len(order), start * self.shape.batch_size, lanes[0]
        chunk.features[:steps, lane] = self.part.features[order]
        chunk.labels[:steps, lane] = self.part.labels[order]
        chunk.counted[:steps, lane] = (first + np.arange(order.size) < len(self.part.labels)).reshape(order.shape)
        for layer, masks in enumerate(chunk.kept):
            self._drop(layer, masks[:steps, lane])
        _copy(chunk, steps, lanes)

    def _drop(self, layer: int, kept: NDArray[np.bool_]) -> None:
        """Draw which values of a hidden layer are kept, (steps, b, width): 16 random bits against the rate."""
        kept = kept[..., : self.shape.hidden[layer]]
        if not self.dropout[layer]:
            kept[...] = True
            return
        words = self.streams.dropout[layer].bit_generator.random_raw(-(-kept.size // 4))
        bits = words.view(np.uint16)[: kept.size].reshape(kept.shape)
        np.greater_equal(bits, round(self.dropout[layer] * _UINT16), out=kept)


def epoch(feeds: Sequence[Feed | None], shape: Shape) -> Iterator[tuple[bool, Chunk]]:
    """Yield the chunks of one epoch, each with whether it is the last.

    feeds: of each lane, one and the same where lanes draw alike; a lane without one stays empty.
    """
    lanes = _alike(feeds)
    for feed in lanes:
        feed.shuffle()
    steps = max(feed.steps for feed in lanes)
    for start in range(0, steps, shape.steps):
        chunk = batches(shape, min(shape.steps, steps - start))
        for feed, own in lanes.items():
            feed.fill(chunk, own, start)
        yield start + shape.steps >= steps, chunk


def blocks(parts: Sequence[Part], shape: Shape) -> Iterator[Chunk]:
    """Yield the rows of each lane's part in their order, in chunks of blocks of ROWS rows."""
    rows = max(len(part.labels) for part in parts)
    each = shape.blocks * ROWS
    for start in range(0, rows, each):
        steps = min(shape.blocks, -(-(rows - start) // ROWS))
        chunk = _zeros(steps, (shape.blocks, shape.lanes, ROWS), shape.features)
        for part, lanes in _alike(parts).items():
            _fill_blocks(chunk, lanes, part, start)
        yield chunk


def batches(shape: Shape, steps: int) -> Chunk:
    """Return a chunk of so many batches, in which no row counts yet."""
    return _zeros(steps, (shape.steps, shape.lanes, shape.batch_size), shape.features, shape.widths)


def _fill_blocks(chunk: Chunk, lanes: Sequence[int], part: Part, start: int) -> None:
    blocks, _, size, features = chunk.features.shape
    own = slice(start, start + blocks * size)
    whole = np.zeros((blocks * size, features + 2), np.float32)
    rows, lane = len(part.labels[own]), lanes[0]
    whole[:rows, :features] = part.features[own]
    whole[:rows, features] = part.labels[own]
    whole[:rows, features + 1] = 1
    stacked = whole.reshape(blocks, size, -1)
    chunk.features[:, lane] = stacked[..., :features]
    chunk.labels[:, lane] = stacked[..., features]
    chunk.counted[:, lane] = stacked[..., features + 1]
    _copy(chunk, blocks, lanes)


def _alike(items: Sequence[Item | None]) -> dict[Item, list[int]]:
    """The lanes of each distinct item."""
    lanes: dict[Item, list[int]] = {}
    for lane, item in enumerate(items):
        if item is not None:
            lanes.setdefault(item, []).append(lane)
    return lanes


def _copy(chunk: Chunk, steps: int, lanes: Sequence[int]) -> None:
    """Give the other lanes what the first has."""
    first, *others = lanes
    for array in (chunk.features, chunk.labels, chunk.counted, *chunk.kept):
        for lane in others:
            array[:steps, lane] = array[:steps, first]


def _zeros(steps: int, size: tuple[int, int, int], features: int, widths: Sequence[int] = ()) -> Chunk:
    kept = [_aligned((*size, width), np.bool_) for width in widths]
    return Chunk(_number(steps), _aligned((*size, features)), _aligned(size), _aligned(size), kept)


def _number(value: int) -> NDArray[Any]:
    number = _aligned((), np.int32)
    number[...] = value
    return number


def _aligned(size: Sequence[int], kind: type[np.generic] = np.float32) -> NDArray[Any]:
    """An array of zeros that begins where TensorFlow takes it over without a copy."""
    length = math.prod(size) * np.dtype(kind).itemsize
    memory = np.zeros(length + _ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % _ALIGNMENT
    return memory[start : start + length].view(kind).reshape(size)
