"""What explain is given, as `fit` takes it -> arrays, or why they are none."""

from typing import Any

import keras
import numpy as np

from threshold_lab.errors import DataError, ModelError


def require_model(model: Any) -> None:
    """Raise ModelError for what is no model."""
    if not isinstance(model, keras.Model):
        raise ModelError(
            f"explain takes a Keras model, and this is a {type(model).__name__}; keras.models.load_model opens a "
            f"file, and `threshold-lab explain FILE` looks at it first"
        )


def rows_of(x: Any) -> Any:
    """Pandas, lists and tensors as arrays; None as it is. Raises DataError for what has no rows."""
    own = _arrays("x", x)
    for one in keras.tree.flatten(own):
        if one is not None and len(one) == 0:
            raise DataError("x has no rows; give some, or neither x nor y")
    return own


def labels_of(y: Any) -> Any:
    """Return labels as one array of finite numbers; None as it is. Raises DataError for anything else."""
    own = _arrays("y", y)
    if isinstance(own, dict | list) and len(own) == 1:
        (own,) = keras.tree.flatten(own)
    if own is None or (isinstance(own, np.ndarray) and own.dtype.kind in "fiub" and np.isfinite(own).all()):
        return own
    raise DataError("y must be finite numbers, as fit takes them, of a single output; name classes by numbers first")


def _arrays(name: str, own: Any) -> Any:
    if own is None:
        return None
    if isinstance(own, dict):
        return {key: _array(f"{name}[{key!r}]", one) for key, one in own.items()}
    if isinstance(own, list | tuple) and own and hasattr(own[0], "shape") and len(np.shape(own[0])) > 1:
        return [_array(f"{name}[{at}]", one) for at, one in enumerate(own)]
    return _array(name, own)


def _array(name: str, own: Any) -> Any:
    try:
        array = np.asarray(own)
    except ValueError:
        array = np.empty(())
    if array.ndim == 0:
        raise DataError(
            f"{name} must be an array with an axis of rows, and this is a {type(own).__name__}; of a data set give "
            f"some rows: x, y = next(iter(data))"
        )
    return array
