"""Counts of a cell -> a page to play with its threshold, which needs no network; the only door to Altair.

The chart is Vega-Lite's; the threshold is one of the steps of `steps`, and the counts there exact.
"""

import json
from dataclasses import replace
from typing import Any

import altair as alt
import pandas as pd

from threshold_lab.counts import Reals
from threshold_lab.figures import CUT, NEGATIVE, POSITIVE
from threshold_lab.interactive.steps import counted, steps
from threshold_lab.metrics import Histogram, histogram
from threshold_lab.records import Scores

_MATRIX = {
    "tp": ("called positive", 0),
    "fp": ("called positive", 1),
    "fn": ("called negative", 0),
    "tn": ("called negative", 1),
}
_RATES = {
    "accuracy": "(datum.tp + datum.tn) / (datum.tp + datum.fp + datum.fn + datum.tn)",
    "recall": "datum.tp / (datum.tp + datum.fn)",
    "specificity": "datum.tn / (datum.tn + datum.fp)",
    "precision": "datum.tp / (datum.tp + datum.fp)",
    "F1": "2 * datum.tp / (2 * datum.tp + datum.fp + datum.fn)",
}


def page(scores: Scores, labels: tuple[str, str], *, title: str, unit: str, threshold: float) -> bytes:
    """Return an HTML page: the histogram by class, a slider for the threshold, and what it comes to.

    scores: of r networks on the same rows, counted together. labels: the words of the negative and the positive label.
    threshold: where the slider stands at first, in the unit of the score; the counts there are of that cut, exactly.
    """
    own = steps(scores, threshold)
    thresholds, size = own.thresholds, float(own.size)
    bind = alt.binding_range(min=float(thresholds[0]), max=float(thresholds[-1]), step=size, name="threshold ")
    cut = alt.param(name="cut", value=threshold, bind=bind)
    here = alt.Chart(counted(scores, thresholds)).transform_filter(f"abs(datum.threshold - cut) < {size / 2}")
    bars = _bars(*_near(scores, thresholds, unit), labels)
    drawn = alt.vconcat(bars, alt.hconcat(_matrix(here, labels), _rates(here)))
    chart = drawn.add_params(cut).properties(title=title).configure_view(stroke=None)
    return str(chart.to_html(inline=True, json_kwds={"cls": _Escaped})).encode()


class _Escaped(json.JSONEncoder):
    """JSON that ends no script of the page it is written into: words of a table may hold anything."""

    def encode(self, o: Any) -> str:
        return super().encode(o).replace("<", "\\u003c")


def _near(scores: Scores, thresholds: Reals, unit: str) -> tuple[Histogram, str]:
    """The histogram where the slider goes, and the words of its axis.

    Bins that reached as far as a few rows far outside would show all others as one bar.
    """
    near = scores.scores.clip(thresholds[0], thresholds[-1])
    beyond = "" if (near == scores.scores).all() else " (the bars at the ends hold all rows beyond them too)"
    return histogram(replace(scores, scores=near)), unit + beyond


def _bars(counts: Histogram, unit: str, labels: tuple[str, str]) -> Any:
    edges = counts.edges.round(6)  # multiples of a width, as they are read
    blocks = [
        pd.DataFrame({"from": edges[:-1], "to": edges[1:], "rows": own, "label": label})
        for own, label in ((counts.negative, labels[0]), (counts.positive, labels[1]))
    ]
    colour = alt.Color("label:N", scale=alt.Scale(domain=list(labels), range=[NEGATIVE, POSITIVE]), title=None)
    bars = (
        alt.Chart(pd.concat(blocks))
        .mark_bar(opacity=0.55)
        .encode(
            x=alt.X("from:Q", title=unit, bin=alt.Bin(binned=True)),
            x2="to:Q",
            y=alt.Y("rows:Q", stack=None, scale=alt.Scale(type="sqrt"), title="rows, all seeds (square-root scale)"),
            color=colour,
            opacity=alt.condition("datum.from >= cut", alt.value(0.75), alt.value(0.3)),
            tooltip=["label", "from", "to", "rows"],
        )
    )
    own = alt.Chart(pd.DataFrame({"at": [0]})).transform_calculate(at="cut")
    line = own.mark_rule(color=CUT, strokeDash=[5, 3]).encode(x="at:Q")
    return alt.layer(bars, line).properties(width=560, height=240)


def _matrix(here: alt.Chart, labels: tuple[str, str]) -> Any:
    names = [labels[1], labels[0]]
    call = " : ".join(f"datum.count == '{name}' ? '{words}'" for name, (words, _) in _MATRIX.items())
    true = " : ".join(f"datum.count == '{name}' ? {names[place]!r}" for name, (_, place) in _MATRIX.items())
    return (
        here.transform_fold(list(_MATRIX), as_=["count", "rows"])
        .transform_calculate(call=f"{call} : ''", label=f"{true} : ''", told="datum.count + ' ' + datum.rows")
        .mark_text(fontSize=17)
        .encode(
            x=alt.X("call:N", title=None, axis=alt.Axis(orient="top", labelAngle=0)),
            y=alt.Y("label:N", title="label", sort=names),
            text="told:N",
        )
        .properties(width=260, height=110)
    )


def _rates(here: alt.Chart) -> Any:
    return (
        here.transform_calculate(**_RATES)
        .transform_fold(list(_RATES), as_=["rate", "value"])
        .transform_calculate(told="isFinite(datum.value) ? format(datum.value, '.3f') : '-'")
        .mark_text(fontSize=14, align="left")
        .encode(y=alt.Y("rate:N", title=None, sort=list(_RATES)), text="told:N")
        .properties(width=120, height=110)
    )
