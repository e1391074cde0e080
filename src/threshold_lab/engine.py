"""The compiled program at work: lanes of one shape, an epoch at a time, and what they say of rows held."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, cast

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from threshold_lab import batches, program
from threshold_lab.batches import Feed
from threshold_lab.heads import ACTIVATIONS
from threshold_lab.lanes import UNITS, settings_of
from threshold_lab.network import Floats
from threshold_lab.program import Chunk, Evaluated, Kind, State, Sums
from threshold_lab.records import Part
from threshold_lab.shapes import ROWS, Shape
from threshold_lab.spec import Training


class Held:
    """Rows of a part of each lane's data, in chunks; they are copied once where one chunk holds them all."""

    def __init__(self, parts: Sequence[Part], shape: Shape) -> None:
        self.parts = parts
        self.shape = shape
        self.rows = np.array([len(part.labels) for part in parts])
        self._only = list(self._copied()) if self.rows.max() <= shape.blocks * ROWS else []

    def chunks(self) -> Iterator[Chunk]:
        """Yield all rows."""
        return iter(self._only) if self._only else self._copied()

    def _copied(self) -> Iterator[Chunk]:
        return map(_on_device, batches.blocks(self.parts, self.shape))


class Engine:
    """The compiled program of one shape, with the settings of the lanes at hand."""

    def __init__(self, trainings: Sequence[Training], shape: Shape) -> None:
        self.shape = shape
        self.trainings = trainings
        self._rest = settings_of(trainings, shape), Kind(shape.hidden_activation, shape.optimizer)
        self._traced: Any = None

    def epoch(self, state: State, feeds: Sequence[Feed | None], held: Held) -> tuple[State, Floats]:
        """Train an epoch, then evaluate. Returns the state and each lane's row of HISTORY, (lanes, 4)."""
        trained, evaluated = np.zeros((2, 2, len(self.trainings)))
        chunks = held.chunks()
        rows = next(chunks)
        for last, batch in batches.epoch(feeds, self.shape):
            state, sums, seen = self._run(state, _on_device(batch), rows if last else _unread(rows))
            trained += self._real(sums)
        evaluated += self._real(seen.sums)
        for rows in chunks:
            seen = self._evaluate(state, rows)
            evaluated += self._real(seen.sums)
        trained /= [len(feed.part.labels) if feed else 1 for feed in feeds]
        evaluated /= held.rows
        evaluated[0] += seen.penalty.numpy()[: len(self.trainings)]
        return state, np.concatenate([trained, evaluated]).T.astype(np.float32)

    def logits(self, state: State, held: Held) -> Iterator[list[Floats]]:
        """Yield the output layer before its activation, some rows (n, units) of each lane at a time."""
        for number, rows in enumerate(held.chunks()):
            stacked = self._evaluate(state, rows).logits.numpy()
            each = stacked.swapaxes(2, 3).swapaxes(0, 1).reshape(self.shape.lanes, -1, UNITS)
            left = np.clip(held.rows - number * each.shape[1], 0, None)
            units = [ACTIVATIONS[own.activation].units for own in self.trainings]
            yield [own[:rows, :last] for own, rows, last in zip(each, left, units, strict=False)]

    def _evaluate(self, state: State, rows: Chunk) -> Evaluated:
        return cast(Evaluated, self._run(state, self._no_batches, rows)[-1])

    @cached_property
    def _no_batches(self) -> Chunk:
        return _on_device(batches.batches(self.shape, 0))

    def _run(self, state: State, batch: Chunk, rows: Chunk) -> Any:
        """Look the trace up once: to do so by the types of all arguments takes as long as a gradient step."""
        arguments = state, batch, rows, *self._rest
        if self._traced is None:
            self._traced = cast(Any, program.run).get_concrete_function(*arguments)
        return self._traced(*arguments)

    def _real(self, sums: Sums) -> NDArray[np.float64]:
        return np.stack([own.numpy() for own in sums])[:, : len(self.trainings)].astype(np.float64)


def _unread(rows: Chunk) -> Chunk:
    """The same chunk, of which nothing is to be evaluated."""
    return rows._replace(steps=tf.zeros_like(rows.steps))


def _on_device(chunk: Chunk) -> Chunk:
    """Hand arrays to TensorFlow without a copy; nobody writes to them any more."""
    return cast(Chunk, tf.nest.map_structure(lambda own: tf.experimental.dlpack.from_dlpack(own.__dlpack__()), chunk))
