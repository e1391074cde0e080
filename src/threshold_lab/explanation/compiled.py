"""What a model was compiled with, resolved as Keras resolves it; the one place that knows Keras's own parts for it."""

import inspect
from dataclasses import dataclass, field
from typing import Any

import keras
from keras.src.trainers import compile_utils

from threshold_lab.explanation.output import Output

ACCURACIES = {"BinaryAccuracy", "binary_accuracy"}
OF_LARGEST = {
    *("CategoricalAccuracy", "SparseCategoricalAccuracy", "TopKCategoricalAccuracy"),
    *("categorical_accuracy", "sparse_categorical_accuracy", "SparseTopKCategoricalAccuracy"),
}
_OF_COUNTS = {"Precision", "Recall", "TruePositives", "TrueNegatives", "FalsePositives", "FalseNegatives"}
F_SCORES = {"F1Score", "FBetaScore"}
AT_A_RATE = {"PrecisionAtRecall", "RecallAtPrecision", "SensitivityAtSpecificity", "SpecificityAtSensitivity"}
CLASSIFYING = {*ACCURACIES, *OF_LARGEST, *_OF_COUNTS, *F_SCORES, *AT_A_RATE, "AUC", "Accuracy", "BinaryIoU"}
"""Metrics that speak of classes."""


@dataclass(frozen=True)
class CompiledLoss:
    """A loss: its Keras name, `custom` where it is none of Keras's, and its settings.

    function: (y, output) -> the loss of a batch. weight: what evaluate multiplies it by, loss_weights.
    """

    name: str
    settings: dict[str, Any]
    function: Any
    weight: float = 1.0

    @property
    def known(self) -> bool:
        """Whether it is one of Keras's."""
        return self.name in dir(keras.losses)

    @property
    def from_logits(self) -> bool:
        """Whether it is told that outputs are logits."""
        return bool(self.settings.get("from_logits"))


@dataclass(frozen=True)
class CompiledMetric:
    """A metric: its name in the log, the class it became, and where it cuts outputs: one number, several, or none.

    known: whether it is one of Keras's, and so all it does. settings: those that matter to what it is told of.
    object: Keras's.
    """

    name: str
    resolved: str
    threshold: float | list[float] | None
    known: bool = True
    from_logits: bool = False
    object: Any = field(default=None, compare=False, repr=False)

    @property
    def of_keras(self) -> str:
        """The class of Keras that it is, or is made from; the function, if it became one."""
        if type(self.object).__name__ == "MeanMetricWrapper":
            return self.resolved
        return next(one.__name__ for one in type(self.object).__mro__ if one.__module__.startswith("keras."))

    @property
    def cut_by(self) -> str:
        """The argument that tells that class where to cut; empty where there is none."""
        told = inspect.signature(getattr(keras.metrics, self.of_keras, object)).parameters
        return next((name for name in ("threshold", "thresholds") if name in told), "")


def loss_of(model: keras.Model, output: Output, y: Any = None) -> CompiledLoss | None:
    """Return the loss a model was compiled with; None where there is none."""
    compiled: Any = getattr(model, "_compile_loss", None)
    chosen = keras.tree.flatten(getattr(compiled, "_user_loss", None))
    if not chosen or chosen[0] is None:
        return None
    weights = keras.tree.flatten(compiled._user_loss_weights)
    weight = 1.0 if weights[0] is None else float(weights[0])
    own = compile_utils.get_loss(chosen[0], *_tensors(output, y, ""))
    function = getattr(own, "fn", None)
    name = getattr(function, "__name__", "") if function is not None else ""
    if function is None or getattr(keras.losses, name, None) is not function:
        return CompiledLoss("custom", {"name": name or type(own).__name__}, own, weight)
    return CompiledLoss(name, settings_of(function) | own._fn_kwargs, own, weight)


def metrics_of(model: keras.Model, output: Output, loss: CompiledLoss | None, y: Any = None) -> list[CompiledMetric]:
    """Return the metrics a model was compiled with, those of 'accuracy' chosen by shapes as `fit` chooses them."""
    compiled = getattr(model, "_compile_metrics", None)
    chosen = [getattr(compiled, name, None) or [] for name in ("_user_metrics", "_user_weighted_metrics")]
    flat = [own for one in chosen for own in keras.tree.flatten(one) if own is not None]
    found = compile_utils.get_metrics_list(flat, *_tensors(output, y, loss.name if loss else ""))
    return [_metric(own) for own in found.metrics]


def _tensors(output: Output, y: Any, loss: str) -> tuple[Any, Any]:
    """Symbolic labels and outputs, whose shapes Keras decides by. Labels that are not given are what the loss takes."""
    shape = (None, *output.shape)
    labels = (None, *output.shape[:-1], 1) if loss.startswith("sparse") else shape
    if y is not None:
        labels = (None, *y.shape[1:]) if len(y.shape) > 1 else (None, 1)
    return keras.KerasTensor(labels), keras.KerasTensor(shape)


def _metric(own: Any) -> CompiledMetric:
    function = getattr(own, "_fn", None)
    settings = (settings_of(function) if function is not None else {}) | getattr(own, "_fn_kwargs", {})
    wrapped = type(own).__name__ == "MeanMetricWrapper"
    resolved = getattr(function, "__name__", "custom") if wrapped else type(own).__name__
    from_logits = bool(settings.get("from_logits") or getattr(own, "_from_logits", False))
    known = getattr(function if wrapped else own, "__module__", "").startswith("keras.")
    return CompiledMetric(own.name, resolved, _threshold(own, settings), known, from_logits, own)


def _threshold(own: Any, settings: dict[str, Any]) -> float | list[float] | None:
    if isinstance(own, keras.metrics.AUC):
        return None
    cut = settings.get("threshold", getattr(own, "threshold", None))
    cuts = getattr(own, "thresholds", None) if cut is None and getattr(own, "top_k", None) is None else None
    if cuts is not None:
        several = [float(one) for one in cuts]
        return several[0] if len(several) == 1 else several
    return None if cut is None else float(cut)


def settings_of(function: Any) -> dict[str, Any]:
    """What a function of Keras is set to where nothing is said."""
    given = inspect.signature(function).parameters.values()
    return {own.name: own.default for own in given if own.default is not inspect.Parameter.empty}
