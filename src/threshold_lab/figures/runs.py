"""Records -> Figure; the only door to matplotlib. Nothing here reads or writes a file but `png`."""

import io
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib import colormaps, image
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from threshold_lab.counts import Reals
from threshold_lab.metrics import Histogram

NEGATIVE, POSITIVE, CUT = "#4c72b0", "#dd8452", "#222222"
_COLOURS = ("#222222", "#4c72b0", "#dd8452", "#55a868")
_NAMES = {"none": "as it is (thin: each seed)"}
_DPI = 110
_LINE = 48  # characters of a name
_PNG: dict[str, Any] = {"metadata": {"Software": None}, "pil_kwargs": {"compress_level": 1}}
_PLACE = (0.1, 0.15, 0.87, 0.76)  # fixed: a layout engine draws every picture twice to find it


class ThresholdPictures:
    """Pictures of one histogram of scores by class, cut at different thresholds: what they share is drawn once.

    labels: the words of the negative and the positive label; unit: of the score; rows: what is counted. The count axis
    is a square root: both the rows that are decided and the few that are not can be seen.
    """

    def __init__(self, counts: Histogram, *, labels: tuple[str, str], unit: str, rows: str) -> None:
        self._counts, self._labels, self._words = counts, labels, (unit, f"{rows} (square-root scale)")
        self._drawn: dict[tuple[float, float], tuple[Any, Axes, Any]] = {}

    def png(self, threshold: Reals, *, title: str) -> bytes:
        """Draw the threshold of each network (r,), as a line at their mean and a band."""
        ends = _reaching(self._counts.edges, threshold)
        if ends not in self._drawn:
            self._drawn[ends] = self._board(*ends)
        canvas, axes, board = self._drawn[ends]
        canvas.restore_region(board)
        for artist in (*_threshold(axes, threshold), axes.text(0, 1.04, title, fontsize=10, transform=axes.transAxes)):
            axes.draw_artist(artist)
            artist.remove()
        buffer = io.BytesIO()
        image.imsave(buffer, np.asarray(canvas.buffer_rgba()), format="png", dpi=_DPI, **_PNG)
        return buffer.getvalue()

    def _board(self, low: float, high: float) -> tuple[Any, Axes, Any]:
        """What is the same at all thresholds between two ends: the canvas, its axes, and the pixels."""
        figure = Figure(figsize=(7, 3.6), dpi=_DPI)
        canvas: Any = FigureCanvasAgg(figure)
        axes, counts = figure.add_axes(_PLACE), self._counts
        classes = zip((counts.negative, counts.positive), (NEGATIVE, POSITIVE), self._labels, strict=True)
        for values, colour, label in classes:
            axes.stairs(values, counts.edges, fill=True, alpha=0.55, color=colour, label=label)
            axes.stairs(values, counts.edges, color=colour)
        axes.set_yscale("function", functions=(np.sqrt, np.square))
        tallest = 1.3 * max(counts.negative.max(), counts.positive.max())
        axes.set(xlabel=self._words[0], ylabel=self._words[1], xlim=(low, high), ylim=(0, tallest))
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(loc="lower right", bbox_to_anchor=(1.01, 0.99), ncols=2, frameon=False, fontsize=9)
        canvas.draw()
        return canvas, axes, canvas.copy_from_bbox(figure.bbox)


def _reaching(edges: Reals, threshold: Reals) -> tuple[float, float]:
    """The ends of an axis that holds bins and, not at its very end, thresholds."""
    margin = 0.03 * float(np.ptp(np.concatenate([edges, threshold])))
    (first, last), low, high = edges[[0, -1]].tolist(), float(threshold.min()), float(threshold.max())
    return (low - margin if low < first else first), (high + margin if high > last else last)


def _threshold(axes: Axes, threshold: Reals) -> list[Artist]:
    low, mean, high = float(threshold.min()), float(threshold.mean()), float(threshold.max())
    words = f"threshold {mean:.3g}" + (f" ({low:.3g} to {high:.3g})" if high > low else "")
    side = "right" if mean > sum(axes.get_xlim()) / 2 else "left"
    told = axes.text(mean, 0.95, f" {words} ", fontsize=9, ha=side, transform=axes.get_xaxis_transform())
    line = axes.axvline(mean, color=CUT, linestyle="--")
    return [axes.axvspan(low, high, color=CUT, alpha=0.12), line, told] if high > low else [line, told]


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
    names = [_wrapped(str(own)) for own in values.index]
    longest, lines = max(map(_longest, names)), max(own.count("\n") for own in names)
    size = (1.2 + 0.075 * longest + 0.62 * columns, 1.1 + (0.34 + 0.14 * lines) * rows)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots()
    shares = values.to_numpy(np.float64)
    axes.imshow(shares, cmap="viridis", aspect="auto")
    axes.set_xticks(range(columns), values.columns, rotation=45, ha="right", fontsize=8)
    axes.set_yticks(range(rows), names, fontsize=8)
    middle = (np.nanmin(shares) + np.nanmax(shares)) / 2
    for (row, column), value in np.ndenumerate(shares):
        if np.isfinite(value):
            colour = "black" if value > middle else "white"
            axes.text(column, row, f"{value:.3f}", ha="center", va="center", fontsize=7, color=colour)
    figure.suptitle(title, x=0.01, ha="left", fontsize=9)
    return figure


