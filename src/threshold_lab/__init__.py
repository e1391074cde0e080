"""Threshold Lab: what the activation, the loss and the threshold of a Keras binary classifier each decide."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from threshold_lab.explanation.answer import Explanation

__all__ = ["explain"]


def explain(model: Any, x: Any = None, y: Any = None) -> "Explanation":
    """Say what the activation, the loss and the metrics of a compiled Keras model really do.

    model: of a single output, classifier or regression. x, y: rows as its `fit` takes them, for what only rows show.
    Returns a dict, the same as `threshold-lab explain --json` prints; printed, it is in words. Raises LabError.
    """
    from threshold_lab.explanation.explained import explain as explained  # noqa: PLC0415 - TensorFlow costs seconds

    return explained(model, x, y)
