"""The experiments that runs are in, by name."""

from pathlib import Path
from typing import Any

from mlflow.exceptions import MlflowException

from threshold_lab.tracking import logged, view
from threshold_lab.tracking.home import artifact_place

_OF_EXPERIMENTS = {
    "mlflow.experimentKind": "custom_model_development",  # without it MLflow opens its view for language models
    **view.tags(),
}


class Experiments:
    """Experiments of a lab, in its folder or on a server. about: what is said of each. Raises what MLflow raises."""

    def __init__(self, client: Any, folder: Path, about: str) -> None:
        self._client = client
        self._folder = folder
        self._about = about
        self._by_name = {found.name: str(found.experiment_id) for found in client.search_experiments()}
        self._told: set[str] = set()

    @property
    def ids(self) -> list[str]:
        """The ids of all there are."""
        return list(self._by_name.values())

    def id_of(self, name: str) -> str:
        """Return the id of an experiment, which is made where there is none, and told what it is."""
        if name not in self._by_name:
            self._by_name[name] = self._new(name)
        if name not in self._told:
            self._told.add(name)
            for tag, value in (_OF_EXPERIMENTS | {logged.NOTE: self._about}).items():
                self._client.set_experiment_tag(self._by_name[name], tag, value)
        return self._by_name[name]

    def _new(self, name: str) -> str:
        """The id of a new experiment, or of one that somebody made a moment ago."""
        try:
            return str(self._client.create_experiment(name, artifact_place(self._folder, name)))
        except MlflowException:
            if (found := self._client.get_experiment_by_name(name)) is None:
                raise
            return str(found.experiment_id)
