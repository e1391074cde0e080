"""A figure as SVG, or as a PNG that says what it shows: the same bytes for the same figure."""

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

PALETTE = {
    "ink": "#1b2129",
    "muted": "#59636f",
    "rule": "#d5dae1",
    "one": "#2f62b3",
    "two": "#c2540a",
    "three": "#1d7f5f",
    "four": "#8a46b4",
    "five": "#a3272f",
    "six": "#6b6f12",
}
"""Every colour of a figure that becomes SVG, by its part: whoever shows it may put another in its place."""

SERIES = tuple(PALETTE[name] for name in ("one", "two", "three", "four", "five", "six"))
WIDTH = 4.8  # inches: read at its own size on a screen, and still on a phone
_SIZE = 10
_STYLE: dict[Any, Any] = {
    "text.parse_math": False,  # a dollar in a stored word is a dollar
    "svg.fonttype": "none",
    "font.size": _SIZE,
    "axes.labelsize": _SIZE,
    "xtick.labelsize": _SIZE - 0.5,
    "ytick.labelsize": _SIZE - 0.5,
    "legend.fontsize": _SIZE - 0.5,
    "text.color": PALETTE["ink"],
    "axes.labelcolor": PALETTE["muted"],
    "axes.edgecolor": PALETTE["rule"],
    "xtick.color": PALETTE["rule"],
    "ytick.color": PALETTE["rule"],
    "xtick.labelcolor": PALETTE["ink"],
    "ytick.labelcolor": PALETTE["ink"],
    "grid.color": PALETTE["rule"],
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "axes.formatter.useoffset": False,
    "axes.unicode_minus": False,
}
_UNUSED = re.compile(r'(<\w+) id="[A-Za-z.]+[A-Za-z0-9.]*_\d+"')


@contextmanager
def styled(**more: Any) -> Iterator[None]:
    """Draw in the colours of PALETTE and take every word as it is, also one that no font here has a glyph for."""
    with rc_context(_STYLE | more), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def axes_of(figure: Figure) -> Axes:
    """Return the axes of a figure, with its lower and left spine alone."""
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_axisbelow(True)
    return axes


def svg(figure: Figure, *, name: str) -> str:
    """Return a figure as an SVG element, its words as text. name: what its ids are made of, so that two may share a
    page.
    """
    buffer = io.BytesIO()
    with styled(**{"svg.hashsalt": name}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    drawn = buffer.getvalue().decode()
    return _UNUSED.sub(r"\1", drawn[drawn.index("<svg") :]).strip()


def told_png(figure: Figure, *, words: str) -> bytes:
    """Return a figure as PNG bytes that hold words: what it shows, for a reader of the file."""
    buffer = io.BytesIO()
    with styled():
        metadata = {"Software": None, "Description": words}
        figure.savefig(buffer, format="png", dpi=150, facecolor="white", metadata=metadata)
    return buffer.getvalue()
