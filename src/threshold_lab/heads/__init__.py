"""Activation x loss: what the loss asks of the output, what its score means, and which pairs can be trained at all.

Words and numbers only; the trained formulas, by the same names, are in `losses`.
"""

from threshold_lab.heads.activation import ACTIVATIONS, Activation, logit, sigmoid
from threshold_lab.heads.contract import KERAS_CUT, Contract, Returned, contract, contract_for, contract_of
from threshold_lab.heads.head import Head, check, head, head_of
from threshold_lab.heads.loss import EPSILON, LOSSES, Loss
from threshold_lab.heads.scale import SCALES, Scale
from threshold_lab.heads.trouble import Trouble

__all__ = [
    "ACTIVATIONS",
    "EPSILON",
    "KERAS_CUT",
    "LOSSES",
    "SCALES",
    "Activation",
    "Contract",
    "Head",
    "Loss",
    "Returned",
    "Scale",
    "Trouble",
    "check",
    "contract",
    "contract_for",
    "contract_of",
    "head",
    "head_of",
    "logit",
    "sigmoid",
]
