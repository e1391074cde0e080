"""What is found in a model as it is compiled, before any row is seen."""

from collections.abc import Iterator

from threshold_lab.explanation.findings import Finding, found, parted
from threshold_lab.explanation.judged import Judged
from threshold_lab.explanation.mends import mended
from threshold_lab.explanation.metrics import of_metrics
from threshold_lab.explanation.promised import REGRESSIONS, loss_asked, of_any_units
from threshold_lab.heads import contract_of

_BY_METRICS = {"accuracy_on_logits", "accuracy_on_margins", "labels_never_match"}
_OF_PROBABILITIES = {"not_a_probability", "not_calibrated"}
_OF_ANY_UNITS = {"from_logits_missing", "from_logits_twice", "logit_is_confined", "not_a_probability"}
_WITH_LOGITS = {"sigmoid", "softmax"}
_TWO = 2


def findings_of(own: Judged) -> list[Finding]:
    """Return what is found without data."""
    return [*_of_output(own), *_of_loss(own), *_of_pair(own), *_of_many(own), *of_metrics(own)]


def _of_output(own: Judged) -> Iterator[Finding]:
    name, loss = own.output.activation, own.loss
    if name == "step" and not own.output.passes_gradient:
        yield mended(own, "step_has_no_gradient")
    if name == "softmax" and own.output.units == 1 and own.contract is None:
        yield mended(own, "one_unit_softmax", "a softmax over one unit is 1 for every row, so predict says nothing")
    if name == "unknown":
        yield found("activation_unknown")
    if own.each:
        yield found("many_outputs")
    elif own.output.units > _TWO and own.compares:
        yield found("many_classes")
    hidden = name in _WITH_LOGITS and not own.output.finds_logits and loss is not None
    if hidden and loss is not None and "binary" in loss.name and not loss.from_logits:
        yield found("logits_not_found")
    classes = loss is not None and loss.name not in REGRESSIONS and not own.each
    if own.output.units == _TWO and name in ("sigmoid", "hard_sigmoid") and classes:
        yield mended(own, "units_do_not_sum_to_one")
    if own.regression:
        yield found("regression")


def _of_loss(own: Judged) -> Iterator[Finding]:
    loss = own.loss
    if loss is None:
        yield found("not_compiled")
        return
    asked = loss_asked(loss)
    if asked is None:
        yield found("loss_unknown")
    elif own.output.units == 1 and 1 not in asked.units:
        yield mended(own, "one_unit_of_many")
    if smoothing := loss.settings.get("label_smoothing"):
        yield mended(own, "label_smoothing", smoothing=smoothing, low=smoothing / 2, high=1 - smoothing / 2)
    if loss.name == "mean_squared_error" and own.returns == "probability":
        yield found("brier_score")


def _of_pair(own: Judged) -> Iterator[Finding]:
    """What `heads` knows of the pair, but for what hangs on metrics that may not be compiled."""
    if own.contract is None or own.head is None or own.loss is None or own.output.activation == "step":
        return
    left = _BY_METRICS | (_OF_PROBABILITIES if own.regression else set())
    if own.output.activation in _WITH_LOGITS:
        left = left | {"dead_gradients"}  # beyond what a sigmoid reaches in practice; measured where rows are given
    mend = parted(own.labels.given) if own.labels else ""
    for trouble in own.contract.troubles:
        if trouble.id not in left:
            yield mended(own, trouble.id, trouble.text, mend=mend)


def _of_many(own: Judged) -> Iterator[Finding]:
    """What can be said of more than two units: whether the loss takes them for what they are."""
    head = of_any_units(own.output, own.loss)
    if head is None or own.loss is None or own.output.units <= _TWO or own.loss.name in REGRESSIONS:
        return
    for trouble in contract_of(head, own.output.activation, own.loss.name).troubles:
        if trouble.id in _OF_ANY_UNITS:
            yield mended(own, trouble.id, trouble.text)
