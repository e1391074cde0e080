"""Records -> Figure; the only door to matplotlib. Nothing here reads or writes a file but `png`."""

import io

import numpy as np
from matplotlib.figure import Figure

from threshold_lab.counts import Reals
from threshold_lab.metrics import Histogram

NEGATIVE, POSITIVE, CUT = "#4c72b0", "#dd8452", "#222222"
_PLACE = (0.1, 0.15, 0.87, 0.76)  # fixed: a layout engine draws every picture twice to find it


def histogram(counts: Histogram, threshold: Reals, *, title: str, labels: tuple[str, str], unit: str) -> Figure:
    """Draw counts of scores by class, with the threshold of each network (r,) as a line at their mean and a band.

    labels: the words of the negative and the positive label. The count axis is a square root: both the rows that
    are decided and the few that are not can be seen.
    """
    figure = Figure(figsize=(7, 3.6))
    axes = figure.add_axes(_PLACE)
    for values, colour, label in zip((counts.negative, counts.positive), (NEGATIVE, POSITIVE), labels, strict=True):
        axes.stairs(values, counts.edges, fill=True, alpha=0.55, color=colour, label=label)
        axes.stairs(values, counts.edges, color=colour)
    low, high = min(counts.edges[0], threshold.min()), max(counts.edges[-1], threshold.max())
    _draw_threshold(axes, threshold)
    axes.set_yscale("function", functions=(np.sqrt, np.square))
    tallest = max(counts.negative.max(), counts.positive.max())
    axes.set(xlabel=unit, ylabel="rows, all seeds (square-root scale)", xlim=(low, high), ylim=(0, 1.3 * tallest))
    axes.set_title(title, loc="left", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="upper center", ncols=3, edgecolor="none", framealpha=0.9, fontsize=8)
    return figure


def _draw_threshold(axes: object, threshold: Reals) -> None:
    low, mean, high = float(threshold.min()), float(threshold.mean()), float(threshold.max())
    words = f"threshold {mean:.3g}" + (f" ({low:.3g} to {high:.3g})" if high > low else "")
    axes.axvline(mean, color=CUT, linestyle="--", label=words)  # type: ignore[attr-defined]
    if high > low:
        axes.axvspan(low, high, color=CUT, alpha=0.12)  # type: ignore[attr-defined]


def png(figure: Figure) -> bytes:
    """Return a figure as PNG bytes, the same bytes for the same figure."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()
