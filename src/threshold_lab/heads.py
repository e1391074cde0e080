"""Activation x loss: what the loss asks of the output, what its score means, and which pairs can be trained at all.

Words and numbers only; the trained formulas, by the same names, are in `losses`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from threshold_lab.errors import ConfigError, unknown
from threshold_lab.spec import Training

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Scale:
    """What a score stands for, in words, and the score that stands for a probability; None where nothing does."""

    claim: str
    of: Callable[[float], float] | None = None

    def at(self, probability: float) -> float:
        """Return the score of a probability in (0, 1). Raises ConfigError where a score stands for none."""
        if self.of is None and probability != 0.5:
            raise ConfigError(
                f"a {self.claim} stands for no probability but one half; choose the threshold by a rule that looks at "
                f"the rows, as cost does, or train for a probability: activation=sigmoid loss=binary_crossentropy"
            )
        return 0.0 if self.of is None else self.of(probability)


SCALES = {
    own.claim: own
    for own in (
        Scale("probability", lambda p: p),
        Scale("logit", lambda p: float(np.log(p) - np.log1p(-p))),
        Scale("expected target, -1 to 1,", lambda p: 2 * p - 1),
        Scale("margin"),
    )
}
"""By claim."""


@dataclass(frozen=True)
class Activation:
    """An output activation: its Keras name, its units, the range (low, high) of its score, and the score itself.

    score: logits (..., units) -> (...), larger = more positive.
    recovers_logits: whether Keras's TensorFlow backend finds the logits again behind the output, and so computes
    a cross-entropy on them (keras/src/backend/tensorflow/nn.py). has_gradient: whether anything can be learnt.
    """

    keras: str
    units: int
    low: float
    high: float
    score: Callable[[Array], Array]
    recovers_logits: bool = False
    has_gradient: bool = True


@dataclass(frozen=True)
class Loss:
    """A loss: its Keras name, the formula where Keras recovers the logits, and the formula where it sees outputs.

    claim: what it takes an output for. from_logits: whether it is told that outputs are logits. smooths: whether it
    takes label_smoothing. units: how many output units it needs. takes_logarithms: of outputs as they are.
    """

    keras: str
    on_logits: str
    on_outputs: str
    claim: str = "probability"
    from_logits: bool = False
    smooths: bool = False
    units: tuple[int, ...] = (1, 2)
    takes_logarithms: bool = False


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
    "softmax_1": Activation("softmax", 1, 1, 1, lambda logits: np.ones(logits.shape[:-1]), recovers_logits=True),
    "linear": Activation("linear", 1, -np.inf, np.inf, logit),
    "tanh": Activation("tanh", 1, -1, 1, lambda logits: np.tanh(logit(logits))),
    "hard_sigmoid": Activation("hard_sigmoid", 1, 0, 1, lambda logits: _hard_sigmoid(logit(logits))),
    "softsign": Activation("softsign", 1, -1, 1, lambda logits: _softsign(logit(logits))),
    "relu": Activation("relu", 1, 0, np.inf, lambda logits: _relu(logit(logits))),
    "exponential": Activation("exponential", 1, 0, np.inf, lambda logits: _exponential(logit(logits))),
    "step": Activation("step", 1, 0, 1, lambda logits: np.where(logit(logits) >= 0, 1.0, 0.0), has_gradient=False),
}
"""By name; softmax_1 is a softmax over a single unit, step the threshold one might think a network trains with."""

_OF_LOGITS, _OF_OUTPUTS = "cross_entropy_of_logits", "cross_entropy_of_outputs"

LOSSES = {
    "binary_crossentropy": Loss("BinaryCrossentropy", _OF_LOGITS, _OF_OUTPUTS, smooths=True),
    "binary_crossentropy_from_logits": Loss(
        "BinaryCrossentropy",
        _OF_LOGITS,
        "cross_entropy_of_outputs_as_logits",
        claim="logit",
        from_logits=True,
        smooths=True,
    ),
    "categorical_crossentropy": Loss(
        "CategoricalCrossentropy",
        "categorical_cross_entropy_of_logits",
        "categorical_cross_entropy_of_logits",
        smooths=True,
        units=(2,),
    ),
    "binary_focal_crossentropy": Loss(
        "BinaryFocalCrossentropy", "focal_cross_entropy_of_logits", "focal_cross_entropy_of_outputs", smooths=True
    ),
    "mse": Loss("MeanSquaredError", "squared_error", "squared_error"),
    "mae": Loss("MeanAbsoluteError", "absolute_error", "absolute_error"),
    "huber": Loss("Huber", "huber", "huber"),
    "log_cosh": Loss("LogCosh", "log_cosh", "log_cosh"),
    "hinge": Loss("Hinge", "hinge", "hinge", claim="margin"),
    "squared_hinge": Loss("SquaredHinge", "squared_hinge", "squared_hinge", claim="margin"),
    "poisson": Loss("Poisson", "poisson", "poisson", takes_logarithms=True),
}


@dataclass(frozen=True)
class Head:
    """An activation and a loss together, and the number of a negative label; `formula` names what is trained."""

    activation: Activation
    loss: Loss
    low: int = 0

    @property
    def formula(self) -> str:
        """The name in `losses.FORMULAS` of what Keras computes for the pair."""
        return self.loss.on_logits if self.activation.recovers_logits else self.loss.on_outputs

    @property
    def remedy(self) -> str:
        """What to do where training came to no finite number."""
        if self.loss.takes_logarithms and self.activation.low < 0:
            return "the loss takes the logarithm of outputs that fell below 0; use activation=exponential or sigmoid"
        return "lower the learning rate"

    @property
    def confined(self) -> bool:
        """Whether the score cannot leave [0, 1]; a score that can is no more than a claim to a probability."""
        return self.activation.low >= 0 and self.activation.high <= 1

    @property
    def claim(self) -> str:
        """What the loss takes the score for; Keras finds a sigmoid out that is told to be a logit."""
        claim = "probability" if self.activation.recovers_logits and self.loss.from_logits else self.loss.claim
        return "expected target, -1 to 1," if self.low < 0 and claim == "probability" else claim

    @property
    def scale(self) -> Scale:
        """Where the score stands for a probability."""
        return SCALES[self.claim]

    @property
    def probability(self) -> bool:
        """Whether the score claims to be a probability, and can be judged as one."""
        return self.claim == "probability"

    def unit(self, positive: str) -> str:
        """Return what the score of a row is, in words, for the axis of a picture."""
        if self.probability and self.confined:
            return f"predicted probability of {positive!r}"
        return f"score, meant as the {self.claim} of {positive!r}"


def head_of(training: Training) -> Head:
    """Return the head of a training. Raises ConfigError as `head`."""
    return head(training.activation, training.loss, training.targets[0])


def head(activation: str, loss: str, low: int = 0) -> Head:
    """Look a pair up. Raises ConfigError, naming the known ones, or why Keras cannot train the pair."""
    problems = [
        unknown(kind, name, table)
        for kind, name, table in (("activation", activation, ACTIVATIONS), ("loss", loss, LOSSES))
        if name not in table
    ]
    if problems or (problems := _problems(activation, loss)):
        raise ConfigError("\n".join(problems))
    return Head(ACTIVATIONS[activation], LOSSES[loss], low)


def _problems(activation: str, loss: str) -> list[str]:
    """Why Keras cannot train a pair of known names; empty where it can."""
    own, asked = ACTIVATIONS[activation], LOSSES[loss]
    if not own.has_gradient:
        return [
            f"activation {activation!r} cannot be trained: a threshold has no gradient (Keras: 'No gradients provided "
            f"for any variable'); train sigmoid and cut its score afterwards, as threshold=0.5 does"
        ]
    if own.units not in asked.units:
        return [
            f"activation {activation!r} with loss {loss!r} cannot be trained: divided by their sum, the output of a "
            f"single unit is always 1 and the loss 0; use activation=softmax (two units) or loss=binary_crossentropy"
        ]
    return []


def check(training: Training) -> None:
    """Refuse what Keras cannot train. Raises ConfigError with the reason."""
    own = head_of(training)
    if training.label_smoothing and not own.loss.smooths:
        known = ", ".join(name for name, loss in LOSSES.items() if loss.smooths)
        raise ConfigError(
            f"loss {training.loss!r} takes no label_smoothing; got {training.label_smoothing}; losses that do: {known}"
        )
    if training.targets[0] < 0 and own.activation.units == 2:
        raise ConfigError(
            f"targets [-1, 1] are for one output unit, activation {training.activation!r} has two, which are one-hot; "
            f"use targets=[0,1]"
        )
