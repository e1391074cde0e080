"""An explanation in words: who decides what in this model."""

from collections.abc import Iterator, Mapping
from typing import Any

from threshold_lab.heads import ACTIVATIONS

RETURNED = {
    "probability": "the probability of class 1, a number from 0 to 1",
    "logit": "a logit: any number, whose sigmoid is the probability of class 1",
    "margin": "a margin: its sign is the class, its size no probability",
    "score": "a score: the larger, the likelier class 1, but no probability",
    "neither": "nothing that stands for a class, a probability or a logit: activation and loss contradict each other",
}
_REGRESSION = "an estimate of y itself, for nothing here speaks of classes"
_OF_A_STEP = "what the step at the end of the model leaves of its output: one of two numbers"
_OF_OWN_LOSS = "a score, whose meaning is what the loss, which is none of Keras's, asks for"
_OF_NO_LOSS = "a number whose meaning nothing has decided: there is no loss"
_OF_NOBODY_KNOWS = "a number of which nothing is known here, as nothing is of the activation"
_OF_TWO_LOGITS = "two logits: any numbers; the sigmoid of the second less the first is the probability of class 1"
_OF_EACH = {
    "probability": "for each unit a probability, a number from 0 to 1",
    "logit": "for each unit a logit: any number",
    "margin": "for each unit a margin: its size is no probability",
    "score": "for each unit a score, which is no probability",
}
"""Of units that are no two classes."""
_TWO = 2
_NOT_ZERO = "calls every row positive whose output is not 0"
_LARGEST = "calls a row what the largest of its outputs stands for"
_WITHOUT_CUT = {
    "AUC": "looks at every cut from 0 to 1",
    "CategoricalAccuracy": _LARGEST,
    "SparseCategoricalAccuracy": _LARGEST,
    "F1Score": _LARGEST,
    "FBetaScore": _LARGEST,
}
_F_SCORES = ("F1Score", "FBetaScore")
_MARKS = {"error": "broken", "caution": "caution", "note": "note"}


