"""What is found in the metrics a model is compiled with."""

from collections.abc import Iterator
from dataclasses import replace

from threshold_lab.explanation.compiled import ACCURACIES, AT_A_RATE, F_SCORES, OF_LARGEST, CompiledMetric
from threshold_lab.explanation.findings import Finding, found
from threshold_lab.explanation.judged import Judged
from threshold_lab.explanation.mends import mended
from threshold_lab.explanation.promised import loss_asked


def of_metrics(own: Judged) -> Iterator[Finding]:
    """Return what is found in each metric."""
    for metric in own.metrics:
        for check in (_of_columns, _of_cuts, _of_ranges, _of_labels):
            yield from check(own, metric)


def _of_columns(own: Judged, metric: CompiledMetric) -> Iterator[Finding]:
    units, name = own.output.units, metric.resolved
    if name in F_SCORES and metric.threshold is None and units == 1:
        yield found("f1_without_threshold", metric=metric.name, resolved=name, beta=_beta(metric))
    if name in ("Accuracy", "accuracy") and own.output.activation != "step":
        yield found("accuracy_of_equality", metric=metric.name)
    if name in OF_LARGEST and units == 1:
        yield found("argmax_of_one_unit", metric=metric.name)
    if name in ACCURACIES and units > 1:
        yield found("accuracy_per_unit", metric=metric.name)


def _of_cuts(own: Judged, metric: CompiledMetric) -> Iterator[Finding]:
    """A metric that cuts scores where P = 1/2 is not."""
    cut, half, head = metric.threshold, own.half, own.head
    if not isinstance(cut, float) or half is None or head is None or cut == half:
        return
    values: dict[str, object] = {"metric": metric.name, "resolved": metric.of_keras, "threshold": cut}
    which = "accuracy" if metric.of_keras in ACCURACIES else "threshold"
    if metric.resolved in F_SCORES and head.claim == "logit":
        yield mended(own, "f1_on_logits", beta=_beta(metric), probability=own.probability_at(cut), **values)
    elif metric.resolved in F_SCORES:
        yield found("threshold_not_natural", half=half, **values)
    elif head.claim == "logit":
        yield _at_zero(metric, f"{which}_on_logits", probability=own.probability_at(cut), **values)
    elif head.claim == "margin":
        yield _at_zero(metric, f"{which}_on_margins", **values)
    elif head.low == 0:
        yield found("threshold_not_natural", half=half, **values)


def _beta(metric: CompiledMetric) -> str:
    return "" if metric.resolved == "F1Score" else f"beta={metric.object.beta!r}, "


def _at_zero(own: CompiledMetric, id_: str, /, **values: object) -> Finding:
    """A metric of one's own may have no threshold that is set where it is made."""
    finding = found(id_, cut=own.cut_by, **values)
    return finding if own.cut_by else replace(finding, mend="")


def _of_ranges(own: Judged, metric: CompiledMetric) -> Iterator[Finding]:
    """A metric that takes outputs for what they are not."""
    head = own.head
    if head is None or own.regression:
        return
    outputs_are_logits = head.claim == "logit" and not head.confined
    if metric.resolved in ("AUC", *AT_A_RATE):
        if metric.from_logits and head.confined:
            yield found("auc_from_logits_twice", metric=metric.name)
        elif not metric.from_logits and not head.confined:
            yield found("auc_on_logits", metric=metric.name)
    crossentropy = metric.resolved in ("BinaryCrossentropy", "binary_crossentropy")
    if crossentropy and outputs_are_logits and not metric.from_logits:
        yield found("crossentropy_of_logits", metric=metric.name)


def _of_labels(own: Judged, metric: CompiledMetric) -> Iterator[Finding]:
    labels = own.labels
    accuracy = metric.resolved in ACCURACIES and own.output.units == 1
    if labels is None or not accuracy:
        return
    asked = loss_asked(own.loss) if own.loss else None
    of_classes = labels.binary or (asked is not None and asked.cross_entropy and not labels.shares)
    if not of_classes:
        yield found("accuracy_of_regression", metric=metric.name, values=len(labels.values))
    elif not labels.zero_one:
        label = next(own for own in labels.values if own not in (0.0, 1.0))
        yield found("labels_never_match", metric=metric.name, label=label, middle=labels.middle)
