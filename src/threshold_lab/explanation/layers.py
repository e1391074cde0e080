"""The activation a model ends with, by its layers: from the output back to the first that has one."""

from typing import Any

import keras

from threshold_lab.explanation.activations import UNKNOWN, name_of

PASSES = "passes"

_PASSING = {
    *("Dropout", "SpatialDropout1D", "AlphaDropout", "GaussianDropout", "GaussianNoise", "ActivityRegularization"),
    *("Flatten", "Reshape", "Permute", "Identity", "RepeatVector", "Masking"),
    *("Squeeze", "ExpandDims", "GetItem", "Cast", "Ravel", "Transpose"),
}
_SUMS = {"BatchNormalization", "LayerNormalization", "Normalization", "InputLayer", "Add", "Subtract", "Average"}
_NAMED = {
    "Softmax": "softmax",
    "ReLU": "relu",
    "LeakyReLU": "leaky_relu",
    "ELU": "elu",
    "PReLU": "prelu",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Relu": "relu",
    "Relu6": "relu6",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "HardSigmoid": "hard_sigmoid",
    "Exp": "exponential",
    "LeakyRelu": "leaky_relu",
    "Elu": "elu",
    "Selu": "selu",
    "Gelu": "gelu",
    "Silu": "silu",
    "LogSigmoid": "log_sigmoid",
}
"""Layers and operations that are an activation."""


def of_model(model: Any) -> tuple[str, str]:
    """Return the activation and the layer that has it; UNKNOWN where the layers do not tell."""
    outputs = getattr(model, "outputs", None)
    if not outputs or len(outputs) != 1:
        return UNKNOWN, model.name
    tensor = outputs[0]
    while True:
        history = tensor._keras_history
        name, found = _of_operation(history.operation)
        if name != PASSES:
            return name, found
        inputs = history.operation._inbound_nodes[history.node_index].input_tensors
        if len(inputs) != 1:
            return UNKNOWN, found
        tensor = inputs[0]


def _of_operation(own: Any) -> tuple[str, str]:
    kind = type(own).__name__
    if isinstance(own, keras.Model):
        return of_model(own)
    if isinstance(own, keras.layers.Wrapper):
        return _of_operation(own.layer)
    if kind in _PASSING:
        return PASSES, own.name
    if kind == "ReLU" and (own.negative_slope or own.max_value or own.threshold):
        return ("leaky_relu" if own.negative_slope else "relu6" if own.max_value == 6 else UNKNOWN), own.name
    if kind in _NAMED:
        return _NAMED[kind], own.name
    return _of_layer(own, kind), own.name


def _of_layer(own: Any, kind: str) -> str:
    if isinstance(own, keras.layers.Lambda):
        return name_of(own.function)
    if hasattr(own, "activation"):
        function = own.activation
        name = _of_operation(function)[0] if isinstance(function, keras.layers.Layer) else name_of(function)
        return PASSES if name == "linear" and isinstance(own, keras.layers.Activation) else name
    return "linear" if kind in _SUMS else UNKNOWN
