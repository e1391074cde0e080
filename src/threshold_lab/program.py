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
    """Return a function compiled by XLA; its loops and branches are graph operations already, so none is rewritten."""
    return cast(Function, tf.function(function, autograph=False, jit_compile=True))


class Settings(NamedTuple):
    """What tells lanes apart, as arrays over the lane axis k.

    activation and formula (rows, k, 1, 1): one-hot rows of the tables of `losses`. shares (k, 2, 1): of each output
    unit in a row's loss, 0 where it is not real. negative and positive (k, 2, 1): what each unit is trained towards
    on a row of that label. negative_weight and positive_weight (k, 1): of the loss of such a row. low (k, 1): the
    negative label's number before smoothing, 0 or -1. l2 (k,). scales: a dropout scale 1 / (1 - rate), (k, 1, 1), a
    hidden layer. rates: the optimiser's numbers, (k,) each.
    """

    activation: tf.Tensor
    formula: tf.Tensor
    shares: tf.Tensor
    negative: tf.Tensor
    positive: tf.Tensor
    negative_weight: tf.Tensor
    positive_weight: tf.Tensor
    low: tf.Tensor
    l2: tf.Tensor
    scales: list[tf.Tensor]
    rates: dict[str, tf.Tensor]


class Chunk(NamedTuple):
    """Batches of at most s steps: features (s, k, b, d), labels (s, k, b), 0 or 1.

    steps: those to be taken. counted (s, k, b): 1 where a row counts, 0 where it fills a batch up.
    kept: which hidden values dropout keeps, bool (s, k, b, width) a layer; none where nothing is trained.
    """

    steps: tf.Tensor
    features: tf.Tensor
    labels: tf.Tensor
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


class Evaluated(NamedTuple):
    """Sums over the rows of some blocks; what L2 adds to their mean loss, (k,); logits, (s, k, 2, b)."""

    sums: Sums
    penalty: tf.Tensor
    logits: tf.Tensor


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
def run(state: Any, batches: Any, rows: Any, settings: Any, kind: Any) -> Any:
    """Take a Chunk of gradient steps, as Keras's `fit` does, then evaluate another Chunk.

    A lane with no row in a batch is left alone. Returns the State; the Sums over the training rows as they were met,
    with dropout and the weights of that moment; and the Evaluated.
    """
    step = partial(_step, given=Given(batches, settings, kind))
    begin = tf.constant(0), state, _nothing(settings)
    _, state, sums = tf.while_loop(lambda i, *_: i < batches.steps, step, begin)
    return state, sums, _evaluated(state.weights, Given(rows, settings, kind))


def _evaluated(weights: network.Weights, given: Given) -> Evaluated:
    """Run rows through networks as they are."""
    rows, settings, kind = given

    def block(i: Any, sums: Any, logits: Any) -> Any:
        own = network.logits(weights, rows.features[i], kind.hidden_activation)
        loss, hits = _measured(own, rows.labels[i], settings)
        counted = rows.counted[i]
        return i + 1, _added(sums, tf.reduce_sum(_of(counted, loss), 1), hits * counted), logits.write(i, own)

    begin = tf.constant(0), _nothing(settings), tf.TensorArray(tf.float32, rows.labels.shape[0])
    _, sums, logits = tf.while_loop(lambda i, *_: i < rows.steps, block, begin)
    return Evaluated(sums, _penalty(weights, settings), logits.stack())


def _step(i: Any, state: State, sums: Sums, *, given: Given) -> Any:
    chunk, settings, kind = given
    labels, counted = chunk.labels[i], chunk.counted[i]
    weights = counted * tf.where(labels > 0, settings.positive_weight, settings.negative_weight)
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
    seen = _added(sums, _of(rows, loss), hits * counted)
    return i + 1, _updated(state, gradients, rows > 0, settings, kind), seen


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


def _nothing(settings: Settings) -> Sums:
    return Sums(tf.zeros_like(settings.l2), tf.zeros_like(settings.l2))


def _added(sums: Sums, loss: Any, hits: Any) -> Sums:
    """Sums, (k,), with the loss of more rows, (k,), and what of them is right, (k, b)."""
    return Sums(sums.loss + loss, sums.hits + tf.reduce_sum(hits, 1))


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
