"""The compiled program: gradient steps of many lanes side by side, a pure function of its arrays.

XLA compiles it once for each shape of lanes. Nothing random is drawn here.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, TypeVar, cast

import tensorflow as tf

from threshold_lab import losses, network
from threshold_lab.optimizers import OPTIMIZERS, Slots

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Return a function compiled by XLA."""
    return cast(Function, tf.function(function, jit_compile=True))


class Settings(NamedTuple):
    """What tells lanes apart, as arrays over the lane axis k.

    activation and formula (rows, k, 1, 1): one-hot rows of the tables of `losses`. shares (k, 2, 1): of each output
    unit in a row's loss, 0 where it is not real. negative and positive (k, 2, 1): what each unit is trained towards
    on a row of that label. low (k, 1): the negative label's number before smoothing, 0 or -1. l2 (k,). scales: a
    dropout scale 1 / (1 - rate), (k, 1, 1), a hidden layer. rates: the optimiser's numbers, (k,) each.
    """

    activation: tf.Tensor
    formula: tf.Tensor
    shares: tf.Tensor
    negative: tf.Tensor
    positive: tf.Tensor
    low: tf.Tensor
    l2: tf.Tensor
    scales: list[tf.Tensor]
    rates: dict[str, tf.Tensor]


class Chunk(NamedTuple):
    """Batches of s steps: features (s, k, b, d), labels (s, k, b), 0 or 1.

    weights (s, k, b): of each row's loss. counted (s, k, b): 1 where a row counts, 0 where it fills a batch up.
    kept: which hidden values dropout keeps, bool (s, k, b, width) a layer; none where nothing is trained.
    """

    features: tf.Tensor
    labels: tf.Tensor
    weights: tf.Tensor
    counted: tf.Tensor
    kept: list[tf.Tensor]


class State(NamedTuple):
    """Weights, kernels (k, in, out) and biases (k, out) in turn; the optimiser's slots of each; steps taken, (k,)."""

    weights: network.Weights
    slots: tuple[Slots, ...]
    steps: tf.Tensor


class Sums(NamedTuple):
    """Loss and right answers of each lane, summed over the rows seen, (k,)."""

    loss: tf.Tensor
    hits: tf.Tensor


class Kind(NamedTuple):
    """What is compiled in beside the arrays' sizes: names of the hidden activation and of the optimiser."""

    hidden_activation: str
    optimizer: str


class Given(NamedTuple):
    """What a chunk's steps have in common."""

    chunk: Chunk
    settings: Settings
    kind: Kind


@compiled
def trained(state: Any, steps: Any, chunk: Any, settings: Any, kind: Any) -> Any:
    """Take the first `steps` steps of a chunk, as Keras's `fit` does; a lane with no row in a batch is left alone.

    Returns the State, and the Sums over the rows as they were met: with dropout and the weights of that moment.
    """
    zero = tf.zeros_like(settings.l2)
    step = partial(_step, given=Given(chunk, settings, kind))
    _, state, sums = tf.while_loop(lambda i, *_: i < steps, step, (tf.constant(0), state, Sums(zero, zero)))
    return state, sums


@compiled
def evaluated(weights: Any, blocks: Any, chunk: Any, settings: Any, kind: Any) -> Any:
    """Run the first `blocks` blocks of rows through networks as they are.

    Returns the Sums over their rows, what L2 adds to the mean loss, (k,), and the output layer before its
    activation, (s, k, 2, b).
    """
    zero = tf.zeros_like(settings.l2)
    logits = tf.TensorArray(tf.float32, chunk.labels.shape[0])

    def block(i: Any, sums: Any, logits: Any) -> Any:
        own = network.logits(weights, chunk.features[i], kind.hidden_activation)
        loss, hits = _measured(own, chunk.labels[i], settings)
        return i + 1, _added(sums, loss, hits, chunk.counted[i]), logits.write(i, own)

    _, sums, logits = tf.while_loop(lambda i, *_: i < blocks, block, (tf.constant(0), Sums(zero, zero), logits))
    return sums, _penalty(weights, settings), logits.stack()


