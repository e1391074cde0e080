"""Lanes of one shape trained side by side: as many in a program as it is wide, epoch after epoch.

What a lane is, is data, and every program has the same width, so a lane's bits do not depend on its company.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from threshold_lab import batches, losses, network
from threshold_lab.batches import Feed, Streams
from threshold_lab.heads import ACTIVATIONS, head_of
from threshold_lab.network import Floats
from threshold_lab.optimizers import OPTIMIZERS
from threshold_lab.program import Chunk, Kind, Settings, State, Sums, evaluated, trained
from threshold_lab.records import HISTORY, PARTS, Fit, Part, Parts
from threshold_lab.shapes import ROWS, Shape
from threshold_lab.spec import Lane, Training, leaves

UNITS = 2
"""Output units of every lane in a program; a head of one unit leaves the second at zero."""


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


class Engine:
    """The compiled functions of one shape of lanes, with the settings of the lanes at hand."""

    def __init__(self, trainings: Sequence[Training], shape: Shape) -> None:
        self.shape = shape
        self.trainings = trainings
        self.lanes = len(trainings)
        self._rest = settings_of(trainings, shape), Kind(shape.hidden_activation, shape.optimizer)
        self._traced: dict[Any, Any] = {}

    def train(self, state: State, feeds: Sequence[Feed | None]) -> tuple[State, Floats]:
        """Train an epoch. Returns the state, and loss and accuracy as they were met, (2, lanes)."""
        sums = np.zeros((2, self.lanes))
        for count, chunk in batches.epoch(feeds, self.shape):
            state, seen = self._call(trained, state, *_on_device(count, chunk))
            sums += self._real(seen)
        rows = [len(feed.part.labels) if feed else 1 for feed in feeds]
        return state, (sums / rows).astype(np.float32)

    def evaluate(
        self, weights: network.Weights, count: Any, chunk: Chunk
    ) -> tuple[NDArray[np.float64], Floats, Floats]:
        """Sums of loss and right answers over a chunk's rows (2, lanes), L2's part of the loss, logits (s, k, 2, b)."""
        sums, penalty, logits = self._call(evaluated, weights, *_on_device(count, chunk))
        return self._real(sums), penalty.numpy()[: self.lanes], logits.numpy()

    def _call(self, function: Any, *arguments: Any) -> Any:
        """Look a trace up by function, not by the types of all arguments, which takes as long as a gradient step."""
        if function not in self._traced:
            self._traced[function] = function.get_concrete_function(*arguments, *self._rest)
        return self._traced[function](*arguments, *self._rest)

    def _real(self, sums: Sums) -> NDArray[np.float64]:
        return np.stack([own.numpy() for own in sums])[:, : self.lanes].astype(np.float64)


class Evaluation:
    """Networks on a part of their data each; no more than a chunk of it is copied at once."""

    def __init__(self, parts: Sequence[Part], engine: Engine) -> None:
        self._parts = parts
        self._engine = engine
        self._rows = np.array([len(part.labels) for part in parts])
        self._size = engine.shape.blocks * ROWS
        self._only = [_on_device(*each) for each in self._chunks()] if self._rows.max() <= self._size else []

    def means(self, weights: network.Weights) -> Floats:
        """Loss, with what L2 adds to it, and accuracy of each lane: (2, lanes)."""
        sums = np.zeros((2, len(self._parts)))
        for count, chunk in self._only or self._chunks():
            seen, penalty, _ = self._engine.evaluate(weights, count, chunk)
            sums += seen
        loss, hits = sums / self._rows
        return np.stack([loss + penalty, hits]).astype(np.float32)

    def logits(self, weights: network.Weights) -> list[Floats]:
        """Output layer before its activation, (n, units) for each lane."""
        units = [ACTIVATIONS[own.activation].units for own in self._engine.trainings]
        found = [np.empty((rows, own), np.float32) for rows, own in zip(self._rows, units, strict=True)]
        for number, (count, chunk) in enumerate(self._only or self._chunks()):
            stacked = self._engine.evaluate(weights, count, chunk)[-1]
            for lane, own in enumerate(found):
                into = own[number * self._size :][: self._size]
                into[:] = stacked[:, lane].swapaxes(1, 2).reshape(-1, UNITS)[: len(into), : own.shape[1]]
        return found

    def _chunks(self) -> Iterable[tuple[int, Chunk]]:
        return batches.blocks(self._parts, self._engine.shape)


def stacked(lanes: Sequence[Lane], parts: Mapping[str, Parts]) -> list[Fit]:
    """Train lanes of one shape, at most as many as a program is wide, on parts of data found by their content hash."""
    own = [parts[lane.data] for lane in lanes]
    trainings = [lane.training for lane in lanes]
    engine = Engine(trainings, Shape.of(trainings[0], own[0]["train"].features.shape[1]))
    streams = [Streams.of(lane.seed, len(engine.shape.hidden)) for lane in lanes]
    courses = _trained(engine, streams, own)
    kept = _stack([course.weights for course in courses], engine.shape)
    logits = {name: Evaluation([one[name] for one in own], engine).logits(kept) for name in PARTS}
    return [
        _fit(lane, course, {name: logits[name][index] for name in PARTS})
        for index, (lane, course) in enumerate(zip(lanes, courses, strict=True))
    ]


def _trained(engine: Engine, streams: Sequence[Streams], parts: Sequence[Parts]) -> list[Course]:
    """Train every lane until its course is over."""
    own = zip(engine.trainings, [one["train"] for one in parts], streams, strict=True)
    feeds = [Feed(*each) for each in own]
    validation = Evaluation([one["validation"] for one in parts], engine)
    courses = [Course(training) for training in engine.trainings]
    state = _initial_state(engine.trainings, streams, engine.shape)
    while not all(course.over for course in courses):
        going = [None if course.over else feed for course, feed in zip(courses, feeds, strict=True)]
        state, seen = engine.train(state, going)
        _take(courses, np.concatenate([seen, validation.means(state.weights)]), state.weights)
    return courses


def _take(courses: Sequence[Course], means: Floats, weights: network.Weights) -> None:
    going = [(index, course) for index, course in enumerate(courses) if not course.over]
    if keep := [(index, course) for index, course in going if course.take(means[:, index])]:
        arrays = [array.numpy() for array in weights]
        for index, course in keep:
            course.weights = [array[index].copy() for array in arrays]


def _fit(lane: Lane, course: Course, logits: Mapping[str, Floats]) -> Fit:
    sizes = network.layer_sizes(lane.training, course.weights[0].shape[0])
    layers = zip(sizes, course.weights[::2], course.weights[1::2], strict=True)
    real = [(kernel[:inputs, :outputs], bias[:outputs]) for (inputs, outputs), kernel, bias in layers]
    return Fit(
        key=lane.key,
        weights=tuple(np.array(array) for layer in real for array in layer),
        history=dict(zip(HISTORY, np.stack(course.history, axis=1), strict=True)),
        logits=dict(logits),
    )


# ---- lanes as arrays; the places no lane takes are filled with the first lane


def settings_of(trainings: Sequence[Training], shape: Shape) -> Settings:
    """Return what tells lanes apart, as arrays."""
    filled = [*trainings, *[trainings[0]] * (shape.lanes - len(trainings))]
    heads = [head_of(own) for own in filled]
    dropout = np.array([own.network.dropout for own in filled], np.float64).reshape(len(filled), -1)
    rates = [{name: rate for name, rate in leaves(own.optimizer).items() if isinstance(rate, float)} for own in filled]
    return Settings(
        activation=losses.chosen([own.activation for own in filled], losses.ACTIVATIONS),
        formula=losses.chosen([own.formula for own in heads], losses.FORMULAS),
        shares=tf.constant([[[0.5], [0.5]] if own.activation.units == 2 else [[1.0], [0.0]] for own in heads]),
        negative=tf.constant([_targets(own, False) for own in filled]),
        positive=tf.constant([_targets(own, True) for own in filled]),
        low=tf.constant([[own.targets[0]] for own in filled], tf.float32),
        l2=tf.constant([own.network.l2 for own in filled]),
        scales=[tf.constant((1 / (1 - rate))[:, None, None], tf.float32) for rate in dropout.T],
        rates={name: tf.constant([own[name] for own in rates]) for name in rates[0]},
    )


def _targets(training: Training, label: bool) -> Floats:
    """What each unit is trained towards on a row of a label, (2, 1); a unit that is not real takes the other's."""
    target = network.keras_targets(training, np.array([label]))
    smoothed = target * np.float32(1 - training.label_smoothing) + np.float32(0.5 * training.label_smoothing)
    return np.broadcast_to(smoothed.T, (UNITS, 1))


