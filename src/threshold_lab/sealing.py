"""A record with the hashes of all it holds, so that what was changed later is found without training anything again."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from threshold_lab.cells import TEST_LOGITS, WEIGHTS
from threshold_lab.spec import digest
from threshold_lab.tracking import FILES_HASH, SCORES_HASH, WEIGHTS_HASH, RunRecord

HASHES = "hashes.json"
"""SHA-256 of every other file of a run by its name, and of its numbers under NUMBERS."""

NUMBERS = "numbers"

ROWS = "record.json"
"""What the database holds of a run, once more: what was changed in either is named, and can be put back."""

_TAGGED = {WEIGHTS_HASH: WEIGHTS, SCORES_HASH: TEST_LOGITS}


def sealed(record: RunRecord) -> RunRecord:
    """Return a whole record with ROWS and HASHES, and in its tags the hashes of its weights, its scores and HASHES."""
    tagged = {tag: sha256(record.files[name]) for tag, name in _TAGGED.items() if name in record.files}
    record = replace(record, tags={**record.tags, **tagged})
    files = {**record.files, ROWS: _rows(record)}
    hashes = {name: sha256(own) for name, own in files.items()} | {NUMBERS: numbers(last_values(record))}
    content = json.dumps(hashes, indent=1, sort_keys=True).encode()
    return replace(record, files={**files, HASHES: content}, tags={**record.tags, FILES_HASH: sha256(content)})


def _rows(record: RunRecord) -> bytes:
    numbers = {name: float(own) for name, own in record.metrics.items() if math.isfinite(own)}
    series = {name: {str(step): float(own) for step, own in each.items()} for name, each in record.series.items()}
    return rows_content(replace(record, metrics=numbers), series)


def rows_content(record: RunRecord, series: Mapping[str, Mapping[str, float]]) -> bytes:
    """Return ROWS of a record whose numbers are all finite; series: by the text of the step."""
    rows = {
        "experiment": record.experiment,
        "name": record.name,
        "description": record.description,
        "tags": _sorted(record.tags),
        "params": _sorted({name: str(value) for name, value in record.params.items()}),
        "metrics": _sorted(record.metrics),
        "series": _sorted({name: _sorted(each) for name, each in series.items()}),
        "data": record.data,
    }
    return json.dumps(rows, separators=(",", ":")).encode()


def _sorted(pairs: Mapping[str, Any]) -> dict[str, Any]:
    return dict(sorted(pairs.items()))


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
