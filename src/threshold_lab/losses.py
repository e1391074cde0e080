"""The formulas of activations and losses, as Keras computes them on TensorFlow.

Every function works elementwise on the output layer of many lanes at once, (k, 2, b), the rows last, which is what
processors do side by side; a head of one unit uses the first. A loss is that of each unit, the loss of a row is the
mean over its lane's units. A new loss is one function here and one row in `heads`.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TypeVar

import tensorflow as tf

from threshold_lab.heads import EPSILON

Activation = Callable[[tf.Tensor], tf.Tensor]
Formula = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]
"""(target, logits, outputs) -> loss of each unit."""

Function = TypeVar("Function")


def _other(units: tf.Tensor) -> tf.Tensor:
    """Each unit's partner."""
    return tf.reverse(units, [-2])


# ---- activations


def softmax_of_two(logits: tf.Tensor) -> tf.Tensor:
    """Softmax over two units."""
    return tf.math.sigmoid(logits - _other(logits))


def hard_sigmoid(logits: tf.Tensor) -> tf.Tensor:
    """(logit + 3) / 6, cut to [0, 1]."""
    return tf.nn.relu6(logits + 3.0) / 6.0


ACTIVATIONS: dict[str, Activation] = {
    "sigmoid": tf.math.sigmoid,
    "softmax": softmax_of_two,
    "softmax_1": tf.ones_like,
    "linear": tf.identity,
    "tanh": tf.math.tanh,
    "hard_sigmoid": hard_sigmoid,
    "softsign": tf.nn.softsign,
    "relu": tf.nn.relu,
    "exponential": tf.math.exp,
}


# ---- losses


def cross_entropy_of_logits(target: tf.Tensor, logits: tf.Tensor, _outputs: tf.Tensor) -> tf.Tensor:
    """Binary cross-entropy of each unit on its own logit, whatever the activation."""
    return tf.nn.sigmoid_cross_entropy_with_logits(labels=target, logits=logits)