def _wrapped(name: str) -> str:
    """A name on as many lines as leave room for a picture beside it."""
    return textwrap.fill(name, _LINE)


def _longest(name: str) -> int:
    return max(map(len, name.split("\n")))


def curves(panels: Mapping[tuple[str, str, str], Sequence[Line]], *, title: str) -> Figure:
    """Draw a panel a group of lines, by title and axes; a line of one name has one colour in all of them, and one
    without a name is a guide for the eye.
    """
    rows = -(-len(panels) // 3)
    figure = Figure(figsize=(14, 4.4 * rows), layout="constrained")
    names = dict.fromkeys(line.name for lines in panels.values() for line in lines if line.name)
    colours = dict(zip(names, colormaps["tab20"](np.arange(len(names)) % 20), strict=True))
    every = figure.subplots(rows, 3, squeeze=False).flat
    for axes, ((heading, across, up), lines) in zip(every, panels.items(), strict=False):
        for line in lines:
            axes.plot(line.x, line.y, **_style(line, colours))
        axes.set(xlabel=across, ylabel=up, xlim=(0, 1), ylim=(0, 1.01))
        axes.set_title(heading, loc="left", fontsize=10)
        axes.spines[["top", "right"]].set_visible(False)
    for axes in every[len(panels) :]:
        axes.set_axis_off()
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    figure.suptitle(title, fontsize=11)
    return figure


def _style(line: Line, colours: Mapping[str, Any]) -> dict[str, Any]:
    if not line.name:
        return {"color": "0.6", "linewidth": 0.8, "linestyle": "--"}
    return {"color": colours[line.name], "label": _wrapped(line.name), "linewidth": 1.2}


def histograms(counts: Mapping[str, Histogram]) -> Figure:
    """Draw histograms on the same bins side by side, by name; the count axis is a square root, and one for all."""
    rows = -(-len(counts) // 4)
    figure = Figure(figsize=(11, 0.6 + 1.9 * rows), layout="constrained")
    panels = figure.subplots(rows, 4, sharex=True, sharey=True, squeeze=False).flat
    for axes, (name, own) in zip(panels, counts.items(), strict=False):
        for values, colour in ((own.negative, NEGATIVE), (own.positive, POSITIVE)):
            axes.stairs(values, own.edges, fill=True, alpha=0.55, color=colour)
        axes.set_yscale("function", functions=(np.sqrt, np.square))
        axes.set_title(_wrapped(name), loc="left", fontsize=8)
    for axes in figure.axes[len(counts) :]:
        axes.set_visible(False)
    figure.supxlabel(
        "score as a probability, a margin from -1 to 1 likewise; ends hold what lies beyond (blue: negative rows, "
        "orange: positive; square-root scale)",
        fontsize=9,
    )
    return figure


class Interval(NamedTuple):
    """A named interval with its middle."""

    name: str
    mean: float
    low: float
    high: float


def intervals(groups: Mapping[str, Sequence[Interval]], marks: Mapping[str, float], *, title: str) -> Figure:
    """Draw intervals by group, one below the other, and a mark a group. A name has one colour in all groups."""
    figure = Figure(figsize=(8, 0.9 + 0.42 * len(groups)), layout="constrained")
    axes = figure.subplots()
    names = list(dict.fromkeys(own.name for group in groups.values() for own in group))
    for row, group in enumerate(groups.values()):
        for own in group:
            at, colour = row + 0.2 * (names.index(own.name) - (len(names) - 1) / 2), _COLOURS[names.index(own.name) + 1]
            axes.plot([own.low, own.high], [at, at], color=colour, linewidth=1.5)
            axes.plot([own.mean], [at], "o", color=colour, markersize=4, label=own.name)
    rows = range(len(groups))
    axes.plot([marks[name] for name in groups], rows, "D", color=CUT, markersize=5, linestyle="", label="published")
    axes.set_yticks(rows, list(groups), fontsize=9)
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="x", alpha=0.3)
    told = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    axes.legend(told.values(), told, loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False, fontsize=9)
    axes.set_title(title, loc="left", fontsize=10)
    return figure


def png(figure: Figure) -> bytes:
    """Return a figure as PNG bytes, the same bytes for the same figure."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DPI, **_PNG)
    return buffer.getvalue()
