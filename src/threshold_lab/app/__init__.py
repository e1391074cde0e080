"""The command line; with the Hydra plugins, the only door to Hydra and the terminal."""

from threshold_lab.app.commands import main

__all__ = ["main"]
