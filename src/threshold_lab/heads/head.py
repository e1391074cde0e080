"""An activation and a loss together."""

from dataclasses import dataclass

import numpy as np

from threshold_lab.errors import ConfigError, unknown
from threshold_lab.heads.activation import ACTIVATIONS, Activation
from threshold_lab.heads.loss import EPSILON, LOSSES, Loss
from threshold_lab.heads.scale import SCALES, Scale
from threshold_lab.spec import Training


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
    def on_logits(self) -> bool:
        """Whether Keras computes the loss on the logits that it finds behind the output."""
        return self.loss.cross_entropy and self.activation.recovers_logits

    @property
    def constant(self) -> bool:
        """Whether every row has the same output."""
        return self.activation.low == self.activation.high

    @property
    def endless(self) -> bool:
        """Whether the loss has no minimum, its logarithms being weighted by a negative label."""
        return self.low < 0 and (self.loss.cross_entropy or self.loss.takes_logarithms)

    @property
    def flat(self) -> tuple[float, float]:
        """The scores at and below, and at and above, which no row has a gradient; infinite where there are none."""
        own = self.activation
        if self.on_logits:
            return -np.inf, np.inf
        below, above = (EPSILON, 1 - EPSILON) if self.loss.clips else (-np.inf, np.inf)
        return max(own.flat_below, below), min(own.flat_above, above)

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
        if claim == "margin" and self.activation.low >= 0:
            return "margin that cannot fall below 0"
        return "expected target, -1 to 1," if self.low < 0 and claim == "probability" else claim

    @property
    def scale(self) -> Scale:
        """Where the score stands for a probability."""
        return SCALES[self.claim]

    @property
    def probability(self) -> bool:
        """Whether the score claims to be a probability, and can be judged as one."""
        return self.claim == "probability"

    @property
    def centred(self) -> bool:
        """Whether a logit of 0 stands for P = 1/2, as a temperature takes it to."""
        return (
            self.scale.half is not None
            and float(self.activation.score(np.zeros(self.activation.units))) == self.scale.half
        )

    @property
    def keras_accuracy(self) -> str:
        """What Keras's 'accuracy' takes for positive, in words, and which rows it can never count as right."""
        chance = self.scale.probability(0.5) if self.scale.probability else 0.5
        meant = f", which is P = {chance:.3f}" if chance != 0.5 else ""
        never = ", and counts no negative row as right: it is 0 or 1 to Keras, its target -1" if self.low < 0 else ""
        return f"Keras calls positive any {self.claim.rstrip(',')} above .5{meant}{never}"

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
    if problems or (problems := _problems(activation, loss, low)):
        raise ConfigError("\n".join(problems))
    return Head(ACTIVATIONS[activation], LOSSES[loss], low)


def _problems(activation: str, loss: str, low: int) -> list[str]:
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
    if low < 0 and own.units == 2:
        return [
            f"targets [-1, 1] are for one output unit, activation {activation!r} has two, which are one-hot; "
            f"use targets=[0,1]"
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
