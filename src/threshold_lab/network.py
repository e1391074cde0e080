"""The stacked multi-layer perceptron as a pure function, and the ordinary Keras model of one lane."""

import contextlib
import math
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from threshold_lab.heads import ACTIVATIONS, LOSSES
from threshold_lab.spec import Adam, Optimizer, RmsProp, Sgd, Training, leaves

Weights = tuple[tf.Tensor, ...]
Floats = NDArray[np.float32]


_LIMITS: dict[str, Callable[[int, int], float]] = {
    "glorot_uniform": lambda inputs, outputs: math.sqrt(6 / (inputs + outputs)),
    "he_uniform": lambda inputs, _: math.sqrt(6 / inputs),
    "lecun_uniform": lambda inputs, _: math.sqrt(3 / inputs),
}
"""Of Keras's uniform initialisers, by the inputs and outputs of a layer. Source: Glorot and Bengio 2010,
https://proceedings.mlr.press/v9/glorot10a.html, equation 16; He et al. 2015, doi:10.1109/ICCV.2015.123, equation 10;
LeCun et al. 1998, doi:10.1007/3-540-49430-8_2, equation 16."""


def layer_sizes(training: Training, features: int) -> list[tuple[int, int]]:
    """Return (inputs, outputs) of each dense layer, the output layer last."""
    widths = [features, *training.network.hidden, ACTIVATIONS[training.activation].units]
    return list(pairwise(widths))


def initial_weights(training: Training, features: int, generator: np.random.Generator) -> list[Floats]:
    """Draw what Keras draws from: kernels uniform between limits, biases of zero."""
    weights: list[Floats] = []
    sizes = layer_sizes(training, features)
    for layer, (inputs, outputs) in enumerate(sizes):
        hidden = layer < len(sizes) - 1
        limit = _LIMITS[training.network.initializer if hidden else "glorot_uniform"](inputs, outputs)
        weights.append(generator.uniform(-limit, limit, (inputs, outputs)).astype(np.float32))
        weights.append(np.zeros(outputs, np.float32))
    return weights


def logits(
    weights: Weights, features: tf.Tensor, activation: str, kept: Sequence[tf.Tensor] = (), scales: Any = ()
) -> tf.Tensor:
    """Output layer of k networks, before its activation: (k, 2, b).

    weights: kernels (k, in, out) and biases (k, out) in turn. features: (k, b, d). activation: of the hidden layers.
    kept: a mask (k, b, width) a hidden layer, and `scales` (k, 1, 1) its dropout scale 1 / (1 - rate); none of
    them at inference.
    """
    flow = features
    *hidden, (kernel, bias) = zip(weights[::2], weights[1::2], strict=True)
    for layer, (into, shift) in enumerate(hidden):
        flow = keras.activations.get(activation)(flow @ into + shift[:, None])
        if kept:
            flow = tf.where(kept[layer], flow * scales[layer], 0.0)
    return tf.transpose(flow @ kernel + bias[:, None], [0, 2, 1])


# ---- the ordinary Keras model


def keras_model(training: Training, weights: Sequence[Floats]) -> keras.Model:
    """Return the compiled Sequential model a Keras user would write for one lane, with the lane's weights."""
    own = training.network
    penalty = {"kernel_regularizer": keras.regularizers.L2(own.l2)} if own.l2 else {}
    layers: list[Any] = [keras.Input((weights[0].shape[0],))]
    for width, rate in zip(own.hidden, own.dropout, strict=True):
        dense = keras.layers.Dense(width, own.activation, kernel_initializer=own.initializer, **penalty)
        layers += [dense, keras.layers.Dropout(rate)]
    layers.append(keras.layers.Dense(weights[-1].size, ACTIVATIONS[training.activation].keras, **penalty))
    with broken_pairs_allowed():
        model = keras.Sequential(layers)
    optimizer = keras_optimizer(training.optimizer)
    model.compile(optimizer=optimizer, loss=keras_loss(training), metrics=["accuracy"])
    optimizer.build(model.trainable_variables)  # or loading a saved model warns that its variables are missing
    model.set_weights([np.asarray(array) for array in weights])
    return model


@contextlib.contextmanager
def broken_pairs_allowed() -> Iterator[None]:
    """Leave Keras's warnings of pairs that make no sense unsaid: people make them, and here they are looked into."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "(?s).*You are using a softmax over axis", UserWarning)
        warnings.filterwarnings("ignore", ".*received `from_logits=True`", UserWarning)
        yield


def keras_optimizer(spec: Optimizer) -> keras.optimizers.Optimizer:
    """Return the optimiser of a specification, whose fields are Keras's own."""
    kinds = {Sgd: keras.optimizers.SGD, Adam: keras.optimizers.Adam, RmsProp: keras.optimizers.RMSprop}
    return kinds[type(spec)](**{name: value for name, value in leaves(spec).items() if name != "name"})


def keras_loss(training: Training) -> keras.losses.Loss:
    """Return the loss of a training as Keras has it."""
    own = LOSSES[training.loss]
    asked = {"from_logits": own.from_logits, "label_smoothing": training.label_smoothing} if own.smooths else {}
    return getattr(keras.losses, own.keras)(**asked)


def keras_targets(training: Training, labels: NDArray[np.bool_]) -> Floats:
    """Return what Keras's `fit` is to be given as y: the lane's numbers (n, 1), or one-hot (n, 2)."""
    if ACTIVATIONS[training.activation].units == 2:
        return np.stack([~labels, labels], axis=1).astype(np.float32)
    return np.where(labels, *training.targets[::-1])[:, None].astype(np.float32)


def keras_class_weight(training: Training) -> dict[int, float] | None:
    """Return the class weights as Keras's `fit` takes them: by the number of the target, or by its place if one-hot."""
    if training.class_weight == (1.0, 1.0):
        return None
    names = (0, 1) if ACTIVATIONS[training.activation].units == 2 else training.targets
    return dict(zip(names, training.class_weight, strict=True))


def before_activation(model: keras.Model) -> keras.Model:
    """Return a model of the same weights that stops at the output layer's logit."""
    *hidden, output = model.layers
    linear = keras.layers.Dense(output.units)
    same = keras.Sequential([keras.Input(model.input_shape[1:]), *hidden, linear])
    linear.set_weights(output.get_weights())
    return same


def keras_file(training: Training, weights: Sequence[Floats]) -> bytes:
    """Return one lane as the bytes of a .keras file, which opens without any code of ours."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.keras")
        keras_model(training, weights).save(path)
        return path.read_bytes()
