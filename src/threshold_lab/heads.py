"""Activation x loss: what the loss asks of the output, what its score means and where P = 1/2 lies.

Words and numbers only; the trained formulas, by the same names, are in `losses`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from threshold_lab.errors import ConfigError, unknown

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Activation:
    """An output activation: its units, the range (low, high) of its score, and the score itself.

    score: logits (..., units) -> (...), larger = more positive.
    recovers_logits: whether Keras's TensorFlow backend finds the logits again behind the output, and so computes
    a cross-entropy on them (keras/src/backend/tensorflow/nn.py).
    """

    units: int
    low: float
    high: float
    recovers_logits: bool
    score: Callable[[Array], Array]


@dataclass(frozen=True)
class Loss:
    """A loss: the formula Keras computes where it recovers the logits, and where it sees outputs only."""

    on_logits: str
    on_outputs: str


def sigmoid(logit: Array) -> Array:
    """Return 1 / (1 + exp(-logit)) without overflow; 0 and 1 only where float64 rounds to them."""
    small = np.exp(-np.abs(logit))
    return np.where(logit >= 0, 1 / (1 + small), small / (1 + small))


def logit(logits: Array) -> Array:
    """One number a row, (..., units) -> (...): the logit itself, or the log-odds of the second of two units."""
    return logits[..., 0] if logits.shape[-1] == 1 else logits[..., 1] - logits[..., 0]


ACTIVATIONS = {
    "sigmoid": Activation(1, 0, 1, True, lambda logits: sigmoid(logit(logits))),
    "softmax": Activation(2, 0, 1, True, lambda logits: sigmoid(logit(logits))),
    "linear": Activation(1, -np.inf, np.inf, False, logit),
    "tanh": Activation(1, -1, 1, False, lambda logits: np.tanh(logit(logits))),
}

LOSSES = {
    "binary_crossentropy": Loss("cross_entropy_of_logits", "cross_entropy_of_outputs"),
    "mse": Loss("squared_error", "squared_error"),
}


@dataclass(frozen=True)
class Head:
    """An activation and a loss together; `formula` names what is trained."""

    activation: Activation
    loss: Loss

    @property
    def formula(self) -> str:
        """The name in `losses.FORMULAS` of what Keras computes for the pair."""
        return self.loss.on_logits if self.activation.recovers_logits else self.loss.on_outputs

    @property
    def confined(self) -> bool:
        """Whether the score cannot leave [0, 1]; a score that can is no more than a claim to a probability."""
        return self.activation.low >= 0 and self.activation.high <= 1

    def unit(self, positive: str) -> str:
        """Return what the score of a row is, in words, for the axis of a picture."""
        claim = "predicted probability" if self.confined else "score, meant as the probability"
        return f"{claim} of {positive!r}"


def head(activation: str, loss: str) -> Head:
    """Look a pair up. Raises ConfigError, naming the known ones."""
    problems = [
        unknown(kind, name, table)
        for kind, name, table in (("activation", activation, ACTIVATIONS), ("loss", loss, LOSSES))
        if name not in table
    ]
    if problems:
        raise ConfigError("\n".join(problems))
    return Head(ACTIVATIONS[activation], LOSSES[loss])
