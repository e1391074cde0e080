"""What a score stands for."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from threshold_lab.errors import ConfigError


@dataclass(frozen=True)
class Scale:
    """What a score stands for, in words; the score of a probability, and back; None where it stands for none.

    half: the score that stands for one half.
    """

    claim: str
    of: Callable[[float], float] | None = None
    probability: Callable[[float], float] | None = None
    half: float | None = 0.0

    def at(self, probability: float) -> float:
        """Return the score of a probability in (0, 1). Raises ConfigError where a score stands for none."""
        if self.of is not None:
            return self.of(probability)
        if probability != 0.5 or self.half is None:
            but = "" if self.half is None else " but one half"
            raise ConfigError(
                f"a {self.claim} stands for no probability{but}; choose the threshold by a rule that looks at "
                f"the rows, as cost does, or train for a probability: activation=sigmoid loss=binary_crossentropy"
            )
        return self.half

    def place(self, score: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where scores lie on one axis for all scales, where pictures compare them: 0 to 1, by probability.

        A margin stands for none: its way from -1 to 1, the two targets, is that from 0 to 1. What lies beyond stays so.
        """
        if self.probability is None:
            return score if self.half is None else (score + 1) / 2
        with np.errstate(over="ignore"):
            return np.asarray(np.vectorize(self.probability, otypes=[float])(score))


SCALES = {
    own.claim: own
    for own in (
        Scale("probability", lambda p: p, lambda score: score, 0.5),
        Scale("logit", lambda p: float(np.log(p) - np.log1p(-p)), lambda score: float(1 / (1 + np.exp(-score)))),
        Scale("expected target, -1 to 1,", lambda p: 2 * p - 1, lambda score: (score + 1) / 2),
        Scale("margin"),
        Scale("margin that cannot fall below 0", half=None),
    )
}
"""By claim."""
