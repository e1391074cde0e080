"""The lines of code that mend one model."""

from dataclasses import replace
from typing import Any

from threshold_lab.explanation.compiled import CompiledLoss, settings_of
from threshold_lab.explanation.findings import AT_ZERO, Finding, compiled, found
from threshold_lab.explanation.judged import Judged
from threshold_lab.explanation.output import Output
from threshold_lab.explanation.promised import loss_asked
from threshold_lab.heads import Loss

_TWO = 2
_ENDINGS = ("sigmoid", "softmax", "linear", "exponential", "softplus")
_CHANGED: dict[str, dict[str, Any]] = {
    "from_logits_missing": {"from_logits": True},
    "from_logits_twice": {"from_logits": False},
    "label_smoothing": {"label_smoothing": 0.0},
}
"""By finding: what the loss is to be told instead."""


def mended(own: Judged, id_: str, text: str = "", /, **values: object) -> Finding:
    """Return a finding in a model, with the line that mends that model."""
    return found(id_, text, **_lines(own, _CHANGED.get(id_, {})), **values)


def _lines(own: Judged, changed: dict[str, Any]) -> dict[str, str]:
    """By the names in FINDINGS: pieces of code, and the endings that a model can be given."""
    output, loss = own.output, own.loss and replace(own.loss, settings=own.loss.settings | changed)
    asked = None if loss is None else loss_asked(loss)
    together = output.units > 1 and (output.units == _TWO or (asked is not None and 1 not in asked.units))
    sure = "softmax" if together else "sigmoid"
    at_zero = output.units == 1 and asked is not None and asked.claim != "probability"
    lines = {name: output.ending.format(name=name) for name in _ENDINGS}
    lines |= {
        "end": "" if output.activation == sure else _and_then(lines[sure]),
        "proper": _proper(loss, together=together),
        "loss": written(loss) if loss and asked else "model.loss",
        "metrics": AT_ZERO if at_zero else '["accuracy"]',
    }
    if at_zero:
        lines["linear"] = _and_then(lines["linear"]) + compiled(lines["loss"], AT_ZERO)
    fitting = lines[own.smooth] if own.regression else _fitting(output, asked, lines, sure)
    return lines | {"fitting": fitting}


def _proper(loss: CompiledLoss | None, *, together: bool) -> str:
    """The cross-entropy of units that are one distribution together, or of each alone."""
    return f"{_of_numbers(loss)}CategoricalCrossentropy" if together else "BinaryCrossentropy"


def _of_numbers(loss: CompiledLoss | None) -> str:
    return "Sparse" if loss is not None and loss.name.startswith("sparse") else ""


def _fitting(output: Output, asked: Loss | None, lines: dict[str, str], sure: str) -> str:
    """The line that gives a model the activation its loss asks for; a model that has it, a loss that fits it."""
    if asked is not None and asked.claim != "probability":
        return lines["linear"]
    if output.activation != sure:
        return lines[sure]
    if asked is not None and asked.cross_entropy:  # whose logits are hidden, or there were a gradient
        return output.bared.format(name=sure)
    return compiled(f"keras.losses.{lines['proper']}()")


def _and_then(line: str) -> str:
    """A line that another one follows, which compiles with the optimizer as it was."""
    if "  # " in line:
        return f"{line}, and then: "
    if line.startswith("model = "):
        return f"model, model.optimizer = {line.removeprefix('model = ')}, model.optimizer; "
    return f"{line}; "


def written(loss: CompiledLoss) -> str:
    """Return a loss of Keras as code; what is as Keras leaves it is not said."""
    asked = loss_asked(loss)
    usual = settings_of(loss.function.fn)
    told = [f"{key}={value!r}" for key, value in loss.settings.items() if value != usual.get(key)]
    return f"keras.losses.{_of_numbers(loss)}{asked.keras if asked else 'Loss'}({', '.join(told)})"
