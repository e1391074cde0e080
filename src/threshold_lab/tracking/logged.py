"""A record in MLflow's own words: batches of numbers, and the data they are of."""

import json
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag

from threshold_lab.faults import around
from threshold_lab.tracking.entities import RunRecord
from threshold_lab.tracking.names import RUN_ID

NOTE = "mlflow.note.content"
_BATCH = 1000
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
    """Return the data of a record. MLflow keeps 36 characters of a digest: the whole hash is in the profile."""
    if not record.data:
        return []
    own = Dataset(
        name=record.experiment,
        digest=str(record.data["hash"])[:36],
        source_type="local",
        source=json.dumps(record.data["spec"]),
        profile=json.dumps(record.data),
    )
    return [DatasetInput(own, [InputTag("mlflow.data.context", "training")])]
