"""Runs in and out; the only door to MLflow."""

from threshold_lab.tracking.home import own_database
from threshold_lab.tracking.names import CELL, KEY, PARENT, REASON, SWEEP
from threshold_lab.tracking.runs import RunRecord, Runs, StoredRun
from threshold_lab.tracking.server import server_command

__all__ = [
    "CELL",
    "KEY",
    "PARENT",
    "REASON",
    "SWEEP",
    "RunRecord",
    "Runs",
    "StoredRun",
    "own_database",
    "server_command",
]
