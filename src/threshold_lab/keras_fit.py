"""Lanes trained one at a time by ordinary Keras `fit`: to compare with, and for who trusts nothing else."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from threshold_lab import network
from threshold_lab.batches import Streams
from threshold_lab.records import HISTORY, Desk, Fit, Part, Parts
from threshold_lab.spec import Lane, Training


def keras_fit(lanes: Sequence[Lane], parts: Mapping[str, Parts], desk: Desk) -> list[Fit]:
    """Train lanes, each from the initial weights it would have in a stack; order and dropout are Keras's own."""
    with network.broken_pairs_allowed():
        return [_fit(lane, parts[lane.data], desk) for lane in lanes]


def _fit(lane: Lane, parts: Parts, desk: Desk) -> Fit:
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
        callbacks=_callbacks(training, desk),
        verbose=0,
    )
    before = network.before_activation(model)
    for name, part in parts.items():
        desk.put(lane.key, name, before.predict(part.features, verbose=0))
    history = {name: np.array(run.history[name], np.float32) for name in HISTORY}
    return Fit(lane.key, tuple(model.get_weights()), history)


def _rows(training: Training, part: Part) -> tuple[Any, Any]:
    return part.features, network.keras_targets(training, part.labels)


def _callbacks(training: Training, desk: Desk) -> list[keras.callbacks.Callback]:
    told = keras.callbacks.LambdaCallback(on_epoch_end=lambda _epoch, _logs: desk.epoch())
    if training.patience is None:
        return [told]
    return [told, keras.callbacks.EarlyStopping("val_loss", patience=training.patience, restore_best_weights=True)]
