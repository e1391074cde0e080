"""The question's own model -> what its slider needs: the data of its program, and what is told before it runs."""

from typing import Any

from threshold_lab.interactive import Movable, movable
from threshold_lab.report.found import Own


def data(own: Movable) -> dict[str, Any]:
    """Return what the page's program reads."""
    return {"charts": own.charts, "cuts": own.cuts}


def of_model(own: Own) -> Movable:
    """Return a model whose threshold stands where P is one half."""
    return movable(own.scores, unit=own.unit, threshold=own.half)


def start(own: Own, movable_: Movable) -> dict[str, Any]:
    """Return what stands on the page at first, as the program would write it."""
    at = {name: values[movable_.first] for name, values in movable_.cuts.items()}
    tp, fp, fn, tn = (int(at[name]) for name in ("tp", "fp", "fn", "tn"))
    return {
        "labels": own.labels,
        "threshold": f"{at['threshold']:.3f}",
        "first": movable_.first,
        "last": len(movable_.cuts["threshold"]) - 1,
        "marks": _marks(own, movable_),
        "tp": tp,
        "fp": fp,
        "fn": fn,
        "tn": tn,
        "accuracy": _share(tp + tn, tp + fp + fn + tn),
        "recall": _share(tp, tp + fn),
        "specificity": _share(tn, tn + fp),
        "precision": _share(tp, tp + fp),
        "f1": _share(2 * tp, 2 * tp + fp + fn),
    }


def _marks(own: Own, movable_: Movable) -> list[tuple[str, int]]:
    """Cuts to go to at once."""
    named = [(f"{own.half:g}, where P is one half", own.half)]
    if len(own.cut):
        mean = float(own.cut.mean())
        named.append((f"{mean:.3f}, chosen by {own.rule} (mean)", mean))
    return [(name, movable_.nearest(at)) for name, at in named]


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "none"
