"""A fit as arrays by their names, and back."""

from collections.abc import Mapping
from typing import Any

from threshold_lab.records import Fit


def arrays_of(fit: Fit) -> dict[str, Any]:
    """Return all of a fit but its key and its model: `weights/0`, `history/loss`, `logits/test` and so on."""
    arrays: dict[str, Any] = {f"weights/{layer}": array for layer, array in enumerate(fit.weights)}
    arrays |= {f"history/{name}": array for name, array in fit.history.items()}
    return arrays | {f"logits/{name}": array for name, array in fit.logits.items()}


def fit_of(key: str, arrays: Mapping[str, Any], model: bytes | None) -> Fit:
    """Return the fit that arrays are of. Raises LookupError where a layer is missing."""
    layers = sum(name.startswith("weights/") for name in arrays)
    weights = tuple(arrays[f"weights/{layer}"] for layer in range(layers))
    return Fit(key, weights, _below("history/", arrays), _below("logits/", arrays), model)


def _below(prefix: str, arrays: Mapping[str, Any]) -> dict[str, Any]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
