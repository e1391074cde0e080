"""Runs in and out; the only door to MLflow."""

from threshold_lab.tracking.entities import Records, RunRecord, StoredRun
from threshold_lab.tracking.home import own_database
from threshold_lab.tracking.memory import Memory
from threshold_lab.tracking.names import (
    ALONE,
    CELL,
    FILES_HASH,
    HEAD,
    KEY,
    KIND,
    PARENT,
    REASON,
    RUN_ID,
    SCORES_HASH,
    SWEEP,
    TABLE_HASH,
    WEIGHTS_HASH,
)
from threshold_lab.tracking.runs import Runs
from threshold_lab.tracking.server import server_command

__all__ = [
    "ALONE",
    "CELL",
    "FILES_HASH",
    "HEAD",
    "KEY",
    "KIND",
    "PARENT",
    "REASON",
    "RUN_ID",
    "SCORES_HASH",
    "SWEEP",
    "TABLE_HASH",
    "WEIGHTS_HASH",
    "Memory",
    "Records",
    "RunRecord",
    "Runs",
    "StoredRun",
    "own_database",
    "server_command",
]
