"""Output activations: logits -> scores."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Activation:
    """An output activation: its Keras name, its units, the range (low, high) of its score, and the score itself.

    score: logits (..., units) -> (...), larger = more positive.
    recovers_logits: whether Keras's TensorFlow backend finds the logits again behind the output, and so computes
    a cross-entropy on them (keras/src/backend/tensorflow/nn.py). has_gradient: whether anything can be learnt.
    flat_below, flat_above: the scores at and below, or at and above, which its own slope is exactly zero.
    """

    keras: str
    units: int
    low: float
    high: float
    score: Callable[[Array], Array]
    recovers_logits: bool = False
    has_gradient: bool = True
    flat_below: float = -np.inf
    flat_above: float = np.inf


def sigmoid(logit: Array) -> Array:
    """Return 1 / (1 + exp(-logit)) without overflow; 0 and 1 only where float64 rounds to them."""
    small = np.exp(-np.abs(logit))
    return np.where(logit >= 0, 1 / (1 + small), small / (1 + small))


def logit(logits: Array) -> Array:
    """One number a row, (..., units) -> (...): the logit itself, or the log-odds of the second of two units."""
    return np.asarray(logits[..., 0] if logits.shape[-1] == 1 else logits[..., 1] - logits[..., 0])


def _hard_sigmoid(logit: Array) -> Array:
    return np.asarray(np.clip(logit + 3, 0, 6) / 6)


def _relu(logit: Array) -> Array:
    return np.where(logit > 0, logit, 0.0)


def _softsign(logit: Array) -> Array:
    return np.asarray(logit / (1 + np.abs(logit)))


def _exponential(logit: Array) -> Array:
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(logit))


ACTIVATIONS = {
    "sigmoid": Activation("sigmoid", 1, 0, 1, lambda logits: sigmoid(logit(logits)), recovers_logits=True),
    "softmax": Activation("softmax", 2, 0, 1, lambda logits: sigmoid(logit(logits)), recovers_logits=True),
    "softmax_1": Activation(
        "softmax", 1, 1, 1, lambda logits: np.ones(logits.shape[:-1]), recovers_logits=True, flat_below=1
    ),
    "linear": Activation("linear", 1, -np.inf, np.inf, logit),
    "tanh": Activation("tanh", 1, -1, 1, lambda logits: np.tanh(logit(logits))),
    "hard_sigmoid": Activation(
        "hard_sigmoid", 1, 0, 1, lambda logits: _hard_sigmoid(logit(logits)), flat_below=0, flat_above=1
    ),
    "softsign": Activation("softsign", 1, -1, 1, lambda logits: _softsign(logit(logits))),
    "relu": Activation("relu", 1, 0, np.inf, lambda logits: _relu(logit(logits)), flat_below=0),
    "exponential": Activation("exponential", 1, 0, np.inf, lambda logits: _exponential(logit(logits))),
    "step": Activation("step", 1, 0, 1, lambda logits: np.where(logit(logits) >= 0, 1.0, 0.0), has_gradient=False),
}
"""By name; softmax_1 is a softmax over a single unit, step the threshold one might think a network trains with."""
