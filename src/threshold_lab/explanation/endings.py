"""Where in a model its last activation is, and the line of code that ends the model with another."""

from collections.abc import Iterator
from typing import Any

import keras

_NEW = "keras.activations.{name}"
_CALL = f"return {_NEW}(logits)  # the last line of the model's call"
_CODE = f"outputs = {_NEW}(logits)  # the last line of the code that makes the model"
_OUTPUT = "model.outputs[0]"


def endings_of(model: keras.Model, name: str, found: str) -> tuple[str, str]:
    """Return the line that ends a model with another activation, and the one that ends it with the same once more.

    `{name}` stands for the activation in both; in the second nothing is between it and its logits.
    """
    line = _ending(model, name, found)
    if ".activation = " not in line:
        return line, line
    return line, f"{line.format(name='linear')}; {_anew(model, f'{_NEW}({_OUTPUT})')}"


def _ending(model: keras.Model, name: str, found: str) -> str:
    if not getattr(model, "outputs", None):
        return _CALL
    places = list(_places(model, found, "model"))
    if not places:
        return _CODE
    place, own, within = places[0]
    if isinstance(own, keras.layers.RNN):
        return _anew(model, f"keras.layers.Dense({model.outputs[0].shape[-1]}, '{{name}}')({_OUTPUT})")
    if hasattr(own, "activation"):
        return f"{place}.activation = {_NEW}"
    if name == "linear":
        return _anew(model, f"{_NEW}({_OUTPUT})")
    return _replaced(model, place, own, within)


def _anew(model: keras.Model, outputs: str) -> str:
    return f"model = keras.Model({'model.inputs[0]' if len(model.inputs) == 1 else 'model.input'}, {outputs})"


def _places(own: Any, found: str, place: str) -> Iterator[tuple[str, Any, tuple[str, Any]]]:
    """Yield the expression of each layer or operation of a name, the last first; itself; what it is in, likewise."""
    for step, inner in _steps(own):
        if inner.name == found and not isinstance(inner, keras.Model):
            yield place + step, inner, (place, own)
        yield from _places(inner, found, place + step)


def _steps(own: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(own, keras.layers.Wrapper):
        yield ".layer", own.layer
    if not isinstance(own, keras.Model):
        return
    for layer in reversed(own.layers):
        yield ".layers[-1]" if layer is own.layers[-1] else f".get_layer({layer.name!r})", layer
    operations = getattr(own, "operations", [])
    yield from ((f".operations[{at}]", one) for at, one in enumerate(operations) if one not in own.layers)


def _replaced(model: Any, place: str, own: Any, within: tuple[str, Any]) -> str:
    """An activation that is a layer or an operation of its own gives way to another."""
    outer, parent = within
    if isinstance(parent, keras.Sequential) and own is parent.layers[-1]:
        return f"{outer}.pop(); {outer}.add(keras.layers.Activation('{{name}}'))"
    if parent is model:
        return _anew(model, f"{_NEW}({place}.input)")
    return _CODE
