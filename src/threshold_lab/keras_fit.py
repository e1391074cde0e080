"""Lanes trained one at a time by ordinary Keras `fit`: to compare with, and for who trusts nothing else."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from threshold_lab import network
from threshold_lab.batches import Streams
from threshold_lab.records import HISTORY, Fit, Part, Parts
from threshold_lab.spec import Lane, Training


def keras_fit(lanes: Sequence[Lane], parts: Mapping[str, Parts]) -> list[Fit]:
    """Train lanes, each from the initial weights it would have in a stack; order and dropout are Keras's own."""
    with network.broken_pairs_allowed():
        return [_fit(lane, parts[lane.data]) for lane in lanes]


def _fit(lane: Lane, parts: Parts) -> Fit:
    training = lane.training
    initial = network.initial_weights(training, parts["train"].features.shape[1], Streams.of(lane.seed, 0).weights)
    keras.utils.set_random_seed(lane.seed % 2**32)
    model = network.keras_model(training, initial)
    run = model.fit(
        *_rows(training, parts["train"]),
        validation_data=_rows(training, parts["validation"]),
        batch_size=training.batch_size,
        epochs=training.epochs,
        class_weight=network.keras_class_weight(training),
        callbacks=_callbacks(training),
        verbose=0,
    )
    weights = model.get_weights()
    before = network.before_activation(model)
    return Fit(
        key=lane.key,
        weights=tuple(weights),
        history={name: np.array(run.history[name], np.float32) for name in HISTORY},
        logits={name: before.predict(part.features, verbose=0) for name, part in parts.items()},
    )


def _rows(training: Training, part: Part) -> tuple[Any, Any]:
    return part.features, network.keras_targets(training, part.labels)


def _callbacks(training: Training) -> list[keras.callbacks.Callback]:
    if training.patience is None:
        return []
    return [keras.callbacks.EarlyStopping("val_loss", patience=training.patience, restore_best_weights=True)]
