"""Lanes and data -> fits, by the trainer their specification names."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from threshold_lab import network
from threshold_lab.keras_fit import keras_fit
from threshold_lab.records import Desk, Fit, Parts
from threshold_lab.spec import Lane
from threshold_lab.stacked import stacked

TRAINERS = {"stacked": stacked, "keras": keras_fit}


def train(
    lanes: Sequence[Lane], parts: Mapping[str, Parts], desk: Desk, exported: frozenset[str] = frozenset()
) -> list[Fit]:
    """Train the lanes of one program; parts of the data by their content hash.

    desk: is told of every epoch, and given all logits. exported: keys of the lanes whose fit is to carry a .keras
    file. Returns one fit a lane, in their order, without its logits.
    """
    fits = TRAINERS[lanes[0].training.trainer](lanes, parts, desk)
    return [_exported(lane, fit) if lane.key in exported else fit for lane, fit in zip(lanes, fits, strict=True)]


def _exported(lane: Lane, fit: Fit) -> Fit:
    return replace(fit, model=network.keras_file(lane.training, fit.weights))
