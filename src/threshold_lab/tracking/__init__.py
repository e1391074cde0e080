"""Runs in and out; the only door to MLflow."""

from threshold_lab.tracking.database import Database, RunRows, is_plain
from threshold_lab.tracking.entities import Introduction, Records, RunRecord, StoredRun
from threshold_lab.tracking.home import own_database
from threshold_lab.tracking.logged import profile_of
from threshold_lab.tracking.memory import Memory
from threshold_lab.tracking.mending import Restored, remove_rows, restore, set_tag, without_triggers
from threshold_lab.tracking.names import (
    ADDED,
    ALONE,
    CELL,
    CLAIM,
    CONTENT,
    DRIVER,
    FILES_HASH,
    HEAD,
    KEY,
    KIND,
    PARENT,
    REASON,
    RUN_ID,
    SCORES_HASH,
    SUMS,
    SUPERSEDED,
    SWEEP,
    TABLE_HASH,
    WEIGHTS_HASH,
)
from threshold_lab.tracking.patience import most_patience
from threshold_lab.tracking.runs import Runs
from threshold_lab.tracking.server import server_command
from threshold_lab.tracking.within import is_run_id

__all__ = [
    "ADDED",
    "ALONE",
    "CELL",
    "CLAIM",
    "CONTENT",
    "DRIVER",
    "FILES_HASH",
    "HEAD",
    "KEY",
    "KIND",
    "PARENT",
    "REASON",
    "RUN_ID",
    "SCORES_HASH",
    "SUMS",
    "SUPERSEDED",
    "SWEEP",
    "TABLE_HASH",
    "WEIGHTS_HASH",
    "Database",
    "Introduction",
    "Memory",
    "Records",
    "Restored",
    "RunRecord",
    "RunRows",
    "Runs",
    "StoredRun",
    "is_plain",
    "is_run_id",
    "most_patience",
    "own_database",
    "profile_of",
    "remove_rows",
    "restore",
    "server_command",
    "set_tag",
    "without_triggers",
]
