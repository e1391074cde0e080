"""Records -> Figure; the only door to matplotlib. Nothing here reads or writes a file but `png`."""

import io
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.figure import Figure

from threshold_lab.counts import Reals
from threshold_lab.metrics import Histogram

NEGATIVE, POSITIVE, CUT = "#4c72b0", "#dd8452", "#222222"
_COLOURS = ("#222222", "#4c72b0", "#dd8452", "#55a868")
_NAMES = {"none": "as it is (thin: each seed)"}
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


def reliability(curves: pd.DataFrame, *, title: str) -> Figure:
    """Draw reliability curves, columns `calibration.CURVES`: each recalibration over all seeds, and each seed as it is.

    A curve on the diagonal keeps its word; below it, probabilities are too high.
    """
    figure = Figure(figsize=(4.6, 4.6))
    axes = figure.add_axes((0.13, 0.11, 0.83, 0.82))
    axes.plot([0, 1], [0, 1], color=CUT, linewidth=0.8)
    for _, own in curves[curves["recalibration"] == "none"].groupby("seed"):
        axes.plot(own["claimed"], own["found"], color=_COLOURS[0], alpha=0.15, linewidth=0.8)
    for colour, (name, own) in zip(_COLOURS, curves.groupby("recalibration", sort=False), strict=False):
        pooled = _pooled(own)
        axes.plot(
            pooled["claimed"],
            pooled["found"],
            "o-",
            color=colour,
            markersize=3.5,
            label=_NAMES.get(str(name), str(name)),
        )
    axes.set(xlabel="probability claimed", ylabel="share of positive rows", xlim=(0, 1), ylim=(0, 1), aspect="equal")
    axes.set_title(title, loc="left", fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="upper left", edgecolor="none", framealpha=0.9, fontsize=8)
    return figure


def _pooled(curves: pd.DataFrame) -> pd.DataFrame:
    """The bins of all seeds as ten, of as many rows each, by the probability claimed."""
    own = curves.sort_values("claimed", kind="stable")
    tenth = (own["rows"].cumsum() - own["rows"] / 2) * 10 // own["rows"].sum()
    sums = own[["claimed", "found"]].mul(own["rows"], axis=0).groupby(tenth).sum()
    return sums.div(own.groupby(tenth)["rows"].sum(), axis=0)


class Line(NamedTuple):
    """A named curve: (p,) each."""

    name: str
    x: Reals
    y: Reals


def heat_map(values: pd.DataFrame, *, title: str) -> Figure:
    """Draw a table of shares, rows by columns, each with its number."""
    rows, columns = values.shape
    figure = Figure(figsize=(3.4 + 0.62 * columns, 1.1 + 0.34 * rows), layout="constrained")
    axes = figure.subplots()
    shares = values.to_numpy(np.float64)
    axes.imshow(shares, cmap="viridis", aspect="auto")
    axes.set_xticks(range(columns), values.columns, rotation=45, ha="right", fontsize=8)
    axes.set_yticks(range(rows), values.index, fontsize=8)
    middle = (np.nanmin(shares) + np.nanmax(shares)) / 2
    for (row, column), value in np.ndenumerate(shares):
        if np.isfinite(value):
            colour = "black" if value > middle else "white"
            axes.text(column, row, f"{value:.3f}", ha="center", va="center", fontsize=7, color=colour)
    axes.set_title(title, loc="left", fontsize=9)
    return figure


def curves(panels: Mapping[tuple[str, str, str], Sequence[Line]], *, title: str) -> Figure:
    """Draw a panel a group of lines, by title and axes; a line of one name has one colour in all of them."""
    figure = Figure(figsize=(11, 9), layout="constrained")
    names = dict.fromkeys(line.name for lines in panels.values() for line in lines)
    colours = dict(zip(names, colormaps["tab20"](np.arange(len(names)) % 20), strict=True))
    for axes, ((heading, across, up), lines) in zip(figure.subplots(2, 2).flat, panels.items(), strict=True):
        for line in lines:
            axes.plot(line.x, line.y, color=colours[line.name], label=line.name, linewidth=1.2)
        axes.set(xlabel=across, ylabel=up, xlim=(0, 1), ylim=(0, 1.01))
        axes.set_title(heading, loc="left", fontsize=10)
        axes.spines[["top", "right"]].set_visible(False)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=8, frameon=False)
    figure.suptitle(title, fontsize=11)
    return figure


def histograms(counts: Mapping[str, Histogram]) -> Figure:
    """Draw histograms on the same bins side by side, by name; the count axis is a square root, and one for all."""
    rows = -(-len(counts) // 4)
    figure = Figure(figsize=(11, 0.6 + 1.9 * rows), layout="constrained")
    panels = figure.subplots(rows, 4, sharex=True, sharey=True, squeeze=False).flat
    for axes, (name, own) in zip(panels, counts.items(), strict=False):
        for values, colour in ((own.negative, NEGATIVE), (own.positive, POSITIVE)):
            axes.stairs(values, own.edges, fill=True, alpha=0.55, color=colour)
        axes.set_yscale("function", functions=(np.sqrt, np.square))
        axes.set_title(name, loc="left", fontsize=8)
    for axes in figure.axes[len(counts) :]:
        axes.set_visible(False)
    figure.supxlabel(
        "score as a probability, a margin as it is, clipped to 0 to 1 (blue: negative rows, orange: positive)",
        fontsize=9,
    )
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
