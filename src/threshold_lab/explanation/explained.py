"""A compiled Keras model -> what it really does."""

from collections.abc import Iterator
from typing import Any

import keras

from threshold_lab.errors import DataError
from threshold_lab.explanation.activations import UNKNOWN
from threshold_lab.explanation.answer import Explanation
from threshold_lab.explanation.compiled import AT_A_RATE, F_SCORES, OF_LARGEST, CompiledMetric, loss_of, metrics_of
from threshold_lab.explanation.findings import Finding, compiled, found, ordered
from threshold_lab.explanation.given import labels_of, require_model, rows_of
from threshold_lab.explanation.judged import Judged
from threshold_lab.explanation.labels import Labels
from threshold_lab.explanation.measured import Measured, measured
from threshold_lab.explanation.mends import mended
from threshold_lab.explanation.output import output_of
from threshold_lab.explanation.pairs import findings_of
from threshold_lab.explanation.promised import calls_of, differs
from threshold_lab.explanation.targets import beyond, misfit

_TWO = 2
_DIFFERS = 1e-3
_SHARE = 0.01
_ROUNDING = 1e-6
"""Of a share that Keras counts in float32."""


def explain(model: keras.Model, x: Any = None, y: Any = None) -> Explanation:
    """Say what a compiled model's activation, loss and metrics really do.

    model: of a single output, classifier or regression. x, y: rows as its `fit` takes them, for what can only be
    measured; x alone shows the range of the outputs. Raises ModelError for a model, DataError for rows, that cannot be
    looked at. Changes nothing of the model but what `evaluate` does to its metrics.
    """
    if y is not None and x is None:
        raise DataError("y was given and no x; give both, or neither")
    require_model(model)
    x, y = rows_of(x), labels_of(y)
    output = output_of(model, x)
    if y is not None and y.ndim == 1 and output.units == 1:
        y = y.reshape(-1, *[1] * len(output.shape))  # as Keras does before it compares
    loss = loss_of(model, output, y)
    labels = None if y is None else Labels(y, output.units)
    own = Judged(output, loss, tuple(metrics_of(model, output, loss, y)), labels)
    findings = [*findings_of(own), *beyond(own, y)]
    if problem := misfit(own, y):
        return told(own, None, [*findings, problem])
    seen = None if x is None else measured(model, own, x, y)
    return told(own, seen, [*findings, *(() if seen is None else seen_findings(own, seen))])


def seen_findings(own: Judged, seen: Measured) -> Iterator[Finding]:
    """What rows show."""
    if seen.distinct == 1 and seen.rows > 1 and own.output.activation != "step":
        yield found("constant_output", value=seen.high)
    bounded = own.head is not None and own.head.confined and own.output.activation != "step"
    if bounded and seen.distinct > 1 and seen.saturated >= _SHARE:
        yield found("saturated", share=seen.saturated)
    if seen.dead_and_wrong and own.output.activation != "step":
        share = f"{seen.dead_and_wrong:.0%} of the rows of the first batch"
        yield mended(own, "dead_gradients", f"{share} are called wrongly and have exactly zero gradient")
    if seen.evaluated is not None and seen.dead is None:
        yield found("nothing_trainable")
    if own.labels is not None and len(own.labels.values) == 1:
        yield found("one_class")
    yield from _of_accuracy(own, seen)
    yield from _of_loss(own, seen)


def _of_accuracy(own: Judged, seen: Measured) -> Iterator[Finding]:
    if seen.keras is None or seen.tuned is None or seen.majority is None or seen.tuned_threshold is None:
        return
    if seen.held_out and seen.keras <= seen.majority + _ROUNDING < seen.tuned:
        shares = {"keras": seen.keras, "majority": seen.majority, "tuned": seen.tuned}
        yield found(
            "no_better_than_majority", **shares, threshold=seen.tuned_threshold, mend=_cut(own, seen.tuned_threshold)
        )


