"""A sigmoid beside softmaxes of two elements, step by step from the same weights."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from threshold_lab.demonstrations.plain import Plain, batches, compiled, initial, plain
from threshold_lab.network import Floats
from threshold_lab.records import Parts, Shown
from threshold_lab.spec import RunSpec, Training

FURTHEST = 30.0
"""The logits on which the two functions are compared lie between this and its negative."""


def softmax_paths(spec: RunSpec, parts: Parts) -> Shown:
    """Train a sigmoid and softmaxes on the same batches, with the second logit held at 0, or free from 0 on.

    Paths (r, steps), the largest difference on the test part from the sigmoid's probability after each step: held;
    free, at the same learning rate; halved, free at half of it. function (r,): the largest difference of sigmoid(z)
    from the first element of softmax([z, 0]). zero (r,): share of rows whose second output is 0 in the end.
    """
    train, test = parts["train"], parts["test"]
    width = train.features.shape[1]
    own = plain(spec.training, width, "sigmoid")
    others = {"held": _held(spec.training, width), "free": _free(spec.training, width)}
    others["halved"] = _free(_halved(spec.training), width)
    paths: dict[str, list[NDArray[np.float64]]] = {name: [] for name in others}
    zero = []
    for seed in spec.all_seeds:
        start = initial(spec, train, seed)
        _start(own, others, start)
        steps = []
        for features, targets in batches(spec, train, seed):
            steps.append(_step(own, others, features, targets, test.features))
        for name, path in zip(others, np.array(steps).T, strict=True):
            paths[name].append(path)
        zero.append(float(np.mean(np.asarray(others["free"].model.predict_on_batch(test.features))[:, 1] == 0)))
    found = {name: np.array(rows) for name, rows in paths.items()}
    return Shown(found | {"zero": np.array(zero), "function": np.full(spec.seeds, _function())})


def _halved(training: Training) -> Training:
    own: Any = training.optimizer
    return replace(training, optimizer=replace(own, learning_rate=own.learning_rate / 2))


@cache
def _held(training: Training, features: int) -> Plain:
    """A logit beside a 0 that stays: as many weights as the sigmoid has."""
    inputs = keras.Input((features,))
    flow = inputs
    for width in training.network.hidden:
        flow = keras.layers.Dense(width, training.network.activation)(flow)
    logit = keras.layers.Dense(1)(flow)
    both = keras.ops.concatenate([logit, keras.ops.zeros_like(logit)], axis=1)
    return compiled(keras.Model(inputs, keras.ops.softmax(both)), training, "categorical_crossentropy")


@cache
def _free(training: Training, features: int) -> Plain:
    """Two units, as one would write it."""
    hidden = [keras.layers.Dense(width, training.network.activation) for width in training.network.hidden]
    model = keras.Sequential([keras.Input((features,)), *hidden, keras.layers.Dense(2, "softmax")])
    return compiled(model, training, "categorical_crossentropy")


def _start(own: Plain, others: dict[str, Plain], start: Sequence[Floats]) -> None:
    """The same probabilities everywhere: a second unit begins with weights of 0."""
    own.start(start)
    *hidden, kernel, bias = start
    beside = [np.concatenate([one, np.zeros_like(one)], axis=-1) for one in (kernel, bias)]
    for name, other in others.items():
        other.start(start if name == "held" else [*hidden, *beside])


def _step(own: Plain, others: dict[str, Plain], features: Floats, targets: Floats, rows: Floats) -> list[float]:
    """Train all on a batch, and return how far the probabilities of each are from the sigmoid's."""
    own.model.train_on_batch(features, targets)
    mine = np.asarray(own.model.predict_on_batch(rows), np.float64)[:, 0]
    away = []
    for other in others.values():
        other.model.train_on_batch(features, np.concatenate([targets, 1 - targets], axis=1))
        away.append(float(np.abs(np.asarray(other.model.predict_on_batch(rows), np.float64)[:, 0] - mine).max()))
    return away


def _function() -> float:
    logits = np.linspace(-FURTHEST, FURTHEST, 6001, dtype=np.float32)
    both = np.stack([logits, np.zeros_like(logits)], axis=1)
    first = np.asarray(keras.activations.softmax(keras.ops.convert_to_tensor(both)))[:, 0]
    return float(np.abs(first - np.asarray(keras.activations.sigmoid(keras.ops.convert_to_tensor(logits)))).max())
