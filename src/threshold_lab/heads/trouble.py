"""What is known to go wrong with a head."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from threshold_lab.heads.activation import sigmoid
from threshold_lab.heads.head import Head


@dataclass(frozen=True)
class Trouble:
    """Something that goes wrong with a pair: its id, and what happens, in words that fit any pair it happens to."""

    id: str
    text: str


def troubles(head: Head) -> tuple[Trouble, ...]:
    """Return all known troubles of a head, what decides most first."""
    return tuple(Trouble(id_, text) for part in (_of_output, _of_loss, _of_labels) for id_, text in part(head))


def _of_output(head: Head) -> Iterator[tuple[str, str]]:
    own, loss = head.activation, head.loss
    if head.constant:
        learns = "the logit behind it learns unseen" if head.on_logits else "every gradient is zero"
        yield "one_unit_softmax", f"a softmax over one unit is 1 for every row, so predict says nothing: {learns}"
    if own.units == 2 and own.keras == "softmax" and loss.cross_entropy and 1 in loss.units:
        yield (
            "two_independent_sigmoids",
            "each of the two units is trained as a sigmoid of its own, and predict returns something else: their "
            "softmax, which is surer than what was trained",
        )
    if loss.from_logits:
        yield from _of_logits(head)
    elif loss.cross_entropy and not head.on_logits and np.isinf(own.low):
        yield "from_logits_missing", "the output is a logit, and the loss takes it for a probability"
    elif head.claim == "probability" and not head.confined:
        ends = [f"from {own.low:g}"] * bool(np.isfinite(own.low)) + [f"to {own.high:g}"] * bool(np.isfinite(own.high))
        goes = f"it goes {' '.join(ends)}" if ends else "it can be any number"
        yield "not_a_probability", f"the output is no probability, because it can leave [0, 1]: {goes}"


def _of_logits(head: Head) -> Iterator[tuple[str, str]]:
    """Where the loss is told that outputs are logits."""
    own = head.activation
    lowest, highest = sigmoid(np.array([own.low, own.high]))
    can = f"probabilities from {lowest:.3f} to {highest:.3f} can be told and no others"
    if own.recovers_logits:
        yield (
            "from_logits_twice",
            "the loss is told that a probability is a logit; Keras on TensorFlow finds the logit behind it and trains "
            "rightly, any other backend takes the sigmoid twice",
        )
    elif head.confined:
        yield "from_logits_twice", f"the loss takes the sigmoid of what is a probability already: {can}"
    elif np.isfinite([own.low, own.high]).any():
        yield "logit_is_confined", f"the loss takes the output for a logit, and it has bounds: {can}"


def _of_loss(head: Head) -> Iterator[tuple[str, str]]:
    below, above = head.flat
    if np.isfinite([below, above]).any() and not head.constant:
        ends = [f"{below:g} or less"] * bool(np.isfinite(below)) + [f"{above:.7g} or more"] * bool(np.isfinite(above))
        yield "dead_gradients", f"rows whose output is {', or '.join(ends)} get exactly zero gradient, even if wrong"
    if head.loss.claim == "margin" and head.activation.low >= 0:
        yield "margin_never_negative", "hinge asks for -1 of a negative row, and the output cannot fall below 0"
    if head.loss.takes_logarithms and head.activation.low < 0:
        yield "logarithm_of_negative", "the loss takes the logarithm of outputs that can fall below 0: NaN"
    if head.claim == "probability" and 0 not in head.loss.least_at_mean and not head.constant:
        yield "not_calibrated", "the loss is not least where the output is P(y = 1): scores are no frequencies"


def _of_labels(head: Head) -> Iterator[tuple[str, str]]:
    if head.claim == "logit" and head.activation.units == 1:
        yield "accuracy_on_logits", "Keras's accuracy cuts logits at 0.5, which is P = 0.622"
    if head.loss.claim == "margin" and head.activation.low < 0:
        yield "accuracy_on_margins", "Keras's accuracy cuts margins at 0.5, and a margin changes sign at 0"
    if head.low < 0:
        yield "labels_never_match", "Keras's accuracy calls rows 0 or 1, so it counts no row labelled -1 as right"
    if head.endless:
        yield "labels_out_of_range", "the loss asks for labels from 0 to 1; with a label of -1 it falls without end"
    elif head.low < 0 and head.loss.claim != "margin" and head.activation.low >= 0:
        yield "labels_out_of_range", "a label of -1 is out of reach of an output that cannot fall below 0"