def _cut(own: Judged, threshold: float) -> str:
    """The line that cuts at a threshold; no metric of Keras cuts two columns by what is between them."""
    if own.output.units == 1:
        return compiled(metrics=f"[keras.metrics.BinaryAccuracy(threshold={threshold:.4g})]")
    return calls_of(False, differs(own.head), float(f"{threshold:.4g}"))


def _of_loss(own: Judged, seen: Measured) -> Iterator[Finding]:
    if seen.evaluated is None or seen.recomputed is None or (own.loss and not own.loss.known):
        return
    off = abs(seen.evaluated - seen.recomputed)
    if not off <= _DIFFERS * max(1.0, abs(seen.recomputed)):
        yield found("loss_differs", evaluated=seen.evaluated, recomputed=seen.recomputed)


def told(own: Judged, seen: Measured | None, findings: list[Finding]) -> Explanation:
    """Put together what is said of a model."""
    said = {
        "activation": own.output.activation,
        "activation_found_in": own.output.found,
        "units": own.output.units,
        "loss": None if own.loss is None else {"name": own.loss.name, **_plain(own.loss.settings)},
        "loss_computed": None if own.contract is None else own.contract.computed,
        "output": own.returns,
        "regression": own.regression,
        "half": own.half,
        "calls": own.calls,
        "metrics": [_metric(own, metric) for metric in own.metrics],
        "thresholded": _thresholded(own),
        "findings": [one.as_json() for one in ordered(_once(findings))],
    }
    return Explanation(said | (_seen(seen) if seen is not None else {}))


def _thresholded(own: Judged) -> dict[str, list[str]]:
    """Who cuts outputs; unknown: who is none of Keras's, and may cut."""
    step = ["step"] if own.output.activation == "step" else []
    foreign = ["activation"] * (own.output.activation == UNKNOWN) + ["loss"] * bool(own.loss and not own.loss.known)
    return {
        "fit": step,
        "evaluate": [*step, *(one.name for one in own.metrics if cuts(one))],
        "predict": step,
        "unknown": [*foreign, *(one.name for one in own.metrics if not one.known and not cuts(one))],
    }


def cuts(metric: CompiledMetric) -> bool:
    """Whether a metric is known to call rows of one class or the other."""
    return metric.threshold is not None or metric.resolved in (*OF_LARGEST, *F_SCORES, *AT_A_RATE, "AUC")


def _once(findings: list[Finding]) -> list[Finding]:
    """A finding that is measured, or seen in the labels, says more than the same one foreseen."""
    measured_ones = {own.id: own for own in findings if own.id in ("dead_gradients", "labels_out_of_range")}
    return [measured_ones.get(own.id, own) for own in findings]


def _metric(own: Judged, metric: CompiledMetric) -> dict[str, Any]:
    cut = metric.threshold
    several = [own.probability_at(one) for one in cut] if isinstance(cut, list) else None
    probability: Any = own.probability_at(cut) if isinstance(cut, float) else several
    if metric.resolved in OF_LARGEST and own.output.units == _TWO:
        probability = own.probability_of_the_larger
    said = {"name": metric.name, "resolved": metric.resolved, "threshold": cut, "threshold_as_probability": probability}
    return said | ({"from_logits": True} if metric.from_logits else {})


def _seen(seen: Measured) -> dict[str, Any]:
    shown: dict[str, Any] = {"rows": seen.rows, "range": [seen.low, seen.high], "saturated_share": seen.saturated}
    if seen.evaluated is None:
        return shown
    accuracies = {"keras": seen.keras, "natural": seen.natural, "tuned": seen.tuned}
    shown["accuracies"] = accuracies | {
        "tuned_threshold": seen.tuned_threshold,
        "tuned_on": "one half of the rows, counted on the other" if seen.held_out else "the same rows",
        "majority": seen.majority,
    }
    shown["dead_gradient_share"] = seen.dead
    shown["losses"] = {"evaluate": seen.evaluated, "from_predict": seen.recomputed}
    return shown


def _plain(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings that JSON can say."""
    return {name: value for name, value in settings.items() if isinstance(value, bool | int | float | str | None)}
