"""A sweep at one glance: what each network's decisions are worth at .5, and where it should be cut."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from threshold_lab.counts import Reals
from threshold_lab.figures.vector import PALETTE, WIDTH, axes_of, styled
from threshold_lab.metrics import Histogram


class Cell(NamedTuple):
    """Accuracy of the same networks at Keras's cut and at a tuned one."""

    name: str
    half: float
    tuned: float


def dumbbells(cells: Sequence[Cell], *, rule: str, majority: float) -> Figure:
    """Draw both accuracies of each cell, tied to each other, and what always saying the frequent label comes to."""
    with styled():
        figure = Figure(figsize=(WIDTH, 1.15 + 0.33 * len(cells)), layout="constrained")
        axes = axes_of(figure)
        _dumbbells(axes, cells, rule, majority)
        figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=2, frameon=False, borderpad=0)
    return figure


def _dumbbells(axes: Axes, cells: Sequence[Cell], rule: str, majority: float) -> None:
    at = np.arange(len(cells))
    axes.hlines(at, [own.half for own in cells], [own.tuned for own in cells], color=PALETTE["rule"], linewidth=3)
    hollow = {"markerfacecolor": "none", "markeredgewidth": 1.8, "linestyle": ""}
    axes.plot([own.half for own in cells], at, "o", color=PALETTE["two"], markersize=7, label="cut at 0.5", **hollow)
    tuned = [own.tuned for own in cells]
    axes.plot(tuned, at, "o", color=PALETTE["one"], markersize=6.5, linestyle="", label=f"cut at {rule}")
    line = {"color": PALETTE["ink"], "linewidth": 1, "linestyle": (0, (4, 3))}
    axes.axvline(majority, label="always the frequent label", **line)
    axes.set_yticks(at, [own.name for own in cells])
    axes.set_ylim(len(cells) - 0.5, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", linewidth=0.6)
    axes.set_xlabel("accuracy on the test part")
    axes.margins(x=0.08)


def glance(
    counts: Histogram, cut: Reals, cells: Sequence[Cell], *, words: tuple[str, str, str], rule: str, majority: float
) -> Figure:
    """Draw the scores that `predict` returns beside what cutting them elsewhere is worth.

    counts: of the question's own networks, whose tuned thresholds are cut (r,). words: of the negative and the positive
    label, and of the score.
    """
    with styled():
        figure = Figure(figsize=(11, 3.9), layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=(1, 1.05))
        for axes in (left, right):
            axes.spines[["top", "right"]].set_visible(False)
            axes.set_axisbelow(True)
        _scores(left, counts, cut, words, rule)
        _dumbbells(right, cells, rule, majority)
        right.set_title("The same networks, cut elsewhere", loc="left", fontsize=11.5, pad=30)
        right.legend(loc="lower left", bbox_to_anchor=(-0.01, 0.99), ncols=3, frameon=False, columnspacing=1.2)
    return figure


def _scores(axes: Axes, counts: Histogram, cut: Reals, words: tuple[str, str, str], rule: str) -> None:
    for values, part, label in zip((counts.negative, counts.positive), ("one", "two"), words, strict=False):
        axes.stairs(values, counts.edges, fill=True, alpha=0.45, color=PALETTE[part], label=label)
        axes.stairs(values, counts.edges, color=PALETTE[part])
    axes.set_yscale("function", functions=(np.sqrt, np.square))
    tallest = 1.25 * max(counts.negative.max(), counts.positive.max())
    axes.set(xlabel=words[2], ylabel="rows (square-root scale)", xlim=counts.edges[[0, -1]], ylim=(0, tallest))
    for at, told, side in ((0.5, " 0.5", "right"), (float(cut.mean()), f" {rule} {cut.mean():.2f} ", "left")):
        axes.axvline(at, color=PALETTE["ink"], linewidth=1, linestyle=(0, (4, 3)))
        axes.text(at, 0.97, f" {told.strip()} ", ha=side, va="top", transform=axes.get_xaxis_transform())
    axes.set_title("predict returns scores; the cut is yours", loc="left", fontsize=11.5, pad=30)
    axes.legend(loc="lower left", bbox_to_anchor=(-0.01, 0.99), ncols=2, frameon=False, columnspacing=1.2)