def _initial_state(trainings: Sequence[Training], streams: Sequence[Streams], shape: Shape) -> State:
    drawn = [
        network.initial_weights(training, shape.features, stream.weights)
        for training, stream in zip(trainings, streams, strict=True)
    ]
    weights = _stack(drawn, shape)
    slots = OPTIMIZERS[shape.optimizer].slots
    return State(weights, tuple((tf.zeros_like(array),) * slots for array in weights), tf.zeros(shape.lanes))


def _stack(lanes: Sequence[list[Floats]], shape: Shape) -> network.Weights:
    """Weights of every lane in arrays of the widths a program has, zero beyond what a lane fills."""
    widths = list(pairwise([shape.features, *shape.widths, UNITS]))
    sizes = [size for inputs, outputs in widths for size in ((inputs, outputs), (outputs,))]
    stacked = [np.zeros((shape.lanes, *size), np.float32) for size in sizes]
    for index, lane in enumerate([*lanes, *[lanes[0]] * (shape.lanes - len(lanes))]):
        for array, own in zip(stacked, lane, strict=True):
            array[index][tuple(slice(size) for size in own.shape)] = own
    return tuple(tf.constant(array) for array in stacked)


def _on_device(count: Any, chunk: Chunk) -> tuple[tf.Tensor, Chunk]:
    return tf.convert_to_tensor(count), tf.nest.map_structure(tf.convert_to_tensor, chunk)