def cross_entropy_of_outputs(target: tf.Tensor, _logits: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    """Binary cross-entropy of each output, clipped to [EPSILON, 1 - EPSILON]; no gradient beyond the clip."""
    p = tf.clip_by_value(outputs, EPSILON, 1 - EPSILON)
    return -(target * tf.math.log(p) + (1 - target) * tf.math.log(1 - p))


def cross_entropy_of_outputs_as_logits(target: tf.Tensor, _logits: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    """Binary cross-entropy that takes each output for a logit, as from_logits=True tells it to."""
    return tf.nn.sigmoid_cross_entropy_with_logits(labels=target, logits=outputs)


def categorical_cross_entropy_of_logits(target: tf.Tensor, logits: tf.Tensor, _outputs: tf.Tensor) -> tf.Tensor:
    """Cross-entropy over two units, a sum; doubled here, because a row's loss is the mean of its units."""
    return 2 * target * tf.math.softplus(_other(logits) - logits)


def focal_cross_entropy_of_logits(target: tf.Tensor, logits: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    """Binary cross-entropy on the logit, times the focal factor of the output.

    Source: Lin et al. 2017, doi:10.1109/ICCV.2017.324, with gamma 2 and no class balance.
    """
    return _focal_factor(target, outputs) * cross_entropy_of_logits(target, logits, outputs)


def focal_cross_entropy_of_outputs(target: tf.Tensor, logits: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    """Binary cross-entropy of the clipped output, times the focal factor of the output as it is."""
    return _focal_factor(target, outputs) * cross_entropy_of_outputs(target, logits, outputs)


def _focal_factor(target: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    return tf.square(1 - (target * outputs + (1 - target) * (1 - outputs)))


def squared_error(target: tf.Tensor, _logits: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    """Squared difference of output and target."""
    return tf.math.squared_difference(outputs, target)


def absolute_error(target: tf.Tensor, _logits: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    """Absolute difference of output and target."""
    return tf.abs(outputs - target)


def huber(target: tf.Tensor, _logits: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    """Half the squared error up to a difference of 1, linear beyond.

    Source: Huber 1964, doi:10.1214/aoms/1177703732.
    """
    size = tf.abs(outputs - target)
    return tf.where(size <= 1, 0.5 * tf.square(outputs - target), size - 0.5)


def log_cosh(target: tf.Tensor, _logits: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    """Logarithm of the hyperbolic cosine of the difference of output and target."""
    error = outputs - target
    return error + tf.math.softplus(-2 * error) - tf.math.log(2.0)


def hinge(target: tf.Tensor, _logits: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    """How far the output falls short of a margin of 1; a target of 0 counts as -1."""
    return tf.maximum(1 - tf.where(target == 0, -1.0, target) * outputs, 0)


def squared_hinge(target: tf.Tensor, logits: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    """The hinge loss, squared."""
    return tf.square(hinge(target, logits, outputs))


def poisson(target: tf.Tensor, _logits: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    """Negative log-likelihood of a count, but for a constant, with the output as its mean."""
    return outputs - target * tf.math.log(outputs + EPSILON)


FORMULAS: dict[str, Formula] = {
    function.__name__: function
    for function in (
        cross_entropy_of_logits,
        cross_entropy_of_outputs,
        cross_entropy_of_outputs_as_logits,
        categorical_cross_entropy_of_logits,
        focal_cross_entropy_of_logits,
        focal_cross_entropy_of_outputs,
        squared_error,
        absolute_error,
        huber,
        log_cosh,
        hinge,
        squared_hinge,
        poisson,
    )
}


# ---- each lane's own, chosen by data

_HARMLESS_LOGIT, _HARMLESS_OUTPUT = 0.0, 0.5


def chosen(names: list[str], table: Mapping[str, object]) -> tf.Tensor:
    """Return each lane's own row of a table, one-hot (rows, k, 1, 1)."""
    return tf.constant([[[[float(row == name)]] for name in names] for row in table])


def outputs_of(logits: tf.Tensor, own: tf.Tensor) -> tf.Tensor:
    """Each lane's own activation of its logits (k, 2, b); own: `chosen` from ACTIVATIONS."""

    def outputs(activation: Activation, mine: tf.Tensor) -> tf.Tensor:
        return activation(tf.where(mine, logits, _HARMLESS_LOGIT))

    return _each_its_own(ACTIVATIONS.values(), own, outputs, tf.zeros_like(logits))


def losses_of(target: tf.Tensor, logits: tf.Tensor, outputs: tf.Tensor, own: tf.Tensor) -> tf.Tensor:
    """Each lane's own loss of each unit, (k, 2, b); own: `chosen` from FORMULAS."""

    def losses(formula: Formula, mine: tf.Tensor) -> tf.Tensor:
        safe = tf.where(mine, logits, _HARMLESS_LOGIT), tf.where(mine, outputs, _HARMLESS_OUTPUT)
        return formula(target, *safe)

    return _each_its_own(FORMULAS.values(), own, losses, tf.zeros_like(logits))


def _each_its_own(
    functions: Iterable[Function], own: tf.Tensor, values: Callable[[Function, tf.Tensor], tf.Tensor], like: tf.Tensor
) -> tf.Tensor:
    """Values of each lane's own function.

    A function is computed for all lanes if any has it, and not at all otherwise; XLA compiles it apart, so that the
    bits are the same whatever else is computed. A lane feeds the functions it does not use a harmless input, because
    their gradients there, times zero, must be zero.
    """
    found = like
    for index, function in enumerate(functions):
        mine = own[index] > 0
        with_it = partial(_with, values, function, mine, found)
        found = tf.cond(tf.reduce_any(mine), with_it, partial(tf.identity, found))
    return found


def _with(values: Callable[..., tf.Tensor], function: Function, mine: tf.Tensor, others: tf.Tensor) -> tf.Tensor:
    return tf.where(mine, values(function, mine), others)
