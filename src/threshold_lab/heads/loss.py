"""Losses: what each takes an output for, and the formula that Keras computes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Loss:
    """A loss: its Keras name, the formula where Keras recovers the logits, and the formula where it sees outputs.

    claim: what it takes an output for. from_logits: whether it is told that outputs are logits. smooths: whether it
    takes label_smoothing. units: how many output units it needs. takes_logarithms: of outputs as they are.
    cross_entropy: whether it looks for the logits behind the output, and cuts outputs to [EPSILON, 1 - EPSILON] where
    it does not find them. clips: whether nothing of an output beyond that is left. least_at_mean: the numbers of a
    negative label with which the loss is least where the output is the expected target, as far as it can be that.
    """

    keras: str
    on_logits: str
    on_outputs: str
    claim: str = "probability"
    from_logits: bool = False
    smooths: bool = False
    units: tuple[int, ...] = (1, 2)
    takes_logarithms: bool = False
    cross_entropy: bool = False
    clips: bool = False
    least_at_mean: tuple[int, ...] = ()


EPSILON = 1e-7
"""What a cross-entropy keeps outputs away from 0 and 1 (keras.config.epsilon)."""

_OF_LOGITS, _OF_OUTPUTS = "cross_entropy_of_logits", "cross_entropy_of_outputs"

LOSSES = {
    "binary_crossentropy": Loss(
        "BinaryCrossentropy",
        _OF_LOGITS,
        _OF_OUTPUTS,
        smooths=True,
        cross_entropy=True,
        clips=True,
        least_at_mean=(0,),
    ),
    "binary_crossentropy_from_logits": Loss(
        "BinaryCrossentropy",
        _OF_LOGITS,
        "cross_entropy_of_outputs_as_logits",
        claim="logit",
        from_logits=True,
        smooths=True,
        cross_entropy=True,
        least_at_mean=(0,),
    ),
    "categorical_crossentropy": Loss(
        "CategoricalCrossentropy",
        "categorical_cross_entropy_of_logits",
        "categorical_cross_entropy_of_logits",
        smooths=True,
        units=(2,),
        cross_entropy=True,
        clips=True,
        least_at_mean=(0,),
    ),
    "binary_focal_crossentropy": Loss(
        "BinaryFocalCrossentropy",
        "focal_cross_entropy_of_logits",
        "focal_cross_entropy_of_outputs",
        smooths=True,
        cross_entropy=True,
    ),
    "mse": Loss("MeanSquaredError", "squared_error", "squared_error", least_at_mean=(0, -1)),
    "mae": Loss("MeanAbsoluteError", "absolute_error", "absolute_error"),
    "huber": Loss("Huber", "huber", "huber", least_at_mean=(0,)),
    "log_cosh": Loss("LogCosh", "log_cosh", "log_cosh"),
    "hinge": Loss("Hinge", "hinge", "hinge", claim="margin"),
    "squared_hinge": Loss("SquaredHinge", "squared_hinge", "squared_hinge", claim="margin"),
    "poisson": Loss("Poisson", "poisson", "poisson", takes_logarithms=True, least_at_mean=(0,)),
}
