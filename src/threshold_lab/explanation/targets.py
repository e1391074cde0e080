"""What is found in labels: those that Keras would refuse, and those that a loss has no place for."""

from collections.abc import Iterator
from typing import Any

from threshold_lab.explanation.findings import Finding, found, parted
from threshold_lab.explanation.judged import Judged
from threshold_lab.explanation.promised import loss_asked
from threshold_lab.heads import Loss

_TWO = 2


def misfit(own: Judged, y: Any) -> Finding | None:
    """What Keras would refuse, or read otherwise than it is meant."""
    if y is None or own.loss is None:
        return None
    return _of_shape(own, y) or _of_class(own, y)


def _of_shape(own: Judged, y: Any) -> Finding | None:
    """Labels of another shape than the output."""
    units = own.output.units
    of_each = y.ndim == len(own.output.shape) + 1 and y.shape[-1] > 1
    numbered = units == 1 or (own.loss is not None and own.loss.name.startswith("sparse"))
    if of_each != numbered:
        return None
    mend = "y = y.argmax(axis=-1)" if numbered else f"y = keras.utils.to_categorical(y, {units})"
    reason = "the loss takes one number, that of the class" if numbered else "the loss takes a number for each unit"
    shapes = {"labels": tuple(y.shape), "outputs": (len(y), *own.output.shape)}
    return found("labels_do_not_fit", reason=reason, mend=mend, **shapes)


def _of_class(own: Judged, y: Any) -> Finding | None:
    """Labels that are the number of no unit."""
    if own.loss is None or not own.loss.name.startswith("sparse"):
        return None
    units, told = own.output.units, y[y != own.loss.settings.get("ignore_class")]
    beyond = told[(told < 0) | (told >= units)]
    if not beyond.size:
        return None
    text = f"the loss takes the number of a unit, from 0 to {units - 1}; a label of {beyond[0]:g} is that of none"
    return found("labels_out_of_range", text, mend=_renumbered(told, units))


def _renumbered(y: Any, units: int) -> str:
    """The line that makes labels the numbers of so many units; empty where the units are too few."""
    least = y.min()
    if y.max() - least < units:
        return f"y = y - {least:g}" if least > 0 else f"y = y + {-least:g}"
    return parted(y) if units == _TWO else ""


def beyond(own: Judged, y: Any) -> Iterator[Finding]:
    """Labels for which a loss has no least value, or that an output cannot come to."""
    asked = None if own.loss is None or y is None else loss_asked(own.loss)
    if own.loss is None or asked is None or own.loss.name.startswith("sparse"):
        return
    check = _of_cross_entropy if asked.cross_entropy else _of_margin if asked.claim == "margin" else _of_reach
    if text := check(own, asked, float(y.min()), float(y.max())):
        yield found("labels_out_of_range", text, mend=parted(y))


def _of_cross_entropy(_: Judged, asked: Loss, least: float, most: float) -> str:
    """Units that are one distribution only weigh a larger label more."""
    if least >= 0 and (most <= 1 or 1 not in asked.units):
        return ""
    label = least if least < 0 else most
    return f"the loss asks for labels from 0 to 1; with a label of {label:g} it falls without end"


def _of_margin(own: Judged, _: Loss, least: float, most: float) -> str:
    if least < 0 or own.labels is None or own.labels.zero_one:
        return ""
    return f"hinge takes labels of 0 and 1 for -1 and 1, and others as they are: from {least:g} to {most:g} none is -1"


def _of_reach(own: Judged, _: Loss, __: float, most: float) -> str:
    if own.head is None or own.labels is None or not own.labels.binary or most <= own.head.activation.high:
        return ""
    return f"a label of {most:g} is out of reach of an output that cannot rise above {own.head.activation.high:g}"
