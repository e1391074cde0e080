"""A sweep at one glance: what each network's decisions are worth at .5, and where it should be cut."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from threshold_lab.counts import Reals
from threshold_lab.figures.vector import PALETTE, WIDTH, axes_of, styled
from threshold_lab.metrics import Histogram

_DASHED: dict[str, Any] = {"color": PALETTE["ink"], "linewidth": 1, "linestyle": (0, (4, 3))}


class Cell(NamedTuple):
    """Accuracy of the same networks at Keras's cut and at a tuned one."""

    name: str
    half: float
    tuned: float


class Compared(NamedTuple):
    """Cells, the rule of their tuned cuts, and the accuracy of always saying the more frequent label."""

    cells: Sequence[Cell]
    rule: str
    majority: float


class Told(NamedTuple):
    """Words of a histogram: the negative and the positive label, the score, and what is counted."""

    negative: str
    positive: str
    unit: str
    rows: str


def dumbbells(own: Compared) -> Figure:
    """Draw both accuracies of each cell, tied to each other, and the majority."""
    with styled():
        figure = Figure(figsize=(WIDTH, 0.95 + 0.31 * len(own.cells)), layout="constrained")
        axes = axes_of(figure)
        _dumbbells(axes, own)
        figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=3, frameon=False, borderpad=0)
    return figure


def _dumbbells(axes: Axes, own: Compared) -> None:
    at = np.arange(len(own.cells))
    half, tuned = ([getattr(cell, name) for cell in own.cells] for name in ("half", "tuned"))
    axes.hlines(at, half, tuned, color=PALETTE["rule"], linewidth=3)
    hollow: dict[str, Any] = {"markerfacecolor": "none", "markeredgewidth": 1.8, "linestyle": ""}
    axes.plot(half, at, "o", color=PALETTE["two"], markersize=7, label="cut at 0.5", **hollow)
    axes.plot(tuned, at, "o", color=PALETTE["one"], markersize=6.5, linestyle="", label=f"cut at {own.rule}")
    axes.axvline(own.majority, label="majority", **_DASHED)
    axes.set_yticks(at, [cell.name for cell in own.cells])
    axes.set_ylim(len(own.cells) - 0.5, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", linewidth=0.6)
    axes.set_xlabel("accuracy on the test part")
    axes.margins(x=0.08)
    axes.locator_params(axis="x", nbins=6)


def glance(counts: Histogram, cut: Reals, own: Compared, words: Told) -> Figure:
    """Draw the scores that `predict` returns beside what cutting them elsewhere is worth.

    counts: of the question's own networks, whose tuned thresholds are cut (r,).
    """
    with styled():
        figure = Figure(figsize=(11, 3.9), layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=(1, 1.05))
        _scores(left, counts, words)
        _cuts(left, {"": 0.5, f"{own.rule} ": float(cut.mean())})
        _dumbbells(right, own)
        titles = ("predict returns scores; the cut is yours", "The same networks, cut elsewhere")
        for axes, title in zip((left, right), titles, strict=True):
            axes.spines[["top", "right"]].set_visible(False)
            axes.set_axisbelow(True)
            axes.set_title(title, loc="left", fontsize=11.5, pad=30)
            axes.legend(loc="lower left", bbox_to_anchor=(-0.01, 0.99), ncols=3, frameon=False, columnspacing=1.4)
    return figure


def _scores(axes: Axes, counts: Histogram, words: Told) -> None:
    classes = ((counts.negative, "one", words.negative), (counts.positive, "two", words.positive))
    for values, part, label in classes:
        axes.stairs(values, counts.edges, fill=True, alpha=0.45, color=PALETTE[part], label=label)
        axes.stairs(values, counts.edges, color=PALETTE[part])
    axes.set_yscale("function", functions=(np.sqrt, np.square))
    tallest = 1.25 * max(counts.negative.max(), counts.positive.max())
    low, high = counts.edges[[0, -1]].tolist()
    axes.set(xlabel=words.unit, ylabel=f"{words.rows} (square-root scale)", xlim=(low, high), ylim=(0, tallest))


def _cuts(axes: Axes, cuts: Mapping[str, float]) -> None:
    """Lines at thresholds, each told on the side where there is room."""
    for name, at in cuts.items():
        axes.axvline(at, **_DASHED)
        side = "right" if at == min(cuts.values()) else "left"
        axes.text(at, 0.97, f" {name}{at:.3g} ", ha=side, va="top", transform=axes.get_xaxis_transform())
