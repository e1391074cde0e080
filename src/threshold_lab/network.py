"""The stacked multi-layer perceptron as a pure function, and the ordinary Keras model of one lane."""

import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from threshold_lab.heads import ACTIVATIONS
from threshold_lab.spec import Training

Weights = tuple[tf.Tensor, ...]


def layer_sizes(training: Training, features: int) -> list[tuple[int, int]]:
    """Return (inputs, outputs) of each dense layer, the output layer last."""
    widths = [features, *training.network.hidden, ACTIVATIONS[training.activation].units]
    return list(pairwise(widths))


def initial_weights(training: Training, features: int, generator: np.random.Generator) -> list[NDArray[np.float32]]:
    """Draw Keras's default initialisation: Glorot uniform kernels, biases of zero.

    Source: Glorot and Bengio 2010, https://proceedings.mlr.press/v9/glorot10a.html, equation 16.
    """
    weights: list[NDArray[np.float32]] = []
    for inputs, outputs in layer_sizes(training, features):
        limit = np.sqrt(6 / (inputs + outputs))
        weights.append(generator.uniform(-limit, limit, (inputs, outputs)).astype(np.float32))
        weights.append(np.zeros(outputs, np.float32))
    return weights


def logits(weights: Weights, features: tf.Tensor, kept: Sequence[tf.Tensor] = (), scales: Any = ()) -> tf.Tensor:
    """Output layer of k networks, before its activation: (k, b, 2).

    weights: kernels (k, in, out) and biases (k, out) in turn. features: (k, b, d), or (b, d) for all lanes.
    kept: a mask (k, b, width) a hidden layer, and `scales` (k, 1, 1) its dropout scale 1 / (1 - rate); none of
    them at inference.
    """
    flow = features
    *hidden, (kernel, bias) = zip(weights[::2], weights[1::2], strict=True)
    for layer, (into, shift) in enumerate(hidden):
        flow = tf.nn.relu(flow @ into + shift[:, None])
        if kept:
            flow = tf.where(kept[layer], flow * scales[layer], 0.0)
    return flow @ kernel + bias[:, None]


def keras_model(training: Training, weights: Sequence[NDArray[np.float32]]) -> keras.Model:
    """Return the compiled Sequential model a Keras user would write for one lane, with the lane's weights."""
    layers: list[Any] = [keras.Input((weights[0].shape[0],))]
    for width, rate in zip(training.network.hidden, training.network.dropout, strict=True):
        layers += [keras.layers.Dense(width, activation="relu"), keras.layers.Dropout(rate)]
    layers.append(keras.layers.Dense(weights[-1].size, activation=training.activation))
    model = keras.Sequential(layers)
    optimizer = keras.optimizers.SGD(training.optimizer.learning_rate, training.optimizer.momentum)
    model.compile(optimizer=optimizer, loss=training.loss, metrics=["accuracy"])
    optimizer.build(model.trainable_variables)  # or loading a saved model warns that its variables are missing
    model.set_weights([np.asarray(array) for array in weights])
    return model


def keras_file(training: Training, weights: Sequence[NDArray[np.float32]]) -> bytes:
    """Return one lane as the bytes of a .keras file, which opens without any code of ours."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.keras")
        keras_model(training, weights).save(path)
        return path.read_bytes()
