"""What a model's output is made of: its units, its activation, and whether a loss finds the logits behind it."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from threshold_lab.errors import ModelError
from threshold_lab.explanation.activations import UNKNOWN, probed
from threshold_lab.explanation.endings import endings_of
from threshold_lab.explanation.gradient import moves
from threshold_lab.explanation.layers import of_model
from threshold_lab.network import broken_pairs_allowed

_GRAPH = {
    "Sigmoid": "sigmoid",
    "Softmax": "softmax",
    "Tanh": "tanh",
    "Relu": "relu",
    "Relu6": "relu6",
    "LeakyRelu": "leaky_relu",
    "Elu": "elu",
    "Selu": "selu",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "Exp": "exponential",
    "BiasAdd": "linear",
    "MatMul": "linear",
    "Sign": "step",
    "Round": "step",
    "SelectV2": UNKNOWN,
}
"""By the TensorFlow operation that an output comes from."""
_PASSING = {"Identity", "Reshape", "Squeeze", "ExpandDims", "StopGradient", "Transpose", "StridedSlice", "Cast"}
_AFFINE = {"BiasAdd", "MatMul", "Conv1D", "Conv2D"}


@dataclass(frozen=True)
class Output:
    """A single output: its units, its activation by its Keras name, and the layer or way it was found by.

    shape: without the rows. finds_logits: whether a cross-entropy finds the logits behind it while Keras trains.
    passes_gradient: whether a weight has a gradient of it; told of a step alone, whose author may have given it one.
    ending: the line of code that ends the model with the activation `{name}` instead; bared: with that one once more,
    where nothing stands between it and its logits.
    """

    activation: str
    units: int
    shape: tuple[int | None, ...]
    found: str
    finds_logits: bool
    passes_gradient: bool = True
    ending: str = ""
    bared: str = ""


def output_of(model: keras.Model, x: Any = None) -> Output:
    """Look at a model's output. x: rows, for a model that does not tell its inputs. Raises ModelError."""
    rows = sample(model, x)
    seen = _Seen(model, rows)
    if not seen.shape or seen.shape[-1] is None:
        raise ModelError("the model's output has no axis of units: (rows,); end it with Dense(1)")
    name, found = of_model(model)
    at = found
    if name is UNKNOWN:
        name, found = seen.activation, "the traced graph"
    passes = name != "step" or moves(model, rows, lambda output: output)
    return Output(name, seen.shape[-1], seen.shape, found, seen.finds_logits, passes, *endings_of(model, name, at))


def sample(model: keras.Model, x: Any) -> Any:
    """Return a few rows that the model takes: of x, or random ones of the shape it was built for."""
    if x is not None:
        return keras.tree.map_structure(lambda own: tf.convert_to_tensor(np.asarray(own)[:32]), x)
    if inputs := getattr(model, "inputs", None):
        return keras.tree.map_structure(
            lambda own: _random(own.shape, own.dtype), inputs[0] if len(inputs) == 1 else model.input
        )
    shape = (model.get_build_config() or {}).get("input_shape") if model.built else None
    if not shape or not all(isinstance(size, int | type(None)) for size in shape):
        raise ModelError("the model does not say what it takes; call explain(model, x) with some of its rows")
    return _random(shape, "float32")


def _random(shape: Any, dtype: str) -> tf.Tensor:
    """Rows of small random numbers; zeros where the model takes whole numbers, which index something."""
    sizes = (16, *(size or 4 for size in shape[1:]))
    if not dtype.startswith(("float", "bfloat")):
        return tf.zeros(sizes, dtype)
    return tf.cast(np.random.default_rng(0).normal(size=sizes), dtype)


class _Seen:
    """A model called once, as it is while Keras trains: in a TensorFlow graph, which is looked at from its end."""

    def __init__(self, model: keras.Model, rows: Any) -> None:
        @tf.function(autograph=False)  # type: ignore[untyped-decorator]
        def call(own: Any) -> Any:
            output = model(own, training=False)
            flat = keras.tree.flatten(output)
            if len(flat) != 1:
                raise ModelError(f"explain takes models of a single output; this one has {len(flat)}: explain each")
            self._look(flat[0])
            return flat[0], self._before(flat[0])

        self.activation = UNKNOWN
        try:
            with broken_pairs_allowed():
                output, before = call(rows)
        except (ValueError, TypeError, tf.errors.OpError) as error:
            raise ModelError(
                f"the model cannot be called on these rows: {' '.join(str(error).split())[:300]}"
            ) from None
        self.shape: tuple[int | None, ...] = tuple(output.shape[1:])
        if self.activation == UNKNOWN:
            self.activation = _compared(before.numpy(), output.numpy())

    def _look(self, output: tf.Tensor) -> None:
        found = hasattr(output, "_keras_logits") or output.op.type in ("Sigmoid", "Softmax")
        self.finds_logits = found and output.dtype.name == keras.config.floatx()  # any other is cast before the loss
        op = output.op
        while op.type in _PASSING and op.inputs and op.inputs[0].dtype.is_floating:
            op = op.inputs[0].op
        of_a_flag = op.type == "Cast" and op.inputs[0].dtype == tf.bool
        self.activation = "step" if of_a_flag else _GRAPH.get(op.type, UNKNOWN)
        if _adds_a_weight(op):
            self.activation = "linear"

    @staticmethod
    def _before(output: tf.Tensor) -> tf.Tensor:
        """The nearest sum of products behind an output, of as many numbers; the output itself where there is none."""
        queue, known = [output.op], set()
        while queue:
            op = queue.pop(0)
            if (op.type in _AFFINE or _adds_a_weight(op)) and op.outputs[0].shape.is_compatible_with(output.shape):
                return op.outputs[0]
            queue += [own.op for own in op.inputs if own.op.name not in known]
            known |= {own.op.name for own in op.inputs}
        return output


def _adds_a_weight(op: Any) -> bool:
    return op.type == "AddV2" and any("ReadVariableOp" in own.op.type for own in op.inputs)


def _compared(before: Any, output: Any) -> str:
    """The activation that makes an output of what is before it."""
    if before is output or np.array_equal(before, output):
        return UNKNOWN
    return probed(lambda _: output, before)
