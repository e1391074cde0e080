"""Whether a model learns from rows."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf


def moves(model: keras.Model, rows: Any, of: Callable[[Any], Any]) -> bool:
    """Whether any trainable weight has a gradient other than zero of a number that is computed of the output."""
    with tf.GradientTape() as tape:
        (output,) = keras.tree.flatten(model(rows, training=False))
        value = of(output)
    gradients = tape.gradient(value, [one.value for one in model.trainable_variables])
    return any(bool(np.any(tf.convert_to_tensor(own))) for own in gradients if own is not None)
