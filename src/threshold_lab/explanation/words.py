"""An explanation in words: who decides what in this model."""

from collections.abc import Iterator, Mapping
from typing import Any

RETURNED = {
    "probability": "the probability of class 1, a number from 0 to 1",
    "logit": "a logit: any number, whose sigmoid is the probability of class 1",
    "margin": "a margin: its sign is the class, its size no probability",
    "score": "a score: the larger, the likelier class 1, but no probability, for it can leave [0, 1]",
    "neither": "nothing that stands for a class, a probability or a logit: activation and loss contradict each other",
}
_REGRESSION = "an estimate of y itself, for nothing here speaks of classes"
_LARGEST = "calls a row what the largest of its outputs stands for"
_WITHOUT_CUT = {
    "AUC": "looks at every cut from 0 to 1",
    "CategoricalAccuracy": _LARGEST,
    "SparseCategoricalAccuracy": _LARGEST,
    "F1Score": _LARGEST,
    "FBetaScore": _LARGEST,
}
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
    return {key: value for key, value in loss.items() if key == "name" or (key not in usual or value != usual[key])}


def _returns(said: Mapping[str, Any]) -> Iterator[str]:
    yield f"predict returns {_REGRESSION if said['regression'] else RETURNED[said['output']]}."
    if said["half"] is not None and said["output"] == "neither":
        yield f"The loss asks for {said['half']:g} where P = 1/2; the output need not keep to that."
    elif said["half"] is not None:
        what = "P = 1/2" if said["output"] != "margin" else "where the class changes"
        column = "[:, 1]" if said["units"] == 2 else ""
        yield f"{what} lies at {said['half']:g}: calls = model.predict(x){column} >= {said['half']:g}"


def _thresholds(said: Mapping[str, Any]) -> list[str]:
    lines = ["fit, the loss and predict: nothing, ever. evaluate: its metrics alone, each for itself:"]
    lines += [f"  {own['name']} is {own['resolved']}: {_cut(own)}" for own in said["metrics"]]
    return lines if said["metrics"] else ["fit, the loss, evaluate and predict: nothing; there is no metric."]


def _cut(metric: Mapping[str, Any]) -> str:
    cut, probability = metric["threshold"], metric["threshold_as_probability"]
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
        lines.append(f"rows of the first batch with exactly zero gradient: {said['dead_gradient_share']:.0%}")
    return lines


def _findings(said: Mapping[str, Any]) -> list[str]:
    lines = []
    for own in said["findings"]:
        lines.append(f"{_MARKS[own['severity']]}: {own['id']}: {own['text']}")
        if own["mend"]:
            lines.append(f"    {own['mend']}")
    return lines or ["nothing: activation, loss and metrics agree"]
