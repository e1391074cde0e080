"""Records -> Figure -> PNG or SVG; the only door to matplotlib. Nothing here reads or writes a file."""

from threshold_lab.figures.answers import Marks, bars, lines, points, rows
from threshold_lab.figures.runs import (
    CUT,
    NEGATIVE,
    POSITIVE,
    Interval,
    Line,
    ThresholdPictures,
    curves,
    heat_map,
    histograms,
    intervals,
    png,
    reliability,
)
from threshold_lab.figures.summary import Cell, Compared, Told, dumbbells, glance
from threshold_lab.figures.vector import PALETTE, svg, told_png

__all__ = [
    "CUT",
    "NEGATIVE",
    "PALETTE",
    "POSITIVE",
    "Cell",
    "Compared",
    "Interval",
    "Line",
    "Marks",
    "ThresholdPictures",
    "Told",
    "bars",
    "curves",
    "dumbbells",
    "glance",
    "heat_map",
    "histograms",
    "intervals",
    "lines",
    "png",
    "points",
    "reliability",
    "rows",
    "svg",
    "told_png",
]
