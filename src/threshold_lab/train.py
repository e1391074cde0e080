"""Lanes and data -> fits. All randomness is drawn here, on the host, by NumPy.

What a lane is, is data, and every program has WIDTH lanes, so a lane's bits do not depend on its company.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from threshold_lab import losses, network
from threshold_lab.heads import ACTIVATIONS, head
from threshold_lab.program import Batches, Settings, State, Table, epoch, output_layer
from threshold_lab.records import Fit, Part, Splits
from threshold_lab.spec import WIDTH, Lane

UNITS = 2
"""Output units of every lane in a program; a head of one unit leaves the second at zero."""

HISTORY = ("loss", "accuracy", "val_loss", "val_accuracy")
_UINT16 = 65536

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Streams:
    """One generator each for the initial weights, the batch order and the dropout masks of a seed.

    The first child of the seed is left for the split, where that is drawn anew for each seed.
    """

    weights: np.random.Generator
    order: np.random.Generator
    dropout: np.random.Generator

    @classmethod
    def of(cls, seed: int) -> "Streams":
        """Spawn the streams; lanes of the same seed share them, and so are compared in pairs."""
        _, *children = np.random.SeedSequence(seed).spawn(4)
        return cls(*(np.random.Generator(np.random.SFC64(child)) for child in children))


@dataclass(frozen=True, eq=False)
class Trained:
    """What a program leaves, all lanes stacked: weights (k, ...), history (epochs, 4, k), logits (k, n, 2) a part."""

    weights: list[Floats]
    history: Floats
    logits: dict[str, Floats]


def train(lanes: Sequence[Lane], splits: Splits, exported: frozenset[str] = frozenset()) -> list[Fit]:
    """Train at most WIDTH lanes of one shape (network, optimiser, batch size, epochs) on the same splits.

    exported: keys of the lanes whose fit is to carry a .keras file. Returns one fit a lane, in their order.
    """
    trained = _trained([*lanes, *[lanes[-1]] * (WIDTH - len(lanes))], splits)
    fits = [_fit(lane, index, trained) for index, lane in enumerate(lanes)]
    return [_exported(lane, fit) if lane.key in exported else fit for lane, fit in zip(lanes, fits, strict=True)]


def _trained(lanes: list[Lane], splits: Splits) -> Trained:
    streams = [Streams.of(lane.seed) for lane in lanes]
    state = _initial_state(lanes, streams, splits.train.features.shape[1])
    settings = _settings(lanes)
    tables = _table(splits.train), _table(splits.validation)
    history = []
    for _ in range(lanes[0].training.epochs):
        state, means = epoch(state, _batches(lanes, streams, len(splits.train.labels)), settings, *tables)
        history.append(means)
    weights = [array.numpy() for array in state.weights]
    return Trained(weights, np.array(history, np.float32), _logits(state.weights, splits))


def _logits(weights: network.Weights, splits: Splits) -> dict[str, Floats]:
    parts = dict(splits.parts())
    rows = np.concatenate([part.features for part in parts.values()])
    ends = np.cumsum([len(part.labels) for part in parts.values()])[:-1]
    stacked = output_layer(weights, tf.constant(rows)).numpy()
    return dict(zip(parts, np.split(stacked, ends, axis=1), strict=True))


def _fit(lane: Lane, index: int, trained: Trained) -> Fit:
    units = ACTIVATIONS[lane.training.activation].units
    *hidden, kernel, bias = (array[index] for array in trained.weights)
    return Fit(
        key=lane.key,
        weights=tuple(np.array(array) for array in (*hidden, kernel[:, :units], bias[:units])),
        history={name: np.array(trained.history[:, row, index]) for row, name in enumerate(HISTORY)},
        logits={name: np.array(array[index, :, :units]) for name, array in trained.logits.items()},
    )


def _exported(lane: Lane, fit: Fit) -> Fit:
    return replace(fit, model=network.keras_file(lane.training, fit.weights))


# ---- rows and lanes as arrays


def _table(part: Part) -> Table:
    return Table(tf.constant(part.features), tf.constant(part.labels, tf.float32))


def _settings(lanes: list[Lane]) -> Settings:
    trainings = [lane.training for lane in lanes]
    heads = [head(own.activation, own.loss) for own in trainings]
    rates = np.array([own.network.dropout for own in trainings], np.float64).reshape(len(lanes), -1)
    return Settings(
        activation=_one_hot([own.activation for own in trainings], list(losses.ACTIVATIONS)),
        formula=_one_hot([own.formula for own in heads], list(losses.FORMULAS)),
        units=tf.constant([[1.0, own.activation.units - 1.0] for own in heads]),
        learning_rate=tf.constant([own.optimizer.learning_rate for own in trainings]),
        momentum=tf.constant([own.optimizer.momentum for own in trainings]),
        scales=[tf.constant((1 / (1 - rate))[:, None, None], tf.float32) for rate in rates.T],
    )


def _one_hot(names: list[str], table: list[str]) -> tf.Tensor:
    return tf.one_hot([table.index(name) for name in names], len(table))


def _initial_state(lanes: list[Lane], streams: list[Streams], features: int) -> State:
    drawn = [
        _two_units(network.initial_weights(lane.training, features, stream.weights))
        for lane, stream in zip(lanes, streams, strict=True)
    ]
    weights = tuple(tf.constant(np.stack(layer)) for layer in zip(*drawn, strict=True))
    return State(weights, tuple(tf.zeros_like(array) for array in weights))


def _two_units(weights: list[Floats]) -> list[Floats]:
    *hidden, kernel, bias = weights
    missing = UNITS - bias.size
    return [*hidden, np.pad(kernel, ((0, 0), (0, missing))), np.pad(bias, (0, missing))]


# ---- the randomness of an epoch


def _batches(lanes: list[Lane], streams: list[Streams], rows: int) -> Batches:
    batch = lanes[0].training.batch_size
    steps = -(-rows // batch)
    counted = (np.arange(steps * batch) < rows).astype(np.float32).reshape(steps, batch)
    kept = [_kept(lanes, streams, layer, (steps, batch)) for layer in range(len(lanes[0].training.network.hidden))]
    return Batches(tf.constant(_order(streams, rows, (steps, batch))), tf.constant(counted), kept)


def _order(streams: list[Streams], rows: int, shape: tuple[int, int]) -> NDArray[np.int32]:
    """Row numbers of every batch, (steps, k, b): a permutation a lane, the last batch filled up with row 0."""
    steps, batch = shape
    order = np.zeros((len(streams), steps * batch), np.int32)
    for own, stream in zip(order, streams, strict=True):
        own[:rows] = stream.order.permutation(rows)
    return order.reshape(len(streams), steps, batch).transpose(1, 0, 2)


def _kept(lanes: list[Lane], streams: list[Streams], layer: int, shape: tuple[int, int]) -> tf.Tensor:
    """Which values of a hidden layer are kept, (steps, k, b, width): 16 random bits against the dropout rate."""
    steps, batch = shape
    width = lanes[0].training.network.hidden[layer]
    masks = np.empty((steps, len(lanes), batch, width), np.bool_)
    for index, (lane, stream) in enumerate(zip(lanes, streams, strict=True)):
        bits = np.frombuffer(stream.dropout.bytes(2 * steps * batch * width), np.uint16)
        dropped = round(lane.training.network.dropout[layer] * _UINT16)
        np.greater_equal(bits.reshape(steps, batch, width), dropped, out=masks[:, index])
    return tf.constant(masks)
