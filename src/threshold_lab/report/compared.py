"""A sweep -> the table of its cells, and its pictures."""

from collections.abc import Iterator, Sequence

import numpy as np

from threshold_lab import figures
from threshold_lab.figures import Cell, Compared, Told
from threshold_lab.metrics import histogram
from threshold_lab.naming import ALWAYS_NAMED
from threshold_lab.report.found import Sweep
from threshold_lab.report.pictures import Drawn
from threshold_lab.report.rows import Row
from threshold_lab.report.view import Comparison, Line
from threshold_lab.report.words import Number, estimate

_HALF = "0.5"
MOST = 20
"""Cells in a picture."""


def comparison(own: Sweep) -> Comparison:
    """Return a row a cell, as a sweep prints them."""
    rules = list(own.rows[0].accuracy)
    tuned = [heading for rule in rules[1:] for heading in (f"accuracy at {rule}", f"{rule} cut")]
    baselines = dict.fromkeys((_baseline_names(row), row.majority) for row in own.rows)
    return Comparison(
        names=list(own.rows[0].name),
        headings=[f"accuracy at {rules[0]}", *tuned, "ROC AUC", "Brier score"],
        baselines=[Line(names, _baseline(majority, len(rules) - 1)) for names, majority in baselines],
        lines=[Line(list(row.name.values()), list(_numbers(row, rules)), row.outside > 0) for row in own.rows],
        picture=_picture(own),
    )


def _baseline_names(row: Row) -> tuple[str, ...]:
    names = {name: value if name.startswith("data.") else "" for name, value in row.name.items()}
    return tuple((names | {"activation": "(majority)"}).values())


def _baseline(majority: float, tuned: int) -> list[tuple[Number, None] | None]:
    told = Number(f"{majority:.3f}", repr(float(majority))), None
    return [told, *([told, None] * tuned), None, None]


def _numbers(row: Row, rules: Sequence[str]) -> Iterator[tuple[Number, Number | None] | None]:
    yield estimate(row.accuracy.get(rules[0]))
    for rule in rules[1:]:
        yield estimate(row.accuracy.get(rule))
        yield estimate(row.threshold.get(rule))
    yield estimate(row.roc_auc)
    yield estimate(row.brier)


def _compared(own: Sweep) -> Compared:
    """The cells that can be drawn: with an accuracy at both cuts."""
    drawn = [row for row in own.rows if {_HALF, own.rule} <= set(row.accuracy)][:MOST]
    cells = [Cell(_short(row), row.accuracy[_HALF][0], row.accuracy[own.rule][0]) for row in drawn]
    return Compared(cells, own.rule, own.rows[own.own].majority)


def _short(row: Row) -> str:
    """The name of a cell on an axis."""
    first = f"{row.name['activation']}, {row.name['loss'].replace('_', ' ')}"
    return "\n".join([first, *(f"{key} {value}" for key, value in row.name.items() if key not in ALWAYS_NAMED)])


def _picture(own: Sweep) -> Drawn:
    compared = _compared(own)
    title = "Accuracy of the same networks, cut at 0.5 and where the validation part says"
    words = f"{title}: {'; '.join(_told(compared))}."
    return Drawn("comparison", title, words, figures.svg(figures.dumbbells(compared), name="comparison"))


def _told(own: Compared) -> list[str]:
    """What is drawn, a line a cell and one of the majority."""
    cells = [f"{cell.name} {cell.half:.3f} at 0.5, {cell.tuned:.3f} at {own.rule}" for cell in own.cells]
    return [*cells, f"majority {own.majority:.3f}"]


def glance(own: Sweep) -> bytes:
    """Return the picture that answers the question at one glance, PNG: its numbers are in its description."""
    model, compared = own.model, _compared(own)
    cut = model.cut if len(model.cut) else np.array([model.half])
    words = Told(*model.labels, model.unit, f"rows, {own.seeds} seeds")
    figure = figures.glance(histogram(model.scores), cut, compared, words)
    return figures.told_png(figure, words="\n".join(_told(compared)))
