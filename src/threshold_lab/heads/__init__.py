"""Activation x loss: what the loss asks of the output, what its score means, and which pairs can be trained at all.

Words and numbers only; the trained formulas, by the same names, are in `losses`.
"""

from threshold_lab.heads.activation import ACTIVATIONS, Activation, logit, sigmoid
from threshold_lab.heads.head import Head, check, head, head_of
from threshold_lab.heads.loss import LOSSES, Loss
from threshold_lab.heads.scale import SCALES, Scale

__all__ = [
    "ACTIVATIONS",
    "LOSSES",
    "SCALES",
    "Activation",
    "Head",
    "Loss",
    "Scale",
    "check",
    "head",
    "head_of",
    "logit",
    "sigmoid",
]
