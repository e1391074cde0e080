"""Scores of a cell -> charts for a page of somebody else's, whose own slider moves the threshold in them.

The page gives the colours: every mark has a class of its own, `negative_marks` and so on, for its style sheet.
"""

from dataclasses import dataclass
from typing import Any, cast

import altair as alt
import numpy as np
import pandas as pd
import vl_convert

from threshold_lab.counts import Reals
from threshold_lab.interactive.steps import counted, steps
from threshold_lab.metrics import Histogram, histogram
from threshold_lab.records import Scores

CUT = "cut"
"""The parameter of each chart that the page sets: a threshold."""

_LEFT = 46  # pixels of the vertical axis, in both charts
_AXIS = alt.Axis(labelFlush=True, labelOverlap=True, tickCount=5, maxExtent=40, minExtent=0)
_RATES = {
    "accuracy": "(datum.tp + datum.tn) / (datum.tp + datum.fp + datum.fn + datum.tn)",
    "recall": "datum.tp / (datum.tp + datum.fn)",
    "specificity": "datum.tn / (datum.tn + datum.fp)",
}


@dataclass(frozen=True, eq=False)
class Movable:
    """What a page needs. charts: of Vega-Lite. cuts: by threshold, tp, fp, fn and tn: columns of one length. first:
    the place among them where the slider stands at first.
    """

    charts: tuple[dict[str, Any], ...]
    cuts: dict[str, list[float]]
    first: int

    def nearest(self, threshold: float) -> int:
        """Return the place of the step that is nearest to a threshold."""
        return int(np.argmin(np.abs(np.array(self.cuts["threshold"]) - threshold)))


def movable(scores: Scores, *, unit: str, threshold: float) -> Movable:
    """Return the histogram by class, and what the networks come to at each cut, all counted together.

    threshold: where the slider stands at first, in the unit of the score.
    """
    counts, own = histogram(scores), steps(scores, threshold)
    cuts = counted(scores, own.thresholds)
    ends = alt.Scale(domain=counts.edges[[0, -1]].round(6).tolist(), nice=False)
    drawn = [_histogram(counts, ends), _rates(cuts, ends, unit)]
    start = alt.param(name=CUT, value=threshold)
    charts = tuple(_finished(chart, start) for chart in drawn)
    columns = {str(name): [float(value) for value in values] for name, values in cuts.items()}
    return Movable(charts, columns, own.below)


def library() -> str:
    """Return the program that draws a chart: Vega, Vega-Lite and Vega-Embed, as one script without a network."""
    return str(cast(Any, vl_convert).javascript_bundle())  # its stub asks for words that it does not need


def _finished(chart: Any, start: Any) -> dict[str, Any]:
    own = chart.add_params(start).properties(width="container", autosize=alt.AutoSizeParams(type="fit-x"))
    own = own.configure(background="transparent", font="inherit").configure_view(stroke=None)
    own = own.configure_axis(grid=False, titleFontWeight="normal")
    return dict(own.configure_axisY(minExtent=_LEFT, maxExtent=_LEFT, tickCount=5).to_dict())


def _histogram(counts: Histogram, ends: alt.Scale) -> Any:
    classes = {"negative": counts.negative, "positive": counts.positive}
    bars = [_bars(name, counts.edges, rows, ends) for name, rows in classes.items()]
    return alt.layer(*bars, _line(ends)).properties(height=190, description="Histogram of the scores by class")


def _bars(name: str, edges: Reals, rows: Any, ends: alt.Scale) -> Any:
    own = pd.DataFrame({"from": edges[:-1].round(6), "to": edges[1:].round(6), "rows": rows, "label": name})
    drawn = alt.Chart(own, name=name).mark_bar(fillOpacity=0.6)
    return drawn.encode(
        x=alt.X("from:Q", bin=alt.Bin(binned=True), title=None, scale=ends, axis=_AXIS),
        x2="to:Q",
        y=alt.Y("rows:Q", stack=None, scale=alt.Scale(type="sqrt"), title="rows, square-root scale"),
        opacity=alt.condition(f"datum.to > {CUT}", alt.value(1), alt.value(0.45)),
        tooltip=["label", "from", "to", "rows"],
    )


def _rates(cuts: pd.DataFrame, ends: alt.Scale, unit: str) -> Any:
    drawn = [
        alt.Chart(cuts, name=name)
        .transform_calculate(value=formula)
        .mark_line(strokeWidth=2, interpolate="step-before", clip=True)
        .encode(
            x=alt.X("threshold:Q", title=unit, scale=ends, axis=_AXIS),
            y=alt.Y("value:Q", title="share", scale=alt.Scale(domain=[0, 1])),
        )
        for name, formula in reversed(_RATES.items())
    ]
    return alt.layer(*drawn, _line(ends)).properties(height=150, description="Accuracy, recall and specificity by cut")


def _line(ends: alt.Scale) -> Any:
    own = alt.Chart(pd.DataFrame({"at": [0]}), name="threshold").transform_calculate(at=CUT)
    return own.mark_rule(strokeWidth=1.5, strokeDash=[5, 3], clip=True).encode(x=alt.X("at:Q", scale=ends))
