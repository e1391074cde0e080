"""Keras's own sigmoid beside one written by hand, which is the same function to whoever reads it."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from threshold_lab.demonstrations.plain import initial, matches, plain
from threshold_lab.network import Floats
from threshold_lab.records import Part, Parts, Shown
from threshold_lab.spec import RunSpec

LOGITS = np.arange(-100, 101, 2, dtype=np.float32)
"""Where the loss of a row, and its gradient, are looked at."""

SATURATED = 100.0
"""The bias of the output layer of networks that begin where a sigmoid is 1 to the last bit."""


def by_hand(logit: Any) -> Any:
    """1 / (1 + exp(-logit))."""
    return 1 / (1 + keras.ops.exp(-logit))


OUTPUTS: dict[str, Callable[[Any], Any]] = {"built_in": keras.activations.sigmoid, "by_hand": by_hand}


def sigmoid_by_hand(spec: RunSpec, parts: Parts) -> Shown:
    """Train with either sigmoid, from the same weights, as usual and from a logit of SATURATED.

    For built_in and by_hand: loss_ and gradient_ (of LOGITS) of a negative row; accuracy_ (r,) on the test part;
    moved_ (r,): the largest change of a weight in training that begins saturated. logits: LOGITS.
    """
    found = {"logits": LOGITS.astype(np.float64)}
    for name, output in OUTPUTS.items():
        found[f"loss_{name}"], found[f"gradient_{name}"] = _curves(output)
        rows = [_trained(spec, parts, seed, output) for seed in spec.all_seeds]
        found[f"accuracy_{name}"], found[f"moved_{name}"] = np.array(rows, np.float64).T
    return Shown(found)


def _curves(output: Callable[[Any], Any]) -> tuple[np.ndarray, np.ndarray]:
    logits = tf.constant(LOGITS[:, None])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        losses = keras.losses.binary_crossentropy(tf.zeros_like(logits), output(logits))
    gradient = tape.gradient(losses, logits)
    return np.asarray(losses, np.float64), np.asarray(gradient, np.float64)[:, 0]


def _trained(spec: RunSpec, parts: Parts, seed: int, output: Callable[[Any], Any]) -> tuple[float, float]:
    train, test = parts["train"], parts["test"]
    own = plain(spec.training, train.features.shape[1], output)
    start = initial(spec, train, seed)
    own.start(start)
    own.fit(spec, train, seed)
    accuracy = matches(own.scores(test), test)
    return accuracy, _moved(own.start, own.model, [*start[:-1], np.full_like(start[-1], SATURATED)], train)


def _moved(begin: Callable[[list[Floats]], None], model: Any, start: list[Floats], train: Part) -> float:
    """The largest change of a weight in a step on all rows."""
    begin(start)
    model.train_on_batch(train.features, train.labels[:, None].astype(np.float32))
    return max(
        float(np.abs(np.asarray(now) - then).max()) for now, then in zip(model.get_weights(), start, strict=True)
    )
