"""The experiments by which claims are answered: trials of a claim's jobs -> what was found. No TensorFlow, no Hydra.

A new claim is one file in conf/claims; a new kind of experiment one function here and a row of EXPERIMENTS.
"""

from collections.abc import Callable
from dataclasses import dataclass

from threshold_lab.claims.experiments import cuts, keras_itself, probabilities, recipes, sigmoids, softmaxes, steps
from threshold_lab.claims.measuring import Found, Tolerance
from threshold_lab.claims.stated import Stated
from threshold_lab.claims.trial import Trials
from threshold_lab.errors import ConfigError, unknown


@dataclass(frozen=True)
class Experiment:
    """How a claim is answered. tolerances: the names of the numbers its rule needs.

    shown: the demonstration that plain Keras gives for each of its jobs; None where the lab's engine trains them.
    """

    found: Callable[[Trials, Tolerance], Found]
    tolerances: tuple[str, ...]
    shown: str | None = None


EXPERIMENTS: dict[str, Experiment] = {
    "threshold_in_training": Experiment(
        keras_itself.threshold_in_training, ("differing", "printed"), "weights_at_a_threshold"
    ),
    "step_in_training": Experiment(steps.step_in_training, ("moved", "gained"), "learning_through"),
    "loss_tells_the_task": Experiment(keras_itself.loss_tells_the_task, ("differing",), "predictions_under_a_loss"),
    "predict_without_threshold": Experiment(
        keras_itself.predict_without_threshold, ("whole", "accuracy"), "predict_and_evaluate"
    ),
    "sigmoid_picks": Experiment(sigmoids.sigmoid_picks, ("few", "most")),
    "sigmoid_is_softmax": Experiment(softmaxes.sigmoid_is_softmax, ("rounding", "path", "zero"), "softmax_paths"),
    "sigmoid_rather_than_softmax": Experiment(softmaxes.sigmoid_rather_than_softmax, ("accuracy",)),
    "output_is_probability": Experiment(probabilities.output_is_probability, ("error",)),
    "half_is_the_threshold": Experiment(cuts.half_is_the_threshold, ("accuracy", "f1", "cost")),
    "framework_need_not_know": Experiment(
        sigmoids.framework_need_not_know, ("loss", "gradient", "accuracy", "moved"), "sigmoid_by_hand"
    ),
    "mse_for_regression": Experiment(recipes.mse_for_regression, ("roc_auc", "ece_mass", "accuracy")),
    "accuracy_on_logits": Experiment(cuts.accuracy_on_logits, ("probability", "called", "accuracy")),
    "recipe": Experiment(recipes.recipe, ("accuracy",)),
}
"""By name."""


def experiment_of(stated: Stated) -> Experiment:
    """Return the experiment of a claim. Raises ConfigError where it is not known, or the tolerances are not its own."""
    if stated.experiment not in EXPERIMENTS:
        raise ConfigError(unknown("experiment", stated.experiment, EXPERIMENTS))
    own = EXPERIMENTS[stated.experiment]
    if set(stated.tolerance) != set(own.tolerances):
        raise ConfigError(
            f"experiment {stated.experiment!r} needs the tolerances {', '.join(own.tolerances)}; "
            f"got {', '.join(stated.tolerance) or 'none'}"
        )
    return own
