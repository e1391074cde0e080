"""What is stored of a picture -> SVG: for a page, in the page's colours; for a file of its own, in both lights."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from threshold_lab import figures
from threshold_lab.claims.answer import Answer, Picture, Series
from threshold_lab.errors import StoreError
from threshold_lab.figures import PALETTE, Marks
from threshold_lab.report.words import number

DARK: Mapping[str, str] = {
    "ink": "#e8ebef",
    "muted": "#a3adba",
    "rule": "#3a424d",
    "one": "#7aa7f0",
    "two": "#f0935a",
    "three": "#5cc49c",
    "four": "#c494e8",
    "five": "#f08a8a",
    "six": "#c9cc6a",
}
"""The colours of PALETTE on a dark ground."""

GROUND = {"light": "#ffffff", "dark": "#14181d"}
_PARTS = {colour: part for part, colour in PALETTE.items()}
_COLOUR = re.compile(rf"(fill|stroke): ({'|'.join(_PARTS)})")
_SHAPES = {"lines": figures.lines, "points": figures.points, "bars": figures.bars}


@dataclass(frozen=True)
class Drawn:
    """A picture. name: of its file, without its ending. svg: as it was drawn. title, told: its words, for those too
    who do not see it.
    """

    name: str
    title: str
    told: str
    svg: str

    def on_page(self) -> str:
        """Return it as an element of a page whose style sheet says what each colour is."""
        return _COLOUR.sub(lambda own: f"{own[1]}: var(--{_PARTS[own[2]]})", self.svg)

    def as_file(self) -> bytes:
        """Return it as a file that stands alone, on a ground of its own, light or dark as its reader has it."""
        start = self.svg.index(">") + 1
        ground = f'<rect class="ground" width="100%" height="100%" fill="{GROUND["light"]}"/>'
        return (self.svg[:start] + f"<style>{_in_the_dark()}</style>" + ground + self.svg[start:] + "\n").encode()


def _in_the_dark() -> str:
    rules = [
        f'[style*="{kind}: {PALETTE[part]}"]{{{kind}:{colour}!important}}'
        for part, colour in DARK.items()
        for kind in ("fill", "stroke")
    ]
    return f"@media(prefers-color-scheme:dark){{.ground{{fill:{GROUND['dark']}}}{''.join(rules)}}}"


def of_claim(answer: Answer) -> Drawn:
    """Return the picture of a claim. Raises StoreError where it cannot be drawn."""
    own = answer.picture
    _require_whole(answer, own)
    name = f"claim-{answer.number}"
    return Drawn(name, own.title, _told(own), figures.svg(_figure(own), name=name))


def _figure(own: Picture) -> Any:
    series = [Marks(one.name, one.x, one.y, one.low, one.high) for one in own.series]
    if any(isinstance(value, str) for one in own.series for value in one.x):
        return figures.rows(series, up=own.y, mark=own.mark, bar=own.kind == "bars")
    return _SHAPES[own.kind](series, across=own.x, up=own.y, mark=own.mark)


def _require_whole(answer: Answer, own: Picture) -> None:
    """A series has a y, and an interval where there are any, at each x."""
    for one in own.series:
        given = (len(one.x), len(one.y), len(one.low), len(one.high))
        if not one.y or given[0] != given[1] or (given[2:] != (0, 0) and given[2:] != given[:2]):
            raise StoreError(
                f"the picture of claim {answer.number} cannot be drawn: its series {one.name!r} has {given[0]} x, "
                f"{given[1]} y, {given[2]} low and {given[3]} high; make it again with: {answer.command}"
            )


def _told(own: Picture) -> str:
    """A picture in words: what is drawn, and between which ends each series lies."""
    mark = "" if own.mark is None else f" The line across is at {number(own.mark).words}."
    return f"{own.title}. {own.y}, by {own.x}: {'; '.join(map(_ends, own.series))}.{mark}"


def _ends(one: Series) -> str:
    low, high = number(min(one.y)).words, number(max(one.y)).words
    return f"{one.name} {low}" if low == high else f"{one.name} from {low} to {high}"
