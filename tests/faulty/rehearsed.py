"""A worker process that hands out the fits of a store in the place of training them: all else is as always.

It imports no TensorFlow, so it is there in a second, and may be killed or stopped as one that trains.
"""

import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from threshold_lab import worker
from threshold_lab.exchange import FolderDesk
from threshold_lab.records import Fit, Parts
from threshold_lab.spec import Lane
from threshold_lab.store import Store

VARIABLE, LOG = "LAB_REHEARSED", "LAB_REHEARSED_LOG"
"""Environment variables: the store whose fits are handed out, and where a worker says that it is there."""

_EPOCHS, _EPOCH_SECONDS = 10, 0.03


def prepare() -> None:
    """Be prepared as every worker is, with this module in the place of the one that trains; say so in the log."""
    worker.prepare()
    sys.modules["threshold_lab.train"] = sys.modules["tensorflow"] = sys.modules[__name__]
    with Path(os.environ[LOG]).open("a") as log:
        log.write(json.dumps({"worker": os.getpid()}) + "\n")


def train(lanes: Sequence[Lane], _parts: Parts, desk: FolderDesk, _exported: frozenset[str]) -> list[Fit]:
    """Hand out fits as if they were trained, over a while."""
    for _ in range(_EPOCHS):
        desk.epoch()
        time.sleep(_EPOCH_SECONDS)
    fits = [Store(Path(os.environ[VARIABLE])).fit(lane.key) for lane in lanes]
    for fit in fits:
        for part, logits in fit.logits.items():
            desk.put(fit.key, part, logits)
    return [replace(fit, logits={}) for fit in fits]
