"""A record with the hashes of all it holds, so that what was changed later is found without training anything again."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import replace

from threshold_lab.cells import TEST_LOGITS, WEIGHTS
from threshold_lab.spec import digest
from threshold_lab.tracking import FILES_HASH, SCORES_HASH, WEIGHTS_HASH, RunRecord

HASHES = "hashes.json"
"""SHA-256 of every other file of a run by its name, and of its numbers under NUMBERS."""

NUMBERS = "numbers"


def sealed(record: RunRecord) -> RunRecord:
    """Return a finished record with HASHES, and in its tags the hashes of that file, the weights and the scores."""
    hashes = {name: sha256(own) for name, own in record.files.items()} | {NUMBERS: numbers(last_values(record))}
    content = json.dumps(hashes, indent=1, sort_keys=True).encode()
    tags = {WEIGHTS_HASH: hashes[WEIGHTS], SCORES_HASH: hashes[TEST_LOGITS], FILES_HASH: sha256(content)}
    return replace(record, files={**record.files, HASHES: content}, tags={**record.tags, **tags})


def last_values(record: RunRecord) -> dict[str, float]:
    """Return what MLflow says of each metric: the one value, or that of the last step."""
    series = {name: float(own[max(own)]) for name, own in record.series.items()}
    return {name: float(own) for name, own in record.metrics.items() if math.isfinite(own)} | series


def numbers(metrics: Mapping[str, float]) -> str:
    """Return the hash of last values."""
    return digest({name: value.hex() for name, value in metrics.items()})


def sha256(content: bytes) -> str:
    """Return a hash in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
