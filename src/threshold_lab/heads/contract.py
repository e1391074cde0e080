"""What a pair of activation and loss comes to: what is asked and returned, where it is cut, and what goes wrong."""

from dataclasses import dataclass
from typing import Literal

from threshold_lab.heads.head import Head, head
from threshold_lab.heads.trouble import Trouble, troubles
from threshold_lab.spec import Training

Returned = Literal["probability", "logit", "margin", "score", "neither"]
"""What `predict` returns: P(y = 1) as the loss asks for it, in [0, 1]; its logit; a number whose sign is the class; a
number that grows with P(y = 1) but can leave [0, 1]; or none of them, because activation and loss contradict."""

KERAS_CUT = 0.5
"""Where Keras's 'accuracy' calls an output of one column positive: above it. Two columns: the larger of them."""


@dataclass(frozen=True)
class Contract:
    """What Keras makes of an activation, a loss and the numbers of the two labels.

    asks: what the loss asks of the output. half: the score at which P(y = 1) is one half; None where there is none.
    low, high: the range of the score. accuracy: the class that metrics=['accuracy'] becomes. cut: the score above
    which that calls a row positive, and cut_as_probability what P(y = 1) is there; None where it is nothing.
    computed: what the loss is computed from. calibrated: whether the loss is least where the score stands for P(y = 1).
    flat: the scores at and below, and at and above, which a row has no gradient whatever its label; infinite if none.
    """

    activation: str
    loss: str
    targets: tuple[int, int]
    asks: str
    returns: Returned
    half: float | None
    low: float
    high: float
    accuracy: str
    cut: float
    cut_as_probability: float | None
    computed: str
    calibrated: bool
    flat: tuple[float, float]
    troubles: tuple[Trouble, ...]

    @property
    def coding(self) -> str:
        """The numbers of the labels as a command names them; empty where they are 0 and 1."""
        return "" if self.targets == (0, 1) else f" targets=[{self.targets[0]},{self.targets[1]}]"

    @property
    def verdict(self) -> str:
        """`ok`, or `caution: ...` with the ids of all troubles."""
        return f"caution: {', '.join(own.id for own in self.troubles)}" if self.troubles else "ok"


def contract(activation: str, loss: str, targets: tuple[int, int] = (0, 1)) -> Contract:
    """Return what a pair comes to. Raises ConfigError where a name is unknown, or Keras cannot train the pair."""
    return contract_of(head(activation, loss, targets[0]), activation, loss)


def contract_for(training: Training) -> Contract:
    """Return the contract of a training. Raises ConfigError as `contract`."""
    return contract(training.activation, training.loss, training.targets)


def contract_of(own: Head, activation: str, loss: str) -> Contract:
    """Return what a head comes to, by the names that it is told by."""
    return Contract(
        activation=activation,
        loss=loss,
        targets=(own.low, 1),
        asks=_ASKS[own.loss.claim] if own.low == 0 or own.loss.claim != "probability" else "the expected label",
        returns=_returns(own),
        half=_half(own),
        low=own.activation.low,
        high=own.activation.high,
        accuracy="CategoricalAccuracy" if own.activation.units > 1 else "BinaryAccuracy",
        cut=KERAS_CUT,
        cut_as_probability=_cut_as_probability(own),
        computed=_computed(own),
        calibrated=_calibrated(own),
        flat=own.flat,
        troubles=troubles(own),
    )


_ASKS = {
    "probability": "P(y = 1), from 0 to 1",
    "logit": "a logit, whose sigmoid is P(y = 1)",
    "margin": "1 or more of a positive row, -1 or less of a negative one",
}


def _returns(own: Head) -> Returned:
    if own.constant or own.endless:
        return "neither"
    if own.loss.claim == "margin":
        return "margin" if own.activation.low < 0 else "neither"
    if own.claim == "logit":
        return "logit"
    if own.low < 0:
        return "score" if own.activation.low < 0 else "neither"
    if own.confined:
        return "probability"
    return "neither" if own.loss.cross_entropy else "score"


def _half(own: Head) -> float | None:
    """None also where the range ends before it."""
    half = own.scale.half
    inside = half is not None and own.activation.low < half < own.activation.high
    return half if inside and not own.endless else None


def _cut_as_probability(own: Head) -> float | None:
    if _half(own) is None or own.scale.probability is None:
        return None
    return own.scale.probability(KERAS_CUT)


def _computed(own: Head) -> str:
    if own.on_logits:
        return "on the logits, which Keras finds behind the output"
    if own.loss.cross_entropy and own.loss.from_logits:
        return "on the output, taken for a logit"
    if own.loss.cross_entropy:
        return "on the output, cut to [1e-7, 1 - 1e-7]"
    return "on the output as it is"


def _calibrated(own: Head) -> bool:
    """Two sigmoids whose softmax is returned are no more than each alone, and a margin is a size without a meaning."""
    independent = own.activation.units == 2 and own.loss.cross_entropy and 1 in own.loss.units
    stands = own.scale.probability is not None and not own.constant and not own.endless and not independent
    return stands and own.low in own.loss.least_at_mean
