"""A record in MLflow's own words: batches of numbers, and the data they are of."""

import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag

from threshold_lab.faults import around
from threshold_lab.tracking.entities import RunRecord
from threshold_lab.tracking.names import RUN_ID

NOTE = "mlflow.note.content"
_BATCH = 1000
_CONTENT = 27  # characters of a content's hash in a data set's digest
_PARAMS = 100


def write(client: Any, run_id: str, record: RunRecord) -> None:
    """Write the numbers, the configuration, the description and the data of a run."""
    for batch in batches(record, run_id):
        with around("metrics"):
            client.log_batch(run_id, **batch)
    if inputs := data_of(record):
        with around("inputs"):
            client.log_inputs(run_id, inputs)


def batches(record: RunRecord, run_id: str) -> Iterator[dict[str, Any]]:
    """Yield what `log_batch` takes of a record, at most as much at once as MLflow allows; no number that is none."""
    now = int(time.time() * 1000)
    numbers = [Metric(name, value, now, 0) for name, value in record.metrics.items() if np.isfinite(value)]
    series = ((name, *own) for name, steps in record.series.items() for own in steps.items())
    numbers += [Metric(name, float(value), now, step) for name, step, value in series]
    params = [Param(name, str(value)) for name, value in record.params.items()]
    tags = [RunTag(NOTE, record.description.replace(RUN_ID, run_id))] if record.description else []
    for start in range(0, max(len(numbers), 1), _BATCH - _PARAMS - 1):
        batch = numbers[start : start + _BATCH - _PARAMS - 1]
        yield {"metrics": batch, **({"params": params[:_PARAMS], "tags": tags} if start == 0 else {})}


def data_of(record: RunRecord) -> list[DatasetInput]:
    """Return the data of a record."""
    if not record.data:
        return []
    name, digest, kind, source, profile, *tag = profile_of(record.data, record.experiment)
    own = Dataset(name=name, digest=digest, source_type=kind, source=source, profile=profile)
    return [DatasetInput(own, [InputTag(*tag)])]


def profile_of(data: Mapping[str, Any], experiment: str) -> tuple[Any, ...]:
    """Return what `RunRows.data` has of a record's data.

    MLflow keeps one data set of a name and a digest, of 36 characters: the first of the content's hash, which is whole
    in the profile, and those of all that is said beside it.
    """
    source, profile = json.dumps(data["spec"]), json.dumps(data)
    beside = hashlib.sha256(profile.encode()).hexdigest()[: 35 - _CONTENT]
    digest = f"{str(data['hash'])[:_CONTENT]}-{beside}"
    return experiment, digest, "local", source, profile, "mlflow.data.context", "training"
