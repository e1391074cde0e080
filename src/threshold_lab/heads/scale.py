"""What a score stands for."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from threshold_lab.errors import ConfigError


@dataclass(frozen=True)
class Scale:
    """What a score stands for, in words; the score of a probability, and back; None where it stands for none."""

    claim: str
    of: Callable[[float], float] | None = None
    probability: Callable[[float], float] | None = None

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
        Scale("probability", lambda p: p, lambda score: score),
        Scale("logit", lambda p: float(np.log(p) - np.log1p(-p)), lambda score: float(1 / (1 + np.exp(-score)))),
        Scale("expected target, -1 to 1,", lambda p: 2 * p - 1, lambda score: (score + 1) / 2),
        Scale("margin"),
    )
}
"""By claim."""
