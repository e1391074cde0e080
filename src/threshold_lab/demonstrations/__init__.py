"""What plain Keras does with thresholds, activations and losses, seen on small networks; see `claims`.

A demonstration takes a job, whose seeds it goes through, and the rows of its data. A new one is a function and a row
of DEMONSTRATIONS.
"""

from collections.abc import Callable
from dataclasses import replace

import keras

from threshold_lab.demonstrations import by_hand, fitted, softmaxes, steps
from threshold_lab.errors import ConfigError, unknown
from threshold_lab.records import Parts, Shown
from threshold_lab.spec import RunSpec

DEMONSTRATIONS: dict[str, Callable[[RunSpec, Parts], Shown]] = {
    "weights_at_a_threshold": fitted.weights_at_a_threshold,
    "predictions_under_a_loss": fitted.predictions_under_a_loss,
    "predict_and_evaluate": fitted.predict_and_evaluate,
    "learning_through": steps.learning_through,
    "softmax_paths": softmaxes.softmax_paths,
    "sigmoid_by_hand": by_hand.sigmoid_by_hand,
}
"""By name."""


def demonstrate(name: str, spec: RunSpec, parts: Parts) -> Shown:
    """Return what a demonstration came to, and under which backend of Keras.

    Raises ConfigError for a name that is not known, and for dropout.
    """
    if name not in DEMONSTRATIONS:
        raise ConfigError(unknown("demonstration", name, DEMONSTRATIONS))
    if any(spec.network.dropout):
        raise ConfigError(
            f"a demonstration compares weights to the bit, and dropout is Keras's own dice; got network.dropout="
            f"{list(spec.network.dropout)}, use zeros"
        )
    shown = DEMONSTRATIONS[name](spec, parts)
    return replace(shown, words={**shown.words, "backend": (keras.config.backend(),) * spec.seeds})
