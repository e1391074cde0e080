"""Where a person reads."""

from typing import Any

from rich.console import Console
from rich.text import Text

from threshold_lab.errors import plain


class _Screen(Console):
    """A terminal that no label, name or path of a file can move or recolour."""

    def render_str(self, text: str, **style: Any) -> Text:
        """Make a text of a string, signs that do not print as their escapes."""
        return super().render_str(plain(text), **style)


console = _Screen(highlight=False, markup=False)
if not console.is_terminal:
    console.width = 130  # whoever reads a pipe wraps lines himself
