"""What was measured of a claim -> Figure: lines, points with their intervals, or bars side by side."""

import textwrap
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from threshold_lab.counts import Reals
from threshold_lab.figures.vector import PALETTE, SERIES, WIDTH, axes_of, styled

_LINE = 20  # characters of a category
_LEGEND, _HANDLE = 56, 7  # characters of a row of the legend, and of a name's sample and gap there
_MARKERS = ("o", "s", "D", "^", "v", "P")
_DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.2)), (0, (5, 1.5, 1, 1.5)), (0, (8, 2)), (0, (2, 2)))
_SHOWN, _TICKS = 12, 8  # points of a line that are marked; values that are each told on the axis


class Marks(NamedTuple):
    """A named series: y at x (numbers, or words of categories), and its intervals where there are any, (p,) each."""

    name: str
    x: Sequence[float] | Sequence[str]
    y: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()


def lines(series: Sequence[Marks], *, across: str, up: str, mark: float | None = None) -> Figure:
    """Draw a line a series, a band where it has intervals. mark: a value of y to hold them against."""
    return _upright(_line, series, (across, up), mark)


def points(series: Sequence[Marks], *, across: str, up: str, mark: float | None = None) -> Figure:
    """Draw points with their intervals, over numbers; categories are `rows`."""
    return _upright(_point, series, (across, up), mark)


def bars(series: Sequence[Marks], *, across: str, up: str, mark: float | None = None) -> Figure:
    """Draw bars side by side over numbers, as wide as there is room for; categories are `rows`."""
    return _upright(_bar, series, (across, up), mark)


def rows(series: Sequence[Marks], *, up: str, mark: float | None = None, bar: bool = False) -> Figure:
    """Draw categories one below the other, a line of each a series: long words have room there, also on a phone."""
    names = list(dict.fromkeys(str(own) for one in series for own in one.x))
    step = min(0.8 / len(series), 0.4)
    with styled():
        height = 0.75 + len(names) * max(0.34, 0.17 * len(series) + 0.12) + _legend_height(series)
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        axes = axes_of(figure)
        for place, own in enumerate(series):
            at = np.array([names.index(str(one)) for one in own.x]) + step * (place - (len(series) - 1) / 2)
            (_row_bars if bar else _row_points)(axes, own, at, place, step)
        axes.set_yticks(range(len(names)), [textwrap.fill(one, _LINE) for one in names])
        axes.set_ylim(len(names) - 0.45, -0.55)
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x", linewidth=0.6)
        axes.set_xlabel(up)
        axes.locator_params(axis="x", nbins=_TICKS - 3)
        if mark is not None:
            axes.axvline(mark, color=PALETTE["ink"], linewidth=1, linestyle=(0, (4, 3)))
        axes.margins(x=0.06)
        _legend(figure, axes, series)
    return figure


def _row_points(axes: Axes, own: Marks, at: Reals, place: int, _step: float) -> None:
    colour = SERIES[place % len(SERIES)]
    if own.low:
        axes.hlines(at, own.low, own.high, color=colour, linewidth=1.8)
    axes.plot(own.y, at, _MARKERS[place % len(_MARKERS)], color=colour, markersize=5.5, label=own.name)


def _row_bars(axes: Axes, own: Marks, at: Reals, place: int, step: float) -> None:
    axes.barh(at, own.y, height=step * 0.86, color=SERIES[place % len(SERIES)], label=own.name)
    if own.low:
        axes.hlines(at, own.low, own.high, color=PALETTE["ink"], linewidth=1.2)


def _upright(
    draw: Callable[[Axes, Marks, int, int], None], series: Sequence[Marks], words: tuple[str, str], mark: float | None
) -> Figure:
    with styled():
        figure = Figure(figsize=(WIDTH, 3.1 + _legend_height(series)), layout="constrained")
        axes = axes_of(figure)
        for place, own in enumerate(series):
            draw(axes, own, place, len(series))
        axes.grid(axis="y", linewidth=0.6)
        axes.set(xlabel=words[0], ylabel=words[1])
        values = np.unique(np.concatenate([np.array(own.x, float) for own in series]))
        if draw is not _line and len(values) <= _TICKS:
            axes.set_xticks(values, [f"{value:g}" for value in values])
        else:
            axes.locator_params(axis="x", nbins=_TICKS - 2)
        if mark is not None:
            axes.axhline(mark, color=PALETTE["ink"], linewidth=1, linestyle=(0, (4, 3)))
        _legend(figure, axes, series)
    return figure


def _line(axes: Axes, own: Marks, place: int, _many: int) -> None:
    colour, x = SERIES[place % len(SERIES)], np.array(own.x, float)
    if own.low:
        axes.fill_between(x, own.low, own.high, color=colour, alpha=0.15, linewidth=0)
    marker = _MARKERS[place % len(_MARKERS)] if len(x) <= _SHOWN else ""
    dashes = _DASHES[place % len(_DASHES)]
    axes.plot(x, own.y, marker=marker, linestyle=dashes, color=colour, markersize=4.5, label=own.name)


def _point(axes: Axes, own: Marks, place: int, _many: int) -> None:
    colour = SERIES[place % len(SERIES)]
    if own.low:
        axes.vlines(own.x, own.low, own.high, color=colour, linewidth=1.8)
    axes.plot(own.x, own.y, _MARKERS[place % len(_MARKERS)], color=colour, markersize=5.5, label=own.name)


def _bar(axes: Axes, own: Marks, place: int, many: int) -> None:
    x = np.array(own.x, float)
    room = float(np.diff(np.unique(x)).min()) if len(np.unique(x)) > 1 else 1.0
    width = 0.8 * room / many
    at = x + width * (place - (many - 1) / 2)
    axes.bar(at, own.y, width=width * 0.9, color=SERIES[place % len(SERIES)], label=own.name)
    if own.low:
        axes.vlines(at, own.low, own.high, color=PALETTE["ink"], linewidth=1.2)


def _columns(series: Sequence[Marks]) -> int:
    """The most columns of names that fit beside each other; a legend is filled column by column."""
    lengths = [len(own.name) + _HANDLE for own in series]
    for columns in range(len(series), 1, -1):
        rows_ = -(-len(series) // columns)
        if sum(max(lengths[at : at + rows_]) for at in range(0, len(lengths), rows_)) <= _LEGEND:
            return columns
    return 1


def _legend_height(series: Sequence[Marks]) -> float:
    return 0.0 if len(series) < 2 else 0.21 * -(-len(series) // _columns(series))


def _legend(figure: Figure, axes: Axes, series: Sequence[Marks]) -> None:
    """The names of two series or more, above them; a lone one is named by its picture."""
    if len(series) > 1:
        handles, names = axes.get_legend_handles_labels()
        figure.legend(
            handles,
            names,
            loc="outside upper left",
            ncols=_columns(series),
            frameon=False,
            borderpad=0,
            handlelength=1.8,
        )
