"""What is seen of a model on rows: its outputs, its accuracy at three thresholds, its loss twice, dead gradients."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from threshold_lab.errors import DataError
from threshold_lab.explanation.compiled import ACCURACIES, OF_LARGEST
from threshold_lab.explanation.gradient import moves
from threshold_lab.explanation.judged import Judged
from threshold_lab.explanation.promised import score_of
from threshold_lab.heads import SCALES
from threshold_lab.network import broken_pairs_allowed
from threshold_lab.spec import RuleSettings
from threshold_lab.thresholds import Terms, chosen

Reals = NDArray[np.float64]

_BATCH = 32
_ROWS_TO_PART = 20


@dataclass(frozen=True, eq=False)
class Measured:
    """What is seen on n rows. Accuracies are shares of rows; None where there is none.

    low, high: of the outputs. saturated: the share of them that is exactly 0 or 1. keras: as evaluate prints it.
    natural: at the score where P = 1/2. tuned: at tuned_threshold, chosen on half of the rows and counted on the
    other (held_out), or on all of them where they are few. dead: share of rows of the first batch whose gradient is
    exactly zero; dead_and_wrong, of those that the natural threshold also calls wrongly.
    """

    rows: int
    low: float
    high: float
    saturated: float
    distinct: int
    keras: float | None = None
    natural: float | None = None
    tuned: float | None = None
    tuned_threshold: float | None = None
    held_out: bool = False
    majority: float | None = None
    dead: float | None = None
    dead_and_wrong: float | None = None
    evaluated: float | None = None
    recomputed: float | None = None


def measured(model: keras.Model, own: Judged, x: Any, y: Any = None) -> Measured:
    """Look at a model on rows. Raises DataError where Keras cannot take them."""
    with broken_pairs_allowed():
        outputs = _predicted(model, x)
        seen: dict[str, Any] = {
            "rows": len(outputs),
            "low": float(outputs.min()),
            "high": float(outputs.max()),
            "saturated": float(np.isin(outputs, (0.0, 1.0)).mean()),
            "distinct": len(np.unique(outputs.reshape(len(outputs), -1), axis=0)),
        }
        if y is None or own.loss is None:
            return Measured(**seen)
        with _told("evaluate"):
            seen |= _losses(model, own, x, y, outputs)
        with _told("fit"):
            return Measured(**seen, **_dead(model, own, x, y, outputs))


def _predicted(model: keras.Model, x: Any) -> Reals:
    with _told("predict"):
        (outputs,) = keras.tree.flatten(model.predict(x, batch_size=_BATCH, verbose=0))
    if not np.isfinite(outputs).all():
        raise DataError("predict returns numbers that are not finite on these rows; scale the data, or train anew")
    return np.asarray(outputs, np.float64)


@contextmanager
def _told(method: str) -> Iterator[None]:
    """What Keras and TensorFlow say of rows that they cannot take."""
    try:
        yield
    except (ValueError, TypeError, tf.errors.OpError) as error:
        raise DataError(f"Keras's {method} cannot take these rows: {' '.join(str(error).split())[:300]}") from None


def _losses(model: keras.Model, own: Judged, x: Any, y: Any, outputs: Reals) -> dict[str, Any]:
    """What evaluate reports, and what predict comes to."""
    told = model.evaluate(x, y, batch_size=_BATCH, verbose=0, return_dict=True)
    again = _recomputed(own, y, outputs) + _penalties(model, x, len(outputs))
    accuracy = next((one.name for one in own.metrics if one.resolved in (*ACCURACIES, *OF_LARGEST)), None)
    found: dict[str, Any] = {"evaluated": float(told["loss"]), "recomputed": again}
    if accuracy in told:
        found["keras"] = float(told[accuracy])
    return found | (_accuracies(own, outputs) if own.labels is not None and own.labels.binary else {})


def _recomputed(own: Judged, y: Any, outputs: Reals) -> float:
    """The loss of outputs as evaluate puts it together: batch by batch, each weighed by its rows."""
    total = 0.0
    for start in range(0, len(outputs), _BATCH):
        labels, batch = y[start : start + _BATCH], outputs[start : start + _BATCH].astype(np.float32)
        loss = own.loss.function(tf.convert_to_tensor(labels), tf.convert_to_tensor(batch))  # type: ignore[union-attr]
        total += float(np.mean(loss)) * len(batch)
    return own.loss.weight * total / len(outputs)  # type: ignore[union-attr]


def _penalties(model: keras.Model, x: Any, rows: int) -> float:
    """What evaluate adds to the loss, of weights and of what each batch makes of them: the mean over the rows."""
    total = 0.0
    for first in range(0, rows, _BATCH):
        part = slice(first, first + _BATCH)
        model(keras.tree.map_structure(lambda own, part=part: own[part], x), training=False)
        total += sum(map(float, model.losses)) * len(range(rows)[part])
    return total / rows


def _accuracies(own: Judged, outputs: Reals) -> dict[str, Any]:
    scores, positive = score_of(outputs, own.output, own.head), own.labels.positive  # type: ignore[union-attr]
    found: dict[str, Any] = {"majority": float(max(positive.mean(), 1 - positive.mean()))}
    if own.half is not None:
        found["natural"] = float(((scores >= own.half) == positive).mean())
    return found | _tuned(scores, positive)


def _tuned(scores: Reals, positive: NDArray[np.bool_]) -> dict[str, Any]:
    """The most accurate threshold: chosen on one half of either class, and counted on the other."""
    halves = np.zeros(len(scores), bool)
    for label in (True, False):
        rows = np.random.default_rng(0).permutation(np.flatnonzero(positive == label))
        halves[rows[::2]] = True
    parted = len(scores) >= _ROWS_TO_PART and all(len(np.unique(positive[own])) > 1 for own in (halves, ~halves))
    choose, count = (halves, ~halves) if parted else (np.ones_like(halves), np.ones_like(halves))
    try:
        terms = Terms(RuleSettings(), float(positive[choose].mean()), SCALES["margin"])
        threshold = chosen("accuracy", scores[choose], positive[choose], terms)
    except DataError:
        return {}
    tuned = float(((scores[count] >= threshold) == positive[count]).mean())
    return {"tuned": tuned, "tuned_threshold": float(threshold), "held_out": parted}


def _dead(model: keras.Model, own: Judged, x: Any, y: Any, outputs: Reals) -> dict[str, Any]:
    """Rows of the first batch that move no weight, each taken by itself, and those of them that are called wrongly."""
    rows = min(_BATCH, len(outputs))
    if not model.trainable_variables:
        return {}
    still = np.array([not _moves(model, own, *_row(x, y, row)) for row in range(rows)])
    found: dict[str, Any] = {"dead": float(still.mean())}
    if own.half is not None and own.labels is not None and own.labels.binary and len(own.output.shape) == 1:
        called = score_of(outputs[:rows], own.output, own.head) >= own.half
        found["dead_and_wrong"] = float((still & (called != own.labels.positive[:rows])).mean())
    return found


def _row(x: Any, y: Any, row: int) -> tuple[Any, Any]:
    return keras.tree.map_structure(lambda own: own[row : row + 1], x), y[row : row + 1]


def _moves(model: keras.Model, own: Judged, x: Any, y: Any) -> bool:
    return moves(model, x, lambda output: own.loss.function(tf.convert_to_tensor(y), output))  # type: ignore[union-attr]
