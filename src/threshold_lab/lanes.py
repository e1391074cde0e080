"""Lanes as the arrays of a program; the places no lane takes are filled with the first lane."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

import numpy as np
import tensorflow as tf

from threshold_lab import losses, network
from threshold_lab.batches import Streams
from threshold_lab.heads import head_of
from threshold_lab.network import Floats
from threshold_lab.optimizers import OPTIMIZERS
from threshold_lab.program import Settings, State
from threshold_lab.shapes import Shape
from threshold_lab.spec import Lane, Training, leaves

UNITS = 2
"""Output units of every lane in a program; a head of one unit leaves the second at zero."""

Own = TypeVar("Own")


def settings_of(trainings: Sequence[Training], shape: Shape) -> Settings:
    """Return what tells lanes apart, as arrays."""
    filled = _filled(trainings, shape)
    heads = [head_of(own) for own in filled]
    dropout = np.array([own.network.dropout for own in filled], np.float64).reshape(len(filled), -1)
    rates = [{name: rate for name, rate in leaves(own.optimizer).items() if isinstance(rate, float)} for own in filled]
    return Settings(
        activation=losses.chosen([own.activation for own in filled], losses.ACTIVATIONS),
        formula=losses.chosen([own.formula for own in heads], losses.FORMULAS),
        shares=tf.constant([[[0.5], [0.5]] if own.activation.units == 2 else [[1.0], [0.0]] for own in heads]),
        negative=tf.constant([_targets(own, False) for own in filled]),
        positive=tf.constant([_targets(own, True) for own in filled]),
        negative_weight=tf.constant([[own.class_weight[0]] for own in filled]),
        positive_weight=tf.constant([[own.class_weight[1]] for own in filled]),
        low=tf.constant([[own.targets[0]] for own in filled], tf.float32),
        l2=tf.constant([own.network.l2 for own in filled]),
        scales=[tf.constant((1 / (1 - rate))[:, None, None], tf.float32) for rate in dropout.T],
        rates={name: tf.constant([own[name] for own in rates]) for name in rates[0]},
    )


def _targets(training: Training, label: bool) -> Floats:
    """What each unit is trained towards on a row of a label, (2, 1); a unit that is not real takes the other's."""
    target = network.keras_targets(training, np.array([label]))
    smoothed = target * np.float32(1 - training.label_smoothing) + np.float32(0.5 * training.label_smoothing)
    return np.broadcast_to(smoothed.T, (UNITS, 1))


def initial_state(lanes: Sequence[Lane], shape: Shape) -> State:
    """Return the state before the first step."""
    drawn = [network.initial_weights(own.training, shape.features, Streams.of(own.seed, 0).weights) for own in lanes]
    return state_of(drawn, shape)


def state_of(weights: Sequence[Sequence[Floats]], shape: Shape) -> State:
    """Return a state of each lane's own weights, of the widths a program has, and an optimiser that took no step."""
    widths = list(pairwise([shape.features, *shape.widths, UNITS]))
    sizes = [size for inputs, outputs in widths for size in ((inputs, outputs), (outputs,))]
    stacked = [np.zeros((shape.lanes, *size), np.float32) for size in sizes]
    for index, lane in enumerate(_filled(weights, shape)):
        for array, own in zip(stacked, lane, strict=True):
            array[index][tuple(slice(size) for size in own.shape)] = own
    found = tuple(tf.constant(array) for array in stacked)
    slots = OPTIMIZERS[shape.optimizer].slots
    return State(found, tuple((tf.zeros_like(array),) * slots for array in found), tf.zeros(shape.lanes))


def weights_of(training: Training, arrays: Sequence[Floats]) -> tuple[Floats, ...]:
    """Return a lane's own weights, without what fills its arrays up."""
    sizes = network.layer_sizes(training, arrays[0].shape[0])
    layers = zip(sizes, arrays[::2], arrays[1::2], strict=True)
    real = [(kernel[:inputs, :outputs], bias[:outputs]) for (inputs, outputs), kernel, bias in layers]
    return tuple(np.array(array) for layer in real for array in layer)


def _filled(lanes: Sequence[Own], shape: Shape) -> list[Own]:
    return [*lanes, *[lanes[0]] * (shape.lanes - len(lanes))]
