"""The activation a model ends with, by its layers: from the output back to the first that has one."""

from typing import Any

import keras

from threshold_lab.explanation.activations import UNKNOWN, name_of

PASSES = "passes"

_PASSING = {
    *("Dropout", "SpatialDropout1D", "AlphaDropout", "GaussianDropout", "GaussianNoise", "ActivityRegularization"),
    *("Flatten", "Reshape", "Permute", "Identity", "RepeatVector", "Masking", "InputLayer"),
    *("Squeeze", "ExpandDims", "GetItem", "Cast", "Ravel", "Transpose"),
}
_SHIFTING = {"BatchNormalization", "LayerNormalization", "Normalization"}
_SUMS = {"Add", "Subtract", "Average"}
"""Of several inputs: any number, where each of them is."""
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
    name, found = _of_outputs(model)
    return ("linear" if name == PASSES else name), found


def _of_outputs(model: Any) -> tuple[str, str]:
    """PASSES where a model, nested in another, has no activation of its own."""
    outputs = getattr(model, "outputs", None)
    if not outputs or len(outputs) != 1:
        return UNKNOWN, model.name
    return _of_tensor(outputs[0])


def _of_tensor(tensor: Any) -> tuple[str, str]:
    history = tensor._keras_history
    inputs = history.operation._inbound_nodes[history.node_index].input_tensors
    if type(history.operation).__name__ in _SUMS:
        linear = all(_of_tensor(own)[0] in ("linear", PASSES) for own in inputs)
        return "linear" if linear else UNKNOWN, history.operation.name
    name, found = _of_operation(history.operation, tensor.shape[-1])
    if name != PASSES:
        return name, found
    if len(inputs) > 1:
        return UNKNOWN, found
    return _of_tensor(inputs[0]) if inputs else (PASSES, found)


def _of_operation(own: Any, units: int) -> tuple[str, str]:
    kind = type(own).__name__
    if isinstance(own, keras.Model):
        return _of_outputs(own)
    if isinstance(own, keras.layers.Wrapper):
        return _of_operation(own.layer, units)
    if kind in _PASSING:
        return PASSES, own.name
    if kind == "ReLU" and (own.negative_slope or own.max_value or own.threshold):
        return ("leaky_relu" if own.negative_slope else "relu6" if own.max_value == 6 else UNKNOWN), own.name
    if kind in _NAMED:
        return _NAMED[kind], own.name
    return _of_layer(own, kind, units), own.name


def _of_layer(own: Any, kind: str, units: int) -> str:
    if isinstance(own, keras.layers.Lambda):
        return name_of(own.function, units)
    if hasattr(own, "activation"):
        function = own.activation
        name = (
            _of_operation(function, units)[0] if isinstance(function, keras.layers.Layer) else name_of(function, units)
        )
        return PASSES if name == "linear" and isinstance(own, keras.layers.Activation) else name
    return "linear" if kind in _SHIFTING else UNKNOWN
