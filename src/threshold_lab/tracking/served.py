"""A run's rows through MLflow's own calls, from any server; it tells less than a database does."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import LifecycleStage, ViewType
from mlflow.exceptions import MlflowException

from threshold_lab.errors import StoreError
from threshold_lab.tracking.database import RunRows
from threshold_lab.tracking.home import told

_PAGE = 1000


class Served:
    """The runs of a server, those put away among them. Its methods raise StoreError."""

    def __init__(self, client: MlflowClient) -> None:
        self._client = client
        with _told():
            self._experiments = [own.experiment_id for own in client.search_experiments(ViewType.ALL)]

    def ids(self) -> Iterator[str]:
        """Yield the ids of all runs."""
        token: str | None = None
        while token != "":
            with _told():
                page = self._client.search_runs(self._experiments, "", ViewType.ALL, _PAGE, page_token=token)
            token = page.token or ""
            yield from (str(own.info.run_id) for own in page)

    def rows(self, run_id: str) -> RunRows:
        """Return a run."""
        with _told():
            run: Any = self._client.get_run(run_id)
            names = list(run.data.metrics)
            series = {name: self._client.get_metric_history(run_id, name) for name in names}
            experiment = self._client.get_experiment(run.info.experiment_id).name
        return RunRows(
            run_id=run_id,
            experiment=experiment,
            name=run.info.run_name,
            status=run.info.status,
            put_away=run.info.lifecycle_stage == LifecycleStage.DELETED,
            place=None,
            tags=run.data.tags,
            params=run.data.params,
            metrics=run.data.metrics,
            series={name: {own.step: own.value for own in each} for name, each in series.items()},
            data=[_data(own) for own in run.inputs.dataset_inputs],
            ended=run.info.end_time or 0,
            elsewhere=True,
        )


def _data(own: Any) -> tuple[Any, ...]:
    told, tag = own.dataset, next(iter(own.tags), None)
    pair = (tag.key, tag.value) if tag else (None, None)
    return told.name, told.digest, told.source_type, told.source, told.profile, *pair


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except MlflowException as error:
        raise StoreError(f"the server of the runs does not answer: {told(error)}; try again when it does") from None
