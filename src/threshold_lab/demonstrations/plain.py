"""An ordinary Keras model that is compiled once and set back for each seed, as compiling costs more than training."""

import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from threshold_lab import network
from threshold_lab.batches import Streams
from threshold_lab.network import Floats
from threshold_lab.records import Part
from threshold_lab.spec import RunSpec, Training

logging.getLogger("tensorflow").setLevel(logging.ERROR)  # or it says that several models are compiled, which is so

Output = str | Callable[[Any], Any]
"""An output activation: by its Keras name, or a function of one's own."""


class Plain:
    """A compiled model, and the state of its optimiser to go back to."""

    def __init__(self, model: keras.Model) -> None:
        self.model = model
        model.optimizer.build(model.trainable_variables)
        self._fresh = [np.array(keras.ops.convert_to_numpy(own)) for own in model.optimizer.variables]

    def start(self, weights: Sequence[Floats]) -> None:
        """Begin anew, from weights."""
        for own, value in zip(self.model.optimizer.variables, self._fresh, strict=True):
            own.assign(value)
        self.model.set_weights(list(weights))

    def fit(self, spec: RunSpec, part: Part, seed: int) -> dict[str, float]:
        """Train on a seed's order of the rows by `fit`, and return what it prints."""
        features, targets = ordered(spec, part, seed)
        run = self.model.fit(features, targets, batch_size=spec.batch_size, shuffle=False, verbose=0)
        return {name: float(own[-1]) for name, own in run.history.items()}

    def predict(self, part: Part) -> NDArray[np.float64]:
        """Return what `predict` returns of the first output column, (n,)."""
        return np.asarray(self.model.predict(part.features, batch_size=1024, verbose=0), np.float64)[:, 0]

    def scores(self, part: Part) -> NDArray[np.float64]:
        """Return the same in one batch, which is quicker."""
        return np.asarray(self.model.predict_on_batch(part.features), np.float64)[:, 0]

    @property
    def weights(self) -> list[Floats]:
        """The weights as they are now."""
        return [np.asarray(own) for own in self.model.get_weights()]


@cache
def plain(training: Training, features: int, output: Output, metrics: tuple[Any, ...] = ("accuracy",)) -> Plain:
    """Return the model of a training, with an output activation instead of its own and one output unit."""
    own = training.network
    hidden = [keras.layers.Dense(width, own.activation) for width in own.hidden]
    model = keras.Sequential([keras.Input((features,)), *hidden, keras.layers.Dense(1, output)])
    return compiled(model, training, network.keras_loss(training), [_metric(name) for name in metrics])


def compiled(model: keras.Model, training: Training, loss: Any, metrics: Sequence[Any] = ()) -> Plain:
    """Compile a model with the optimiser of a training."""
    model.compile(network.keras_optimizer(training.optimizer), loss, metrics=list(metrics))
    return Plain(model)


def _metric(name: str | float) -> Any:
    """Keras's accuracy at a threshold, or a metric by its name."""
    return name if isinstance(name, str) else keras.metrics.BinaryAccuracy("accuracy", threshold=name)


def initial(spec: RunSpec, part: Part, seed: int) -> list[Floats]:
    """Return the weights a seed begins with."""
    return network.initial_weights(spec.training, part.features.shape[1], Streams.of(seed, 0).weights)


def ordered(spec: RunSpec, part: Part, seed: int) -> tuple[Floats, Floats]:
    """Return the rows of all epochs one after the other, in a seed's own order: features, and targets (n, 1)."""
    order = Streams.of(seed, 0).order
    rows = np.concatenate([order.permutation(len(part.labels)) for _ in range(spec.epochs)])
    return part.features[rows], part.labels[rows, None].astype(np.float32)


def batches(spec: RunSpec, part: Part, seed: int) -> Iterator[tuple[Floats, Floats]]:
    """Yield the same rows in batches."""
    features, targets = ordered(spec, part, seed)
    for start in range(0, len(features), spec.batch_size):
        own = slice(start, start + spec.batch_size)
        yield features[own], targets[own]


def matches(scores: NDArray[np.float64], part: Part) -> float:
    """Return the share of rows that are right when scores (n,) above .5 are called positive."""
    return float(np.mean((scores > 0.5) == part.labels))


def sha256(arrays: Sequence[NDArray[Any]]) -> str:
    """Return the hash of arrays' bits."""
    return hashlib.sha256(b"".join(np.ascontiguousarray(own).tobytes() for own in arrays)).hexdigest()
