"""Where a person reads."""

from rich.console import Console

console = Console(highlight=False, markup=False)
if not console.is_terminal:
    console.width = 130  # whoever reads a pipe wraps lines himself
