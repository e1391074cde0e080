"""What is told -> one HTML page that needs nothing else: no network, no file beside it."""

import base64
import hashlib
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from threshold_lab.interactive import library
from threshold_lab.report import model
from threshold_lab.report.found import Sweep
from threshold_lab.report.source import Source
from threshold_lab.report.view import View

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src {scripts}; base-uri 'none'"


def templates() -> Environment:
    """Return the templates; what is put into them is escaped."""
    return Environment(
        loader=PackageLoader("threshold_lab.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def page(view: View, own: Sweep | None, source: Source) -> str:
    """Return the page. Only its own scripts run in it, known by their hashes, and nothing is loaded."""
    known = templates()
    scripts: list[str] = []
    parts: dict[str, Any] = {"sweep": None, "model": None, "start": None}
    if own is not None:
        movable = model.of_model(own.model)
        parts = {"sweep": own, "model": model.data(movable), "start": model.start(own.model, movable)}
        program = known.get_template("slider.js").render()
        scripts = [_harmless(library()), _harmless(program)]
    return known.get_template("page.html").render(
        view=view, source=source, scripts=scripts, policy=_policy(scripts), **parts
    )


def _harmless(script: str) -> str:
    """A script that cannot end its own element."""
    return script.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _policy(scripts: list[str]) -> str:
    hashes = [base64.b64encode(hashlib.sha256(own.encode()).digest()).decode() for own in scripts]
    return _POLICY.format(scripts=" ".join(f"'sha256-{own}'" for own in hashes) or "'none'")