def _step(i: Any, state: State, sums: Sums, *, given: Given) -> Any:
    chunk, settings, kind = given
    labels, weights, counted = chunk.labels[i], chunk.weights[i], chunk.counted[i]
    rows = tf.reduce_sum(counted, 1)
    with tf.GradientTape() as tape:
        tape.watch(state.weights)
        kept = [mask[i] for mask in chunk.kept]
        logits = network.logits(state.weights, chunk.features[i], kind.hidden_activation, kept, settings.scales)
        loss, hits = _measured(logits, labels, settings)
        objective = tf.reduce_sum(_of(weights, loss), 1) / tf.maximum(rows, 1)
        total = tf.reduce_sum(objective)
    gradients = _with_decay(tape.gradient(total, state.weights), state.weights, settings.l2)
    loss = objective + _penalty(state.weights, settings)
    sums = Sums(sums.loss + _of(rows, loss), sums.hits + tf.reduce_sum(hits * counted, 1))
    return i + 1, _updated(state, gradients, rows > 0, settings, kind), sums


def _with_decay(gradients: Any, weights: Any, l2: Any) -> list[Any]:
    """Add L2's gradient to those of the kernels."""
    pairs = enumerate(zip(gradients, weights, strict=True))
    return [own if index % 2 else own + 2 * _per_lane(l2, weight) * weight for index, (own, weight) in pairs]


def _updated(state: State, gradients: Any, active: Any, settings: Settings, kind: Kind) -> State:
    steps = state.steps + tf.cast(active, tf.float32)
    optimizer = OPTIMIZERS[kind.optimizer]
    weights, slots = [], []
    for weight, before, gradient in zip(state.weights, state.slots, gradients, strict=True):
        rates = {name: _per_lane(rate, weight) for name, rate in settings.rates.items()}
        moved = _per_lane(active, weight)
        new = optimizer.kept(gradient, before, rates)
        new = tuple(tf.where(moved, after, own) for after, own in zip(new, before, strict=True))
        change = optimizer.change(gradient, new, rates, _per_lane(steps, weight))
        weights.append(tf.where(moved, weight + change, weight))
        slots.append(new)
    return State(tuple(weights), tuple(slots), steps)


def _measured(logits: Any, labels: Any, settings: Settings) -> tuple[Any, Any]:
    """Loss and Keras's accuracy of each row, both (k, b).

    One unit: right if (output > .5), as 0 or 1, is the target. Two: right if the larger output is the label's (a tie
    is the first), as 'accuracy' resolves to on one-hot labels.
    """
    outputs = losses.outputs_of(logits, settings.activation)
    two = settings.shares[:, 1] > 0
    target = tf.where(labels[:, None] > 0, settings.positive, settings.negative)
    each = losses.losses_of(target, logits, outputs, settings.formula)
    positive = tf.where(two, outputs[:, 1] > outputs[:, 0], outputs[:, 0] > 0.5)
    right = (positive == (labels > 0)) & (positive | (settings.low == 0))
    return tf.reduce_sum(each * settings.shares, 1), tf.cast(right, tf.float32)


def _added(sums: Sums, loss: Any, hits: Any, counted: Any) -> Sums:
    return Sums(sums.loss + tf.reduce_sum(_of(counted, loss), 1), sums.hits + tf.reduce_sum(hits * counted, 1))


def _penalty(weights: Any, settings: Settings) -> Any:
    """What L2 adds to the loss, (k,); not computed where no lane has it, for a sum over all weights is slow."""
    wanted = tf.reduce_any(settings.l2 > 0)
    return tf.cond(wanted, partial(_squares, weights, settings.l2), partial(tf.zeros_like, settings.l2))


def _squares(weights: Any, l2: Any) -> Any:
    return _of(l2, tf.add_n([tf.reduce_sum(tf.square(kernel), (1, 2)) for kernel in weights[::2]]))


def _of(weights: Any, values: Any) -> Any:
    """Weighted values: zero where the weight is, be the value no number or infinite, as only fillers may be."""
    return tf.math.multiply_no_nan(values, weights)


def _per_lane(values: Any, like: Any) -> Any:
    return tf.reshape(values, [-1] + [1] * (len(like.shape) - 1))
