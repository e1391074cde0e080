"""Lanes of one shape trained side by side: as many in a program as it is wide, epoch after epoch.

What a lane is, is data, and every program has the same width, so a lane's bits do not depend on its company.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from threshold_lab.batches import Feed, Streams
from threshold_lab.engine import Engine, Held
from threshold_lab.lanes import initial_state, state_of, weights_of
from threshold_lab.network import Floats, Weights
from threshold_lab.records import HISTORY, PARTS, Desk, Fit, Parts
from threshold_lab.shapes import Shape
from threshold_lab.spec import Lane, Training


@dataclass(eq=False)
class Course:
    """How far one lane is: its history, a row of HISTORY an epoch, and the weights it will keep.

    As Keras's EarlyStopping(patience, restore_best_weights=True), where the training has a patience.
    """

    training: Training
    history: list[Floats] = field(default_factory=list)
    weights: list[Floats] = field(default_factory=list)
    over: bool = False
    _best: float = np.inf
    _waited: int = 0

    def take(self, means: Floats) -> bool:
        """Take note of an epoch's row of HISTORY; return whether its weights are the ones to keep so far."""
        self.history.append(means)
        loss, epochs, patience = float(means[HISTORY.index("val_loss")]), len(self.history), self.training.patience
        better = epochs == 1 or loss < self._best
        self._best, self._waited = (loss, 0) if better else (self._best, self._waited + 1)
        stopped = patience is not None and self._waited >= patience and epochs > 1
        self.over = stopped or epochs == self.training.epochs
        return self.over if patience is None else better


def stacked(lanes: Sequence[Lane], parts: Mapping[str, Parts], desk: Desk) -> list[Fit]:
    """Train lanes of one shape, at most as many as a program is wide, on parts of data found by their content hash."""
    shape = Shape.of(lanes[0].training, parts[lanes[0].data]["train"].features.shape)
    engine = Engine([lane.training for lane in lanes], shape)
    courses = _trained(engine, lanes, parts, desk)
    kept = state_of([course.weights for course in courses], shape)
    for name in PARTS:
        for found in engine.logits(kept, Held([parts[lane.data][name] for lane in lanes], shape)):
            for lane, logits in zip(lanes, found, strict=True):
                desk.put(lane.key, name, logits)
    return [_fit(lane, course) for lane, course in zip(lanes, courses, strict=True)]


def _trained(engine: Engine, lanes: Sequence[Lane], parts: Mapping[str, Parts], desk: Desk) -> list[Course]:
    """Train every lane until its course is over."""
    feeds = list(_feeds(lanes, parts, engine.shape))
    validation = Held([parts[lane.data]["validation"] for lane in lanes], engine.shape)
    courses = [Course(lane.training) for lane in lanes]
    state = initial_state(lanes, engine.shape)
    while not all(course.over for course in courses):
        going = [None if course.over else feed for course, feed in zip(courses, feeds, strict=True)]
        state, means = engine.epoch(state, going, validation)
        _take(courses, means, state.weights)
        desk.epoch()
    return courses


def _feeds(lanes: Sequence[Lane], parts: Mapping[str, Parts], shape: Shape) -> Iterator[Feed]:
    """What feeds each lane: one and the same where seed, rows and dropout are."""

    @cache
    def feed(seed: int, data: str, dropout: tuple[float, ...]) -> Feed:
        return Feed(parts[data]["train"], Streams.of(seed, len(dropout)), dropout, shape)

    return (feed(lane.seed, lane.data, lane.training.network.dropout) for lane in lanes)


def _take(courses: Sequence[Course], means: Floats, weights: Weights) -> None:
    going = [(index, course) for index, course in enumerate(courses) if not course.over]
    if keep := [(index, course) for index, course in going if course.take(means[index])]:
        arrays = [array.numpy() for array in weights]
        for index, course in keep:
            course.weights = [array[index].copy() for array in arrays]


def _fit(lane: Lane, course: Course) -> Fit:
    weights = weights_of(lane.training, course.weights)
    return Fit(lane.key, weights, dict(zip(HISTORY, np.stack(course.history, axis=1), strict=True)))
