"""What each optimiser makes of a gradient, as Keras does: two functions and one row here, its fields in `spec`.

Both take rates, the optimiser's numbers by name, one a lane. `kept` turns a gradient and the slots, the arrays an
optimiser keeps for a weight, shaped like it, into the next slots; `change` turns a gradient and the next slots into
what is added to the weight. step: the number of the step from 1, one a lane.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import tensorflow as tf

Slots = tuple[tf.Tensor, ...]
Rates = Mapping[str, tf.Tensor]


class Optimizer(NamedTuple):
    """How many slots an optimiser keeps for each weight, how they go on, and what they change."""

    slots: int
    kept: Callable[[tf.Tensor, Slots, Rates], Slots]
    change: Callable[[tf.Tensor, Slots, Rates, tf.Tensor], tf.Tensor]


def sgd_kept(gradient: tf.Tensor, slots: Slots, rates: Rates) -> Slots:
    """Velocity of gradient descent with momentum. Source: Polyak 1964, doi:10.1016/0041-5553(64)90137-5."""
    return (rates["momentum"] * slots[0] - rates["learning_rate"] * gradient,)


def sgd_change(_gradient: tf.Tensor, slots: Slots, _rates: Rates, _step: tf.Tensor) -> tf.Tensor:
    """The velocity."""
    return slots[0]


def nesterov_change(gradient: tf.Tensor, slots: Slots, rates: Rates, _step: tf.Tensor) -> tf.Tensor:
    """The velocity a step ahead. Source: Sutskever et al. 2013, https://proceedings.mlr.press/v28/sutskever13.html."""
    return rates["momentum"] * slots[0] - rates["learning_rate"] * gradient


def adam_kept(gradient: tf.Tensor, slots: Slots, rates: Rates) -> Slots:
    """Running means of the gradient and of its square. Source: Kingma and Ba 2015, https://arxiv.org/abs/1412.6980."""
    mean, square = slots
    mean += (gradient - mean) * (1 - rates["beta_1"])
    return mean, square + (tf.square(gradient) - square) * (1 - rates["beta_2"])


def adam_change(_gradient: tf.Tensor, slots: Slots, rates: Rates, step: tf.Tensor) -> tf.Tensor:
    """The mean over the root of the square, unbiased, with "epsilon hat"; just before section 2.1 of the same."""
    mean, square = slots
    rate = rates["learning_rate"] * tf.sqrt(1 - rates["beta_2"] ** step) / (1 - rates["beta_1"] ** step)
    return -mean * rate / (tf.sqrt(square) + rates["epsilon"])


def rmsprop_kept(gradient: tf.Tensor, slots: Slots, rates: Rates) -> Slots:
    """Running mean of the gradient's square, and velocity. Source: Tieleman and Hinton 2012, Coursera, lecture 6.5."""
    square, velocity = slots
    square = rates["rho"] * square + (1 - rates["rho"]) * tf.square(gradient)
    increment = rates["learning_rate"] * gradient / tf.sqrt(square + rates["epsilon"])
    return square, rates["momentum"] * velocity + increment


def rmsprop_change(_gradient: tf.Tensor, slots: Slots, _rates: Rates, _step: tf.Tensor) -> tf.Tensor:
    """The velocity, downhill."""
    return -slots[1]


OPTIMIZERS = {
    "sgd": Optimizer(1, sgd_kept, sgd_change),
    "nesterov": Optimizer(1, sgd_kept, nesterov_change),
    "adam": Optimizer(2, adam_kept, adam_change),
    "rmsprop": Optimizer(2, rmsprop_kept, rmsprop_change),
}
