"""The compiled program: one epoch of WIDTH networks trained side by side, a pure function of its arrays.

XLA compiles it once for each set of shapes. Nothing random is drawn here.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, TypeVar, cast

import tensorflow as tf

from threshold_lab import losses, network

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Return a function compiled by XLA."""
    return cast(Function, tf.function(function, jit_compile=True))


class Settings(NamedTuple):
    """What tells lanes apart, as arrays over the lane axis k.

    activation (k, A) and formula (k, F): one-hot in the order of their tables in `losses`. units (k, 2): 1 where
    an output unit is real. scales: a dropout scale 1 / (1 - rate), (k, 1, 1), a hidden layer.
    """

    activation: tf.Tensor
    formula: tf.Tensor
    units: tf.Tensor
    learning_rate: tf.Tensor
    momentum: tf.Tensor
    scales: list[tf.Tensor]


class Table(NamedTuple):
    """Rows all lanes share: features (n, d) and labels (n,), 0 or 1, float32."""

    features: tf.Tensor
    labels: tf.Tensor


class Batches(NamedTuple):
    """The randomness of an epoch, drawn on the host.

    order (steps, k, b): row numbers. counted (steps, b): 1 where a row counts, 0 where it fills the last batch up.
    kept: which hidden values dropout keeps, bool (steps, k, b, width) a layer.
    """

    order: tf.Tensor
    counted: tf.Tensor
    kept: list[tf.Tensor]


class Given(NamedTuple):
    """What an epoch's steps have in common."""

    batches: Batches
    settings: Settings
    train: Table


class State(NamedTuple):
    """Weights, and the velocity of each: kernels (k, in, out) and biases (k, out) in turn."""

    weights: network.Weights
    velocity: network.Weights


class Sums(NamedTuple):
    """Loss and right answers of each lane, summed over the rows seen, (k,)."""

    loss: tf.Tensor
    hits: tf.Tensor


@compiled
def output_layer(weights: Any, features: Any) -> Any:
    """Output layer of every lane before its activation, at inference: (k, n, 2)."""
    return network.logits(weights, features)


@compiled
def epoch(state: Any, batches: Any, settings: Any, train: Any, validation: Any) -> Any:
    """One epoch of Keras's `fit`: gradient steps over all batches, then validation with the weights after them.

    Returns the State and (4, k): loss, accuracy, val_loss, val_accuracy. The first two are means over the rows
    as they were met, with dropout and the weights of that moment.
    """
    zero = tf.zeros_like(settings.learning_rate)
    step = partial(_step, given=Given(batches, settings, train))
    steps = tf.shape(batches.order)[0]
    _, state, sums = tf.while_loop(lambda i, *_: i < steps, step, (tf.constant(0), state, Sums(zero, zero)))
    rows = tf.reduce_sum(batches.counted)
    val_loss, val_hits = _measured(network.logits(state.weights, validation.features), validation.labels, settings)
    means = [sums.loss / rows, sums.hits / rows, tf.reduce_mean(val_loss, 1), tf.reduce_mean(val_hits, 1)]
    return state, tf.stack(means)


def _step(i: Any, state: State, sums: Sums, *, given: Given) -> Any:
    batches, settings, train = given
    features, labels = (tf.gather(column, batches.order[i]) for column in train)
    counted = batches.counted[i]
    with tf.GradientTape() as tape:
        tape.watch(state.weights)
        logits = network.logits(state.weights, features, [mask[i] for mask in batches.kept], settings.scales)
        row_loss, row_hits = _measured(logits, labels, settings)
        loss = tf.reduce_sum(row_loss * counted, 1)
        objective = tf.reduce_sum(loss / tf.reduce_sum(counted))
    state = _stepped(state, tape.gradient(objective, state.weights), settings)
    return i + 1, state, Sums(sums.loss + loss, sums.hits + tf.reduce_sum(row_hits * counted, 1))


def _measured(logits: Any, labels: Any, settings: Settings) -> tuple[Any, Any]:
    """Loss and Keras's accuracy of each row, both (k, b); labels (k, b), or (b,) for all lanes.

    One unit: right if (output > .5) is the label. Two: right if the larger output is the label's (a tie is the
    first), as 'accuracy' resolves to on one-hot labels.
    """
    outputs = losses.selected_outputs(logits, settings.activation)
    two = settings.units[:, 1, None] > 0
    first = tf.where(two, 1 - labels, labels)
    target = tf.stack([first, tf.broadcast_to(labels, tf.shape(first))], -1)
    units = settings.units[:, None]
    each = losses.selected_losses(target, logits, outputs, settings.formula) * units
    positive = tf.where(two, outputs[..., 1] > outputs[..., 0], outputs[..., 0] > 0.5)
    loss = tf.reduce_sum(each, -1) / tf.reduce_sum(units, -1)
    return loss, tf.cast(positive == (labels > 0.5), tf.float32)


def _stepped(state: State, gradients: Any, settings: Settings) -> State:
    """Stochastic gradient descent with momentum, as keras.optimizers.SGD."""
    velocity = tuple(
        _per_lane(settings.momentum, speed) * speed - _per_lane(settings.learning_rate, slope) * slope
        for speed, slope in zip(state.velocity, gradients, strict=True)
    )
    return State(tuple(weight + speed for weight, speed in zip(state.weights, velocity, strict=True)), velocity)


def _per_lane(values: Any, like: Any) -> Any:
    return tf.reshape(values, [-1] + [1] * (len(like.shape) - 1))
