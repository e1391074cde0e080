"""Output activations by name: Keras's own, and functions of unknown name recognised by their values."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from threshold_lab.heads import ACTIVATIONS, Activation

UNKNOWN = "unknown"
_GRID = np.linspace(-8, 8, 65, dtype=np.float32)


def _bounded(name: str, low: float, high: float, flat: tuple[float, float] = (-np.inf, np.inf)) -> Activation:
    return Activation(name, 1, low, high, lambda logits: logits[..., 0], flat_below=flat[0], flat_above=flat[1])


_OTHERS = {
    "softplus": _bounded("softplus", 0, np.inf),
    "relu6": _bounded("relu6", 0, 6, flat=(0, 6)),
    "elu": _bounded("elu", -1, np.inf),
    "selu": _bounded("selu", -1.7581, np.inf),
    "celu": _bounded("celu", -1, np.inf),
    "gelu": _bounded("gelu", -0.17, np.inf),
    "silu": _bounded("silu", -0.2785, np.inf),
    "mish": _bounded("mish", -0.309, np.inf),
    "hard_tanh": _bounded("hard_tanh", -1, 1, flat=(-1, 1)),
    "log_sigmoid": _bounded("log_sigmoid", -np.inf, 0),
    "log_softmax": _bounded("log_softmax", -np.inf, 0),
    "leaky_relu": _bounded("leaky_relu", -np.inf, np.inf),
    "prelu": _bounded("prelu", -np.inf, np.inf),
}
"""Ranges of those that nobody would end a classifier of this lab with."""

_RECOGNISED = ("sigmoid", "tanh", "linear", "hard_sigmoid", "softsign", "relu", "exponential", "softplus", "softmax")


def activation(name: str, units: int, *, finds_logits: bool) -> Activation | None:
    """Return an activation as `heads` knows it, of so many units; None for an unknown one."""
    own: Activation | None
    if name == "softmax":
        own = ACTIVATIONS["softmax_1" if units == 1 else "softmax"]
    else:
        own = (ACTIVATIONS | _OTHERS).get(name)
    return own and replace(own, units=units, recovers_logits=own.recovers_logits and finds_logits)


def name_of(function: Any, units: int) -> str:
    """Return the Keras name of an activation function; of one's own, that of the same values on so many units."""
    if function is None:
        return "linear"
    name = getattr(function, "__name__", "")
    try:
        if name in (*ACTIVATIONS, *_OTHERS) and keras.activations.get(name) is function:
            return name
    except ValueError:
        pass
    return probed(function, _grid(units))


def _grid(units: int) -> Any:
    """Rows of so many numbers; no column is a multiple of another, lest a softmax be a sigmoid of one of them."""
    return np.stack([np.roll(_GRID, 7 * column) for column in range(units)], axis=1)


def probed(function: Callable[[Any], Any], rows: Any) -> str:
    """Return the name of the activation whose values a function has on rows; `step` for two values; or UNKNOWN."""
    try:
        values = np.asarray(function(keras.ops.convert_to_tensor(rows)))
    except Exception:  # whatever a foreign function raises on numbers it was not made for
        return UNKNOWN
    return _recognised(rows, values) if values.shape == rows.shape else UNKNOWN


def _recognised(rows: Any, values: Any) -> str:
    for name in _RECOGNISED[: None if rows.shape[-1] > 1 else -1]:
        expected = np.asarray(keras.activations.get(name)(keras.ops.convert_to_tensor(rows)))
        if np.allclose(values, expected, rtol=1e-4, atol=1e-6):
            return name
    if rows.shape[-1] == 1 and np.all(values == 1):
        return "softmax"
    return "step" if len(np.unique(values)) == 2 else UNKNOWN
