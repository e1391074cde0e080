"""The formulas of activations and losses, as Keras computes them on TensorFlow.

Every function works on the output layer of many lanes at once, (k, b, 2); a head of one unit uses the first.
A new loss is one function here and one row in `heads`.
"""

from collections.abc import Callable

import tensorflow as tf

EPSILON = 1e-7
"""Keras's clip of an output that a cross-entropy takes for a probability (keras.config.epsilon)."""

Formula = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]


def cross_entropy_of_logits(target: tf.Tensor, logits: tf.Tensor, _outputs: tf.Tensor) -> tf.Tensor:
    """Binary cross-entropy of each unit on its own logit, whatever the activation."""
    return tf.nn.sigmoid_cross_entropy_with_logits(labels=target, logits=logits)


def cross_entropy_of_outputs(target: tf.Tensor, _logits: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    """Binary cross-entropy of each output, clipped to [EPSILON, 1 - EPSILON]; no gradient beyond the clip."""
    p = tf.clip_by_value(outputs, EPSILON, 1 - EPSILON)
    return -(target * tf.math.log(p) + (1 - target) * tf.math.log(1 - p))


def squared_error(target: tf.Tensor, _logits: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    """Squared difference of output and target."""
    return tf.math.squared_difference(outputs, target)


ACTIVATIONS: dict[str, Callable[[tf.Tensor], tf.Tensor]] = {
    "sigmoid": tf.math.sigmoid,
    "softmax": tf.nn.softmax,
    "linear": tf.identity,
    "tanh": tf.math.tanh,
}

FORMULAS: dict[str, Formula] = {
    "cross_entropy_of_logits": cross_entropy_of_logits,
    "cross_entropy_of_outputs": cross_entropy_of_outputs,
    "squared_error": squared_error,
}

_HARMLESS_LOGIT, _HARMLESS_OUTPUT = 0.0, 0.5


def selected_outputs(logits: tf.Tensor, chosen: tf.Tensor) -> tf.Tensor:
    """Each lane's own activation of its logits.

    logits (k, b, 2); chosen (k, A) one-hot in the order of ACTIVATIONS. Every activation is computed, and a lane
    feeds the ones it does not use a harmless input, so that their gradients are finite times zero.
    """
    outputs = tf.zeros_like(logits)
    for index, activation in enumerate(ACTIVATIONS.values()):
        mine = chosen[:, index, None, None] > 0
        outputs += tf.where(mine, activation(tf.where(mine, logits, _HARMLESS_LOGIT)), 0.0)
    return outputs


def selected_losses(target: tf.Tensor, logits: tf.Tensor, outputs: tf.Tensor, chosen: tf.Tensor) -> tf.Tensor:
    """Each lane's own loss of each unit, (k, b, 2); chosen (k, F) one-hot in the order of FORMULAS."""
    losses = tf.zeros_like(logits)
    for index, formula in enumerate(FORMULAS.values()):
        mine = chosen[:, index, None, None] > 0
        safe_logits = tf.where(mine, logits, _HARMLESS_LOGIT)
        safe_outputs = tf.where(mine, outputs, _HARMLESS_OUTPUT)
        losses += tf.where(mine, formula(target, safe_logits, safe_outputs), 0.0)
    return losses
