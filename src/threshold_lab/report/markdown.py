"""What is told -> Markdown, with its pictures as files beside it."""

import re
from collections.abc import Callable

from markupsafe import Markup, escape

from threshold_lab.report.found import Sweep
from threshold_lab.report.page import templates
from threshold_lab.report.source import Source
from threshold_lab.report.view import View

PICTURES = "pictures"
"""The folder of the pictures, beside the text."""

_SPECIAL = re.compile(r"([\\`*\[\]|~])|(?<!\w)_|_(?!\w)")
_FIRST = re.compile(r"^(\s*)([#>+-]|\d+(?=[.)]))")


def markdown(view: View, own: Sweep | None, source: Source) -> str:
    """Return the text."""
    known = templates()
    filters: dict[str, Callable[[object], Markup]] = {"words": words, "code": code}
    known.filters.update(filters)
    return known.get_template("report.md").render(view=view, sweep=own, source=source, pictures=PICTURES)


def words(value: object) -> Markup:
    """Return stored words that stay words: on one line, and no mark of Markdown or HTML."""
    line = " ".join(str(value).split())
    told = _SPECIAL.sub(lambda own: f"\\{own[0]}", str(escape(line)))
    return Markup(_FIRST.sub(r"\1\\\2", told))  # noqa: S704 - it was escaped


def code(value: object) -> Markup:
    """Return a command as a block of code, whatever it holds."""
    lines = str(value).splitlines() or [""]
    return Markup("\n".join(f"    {line}" for line in lines))  # noqa: S704 - an indented block is shown as it is
