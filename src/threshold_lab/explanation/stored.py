"""A stored model and a file of rows -> what the model really does; runs in a process of its own."""

import resource
import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from threshold_lab.data.rows import Rows
from threshold_lab.errors import DataError, ModelError
from threshold_lab.explanation.answer import Explanation
from threshold_lab.explanation.compiled import loss_of
from threshold_lab.explanation.explained import explain
from threshold_lab.explanation.output import output_of
from threshold_lab.network import broken_pairs_allowed

_MOST_MEMORY = 8 << 30
"""Beyond what the libraries take."""


def explain_file(path: Path, name: str, rows: Rows | None) -> Explanation:
    """Open a model file that was checked, and explain it. name: what to call it. Raises ModelError and DataError."""
    _limit_memory()
    try:
        with broken_pairs_allowed():
            warnings.filterwarnings("ignore", "Skipping variable loading for optimizer", UserWarning)  # never fitted
            model = keras.models.load_model(path, safe_mode=True)
    except Exception as error:  # whatever Keras raises on a file it cannot use
        reason = " ".join(str(error).split())[:300]
        raise ModelError(f"{name}: Keras {keras.__version__} cannot open it: {reason}") from None
    if rows is None:
        return explain(model)
    _require_width(model, rows)
    return explain(model, rows.features, _labels(model, rows.labels))


def _limit_memory() -> None:
    """Let a file that asks for absurdly large layers fail here, and not the machine."""
    taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() if _LINUX else 0
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = taken + _MOST_MEMORY
    if _LINUX and (hard == resource.RLIM_INFINITY or hard > most):
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))


_LINUX = Path("/proc/self/statm").exists()


def _require_width(model: Any, rows: Rows) -> None:
    shape = tuple(model.inputs[0].shape) if len(model.inputs) == 1 else ()
    if len(shape) != 2 or shape[1] not in (None, len(rows.names)):
        takes = f"rows of {shape[1]} numbers" if len(shape) == 2 else f"inputs of shapes {model.input_shape}"
        raise DataError(
            f"{rows.path}: has {len(rows.names)} columns of features ({', '.join(rows.names[:5])} ...), and the model "
            f"takes {takes}; name those that are none with data.drop"
        )


def _labels(model: Any, labels: NDArray[np.float32]) -> NDArray[np.float32]:
    """One-hot where the loss takes a number for each unit: a file has one column of labels."""
    output = output_of(model)
    loss = loss_of(model, output)
    whole = np.array_equal(labels, labels.astype(int)) and labels.min() >= 0 and labels.max() < output.units
    if output.units == 1 or loss is None or loss.name.startswith("sparse") or not whole:
        return labels
    return np.asarray(np.eye(output.units)[labels.astype(int)], np.float32)