def paragraphs(said: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Yield each part of an explanation: its heading, and its lines."""
    yield "Who decides what", [*_activation(said), *_loss(said), *_returns(said)]
    yield "Who thresholds", _thresholds(said)
    if "rows" in said:
        yield f"On {said['rows']} rows", _rows(said)
    yield "What was found", _findings(said)


def _activation(said: Mapping[str, Any]) -> Iterator[str]:
    units = "1 unit" if said["units"] == 1 else f"{said['units']} units"
    own = f"{said['activation']} of {units} ({said['activation_found_in']})"
    yield f"The activation, {own}, decides the range of the output."


def _loss(said: Mapping[str, Any]) -> Iterator[str]:
    loss = said["loss"]
    if loss is None:
        return
    name, *settings = (f"{key}={value}" if key != "name" else str(value) for key, value in _telling(loss).items())
    computed = f", computed {said['loss_computed']}" if said["loss_computed"] else ""
    told = f"{name} with {', '.join(settings)}" if settings else name
    yield f"The loss, {told}, decides what the output comes to mean{computed}."


def _telling(loss: Mapping[str, Any]) -> dict[str, Any]:
    """The name, and the settings that are not as Keras leaves them."""
    usual = {
        "axis": -1,
        "from_logits": False,
        "label_smoothing": 0.0,
        "apply_class_balancing": False,
        "ignore_class": None,
    }
    return {key: value for key, value in loss.items() if value is not None and (key, value) not in usual.items()}


def _returns(said: Mapping[str, Any]) -> Iterator[str]:
    yield f"predict returns {_returned(said)}."
    if said["half"] is not None and said["output"] == "neither":
        yield f"The loss asks for {said['half']:g} where P = 1/2; the output need not keep to that."
    elif said["half"] is not None:
        what = "P = 1/2" if said["output"] != "margin" else "where the class changes"
        yield f"{what} lies at {said['half']:g}: {said['calls']}"


def _returned(said: Mapping[str, Any]) -> str:
    """What predict returns: the first that holds."""
    output, units, unknown = said["output"], said["units"], said["thresholded"]["unknown"]
    each = any(own["id"] == "many_outputs" for own in said["findings"])
    compared = "categorical" in (said["loss"] or {"name": ""})["name"]
    cases = (
        (said["activation"] == "step", _OF_A_STEP),
        (said["loss"] is None, _OF_NO_LOSS),
        (said["regression"], _REGRESSION),
        (output == "score" and "loss" in unknown, _OF_OWN_LOSS),
        (output == "neither" and "activation" in unknown, _OF_NOBODY_KNOWS),
        (output == "logit" and units == _TWO and compared, _OF_TWO_LOGITS),
        (output == "logit" and units == _TWO, _OF_EACH["logit"]),
        (units > _TWO or each, _OF_EACH.get(output, RETURNED[output])),
        (output == "score" and not _confined(said), RETURNED["score"] + ", for it can leave [0, 1]"),
    )
    return next((words for holds, words in cases if holds), RETURNED[output])


def _confined(said: Mapping[str, Any]) -> bool:
    """Whether no output can leave [0, 1]."""
    own = ACTIVATIONS.get(said["activation"])
    return own is not None and own.low >= 0 and own.high <= 1


def _thresholds(said: Mapping[str, Any]) -> list[str]:
    own = said["thresholded"]
    nothing = "nothing, ever"
    if foreign := [name for name in ("activation", "loss") if name in own["unknown"]]:
        nothing = f"whether the {' or the '.join(foreign)} cuts is unknown"
    if own["predict"]:
        nothing = "the step at the end of the model cuts its output, in evaluate as well"
    lines = [f"fit, the loss and predict: {nothing}. evaluate: its metrics alone, each for itself:"]
    if not said["metrics"]:
        return [f"fit, the loss, evaluate and predict: {nothing}; there is no metric."]
    return lines + [f"  {one['name']} is {one['resolved']}: {_cut(one, said)}" for one in said["metrics"]]


def _cut(metric: Mapping[str, Any], said: Mapping[str, Any]) -> str:
    cut, probability = metric["threshold"], metric["threshold_as_probability"]
    if metric["name"] in said["thresholded"]["unknown"]:
        return "none of Keras's: what it may cut is unknown"
    if cut is None and said["units"] == 1 and metric["resolved"] in _F_SCORES:
        return _NOT_ZERO
    if cut is None and metric.get("from_logits") and metric["resolved"] == "AUC":
        return "looks at every cut from 0 to 1 of the sigmoid of the output"
    if cut is None:
        return _WITHOUT_CUT.get(metric["resolved"], "cuts nothing")
    if isinstance(cut, list):
        return f"cuts at {len(cut)} thresholds"
    return f"above {cut:g}" + ("" if probability is None else f", which is P = {probability:.3f}")


def _rows(said: Mapping[str, Any]) -> list[str]:
    low, high = said["range"]
    lines = [f"outputs from {low:.6g} to {high:.6g}; {said['saturated_share']:.1%} are exactly 0 or 1"]
    if "accuracies" in said:
        own = said["accuracies"]
        shown = [("as Keras prints it", own["keras"]), ("at the natural threshold", own["natural"])]
        lines += [f"accuracy {name}: {value:.4f}" for name, value in shown if value is not None]
        if own["tuned"] is not None:
            lines.append(f"accuracy at {own['tuned_threshold']:.4g}, tuned on {own['tuned_on']}: {own['tuned']:.4f}")
        if own["majority"] is not None:
            lines.append(f"accuracy of always saying the more frequent label: {own['majority']:.4f}")
        losses = said["losses"]
        lines.append(
            f"loss as evaluate reports it: {losses['evaluate']:.4f}; of what predict returns: "
            f"{losses['from_predict']:.4f}"
        )
        if said["dead_gradient_share"] is not None:
            lines.append(f"rows of the first batch with exactly zero gradient: {said['dead_gradient_share']:.0%}")
    return lines


def _findings(said: Mapping[str, Any]) -> list[str]:
    lines = []
    for own in said["findings"]:
        lines.append(f"{_MARKS[own['severity']]}: {own['id']}: {own['text']}")
        if own["mend"]:
            lines.append(f"    {own['mend']}")
    return lines or ["nothing: activation, loss and metrics agree"]
