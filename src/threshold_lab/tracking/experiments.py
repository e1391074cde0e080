"""The experiments that runs are in, by name."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlflow.exceptions import MlflowException

from threshold_lab.faults import around
from threshold_lab.tracking import logged, view
from threshold_lab.tracking.entities import Introduction
from threshold_lab.tracking.home import artifact_place
from threshold_lab.tracking.names import KNOWN

_OF_EXPERIMENTS = {
    "mlflow.experimentKind": "custom_model_development",  # without it MLflow opens its view for language models
}


class Experiments:
    """Experiments of a lab, in its folder or on a server. about: what is said of each that nobody introduces.

    noted: what the last introduction of each left, by its name. Raises what MLflow raises.
    """

    def __init__(self, client: Any, folder: Path, about: str) -> None:
        self._client = client
        self._folder = folder
        self._about = about
        found = client.search_experiments()
        self._by_name = {own.name: str(own.experiment_id) for own in found}
        self.noted = {own.name: own.tags[KNOWN] for own in found if KNOWN in own.tags}
        self._said: dict[str, Introduction] = {}

    @property
    def ids(self) -> list[str]:
        """The ids of all there are."""
        return list(self._by_name.values())

    def id_of(self, name: str) -> str:
        """Return the id of an experiment, which is made where there is none, and told what it is."""
        if is_new := name not in self._by_name:
            self._by_name[name] = self._new(name)
        if said := self._said.pop(name, None):
            note = f"{view.links(self._by_name[name])}\n\n{said.about}"
            with around("introduce"):
                self._tag(name, view.tags(said.varied) | {logged.NOTE: note, KNOWN: said.note})
        elif is_new:
            self._tag(name, view.tags() | ({logged.NOTE: self._about} if self._about else {}))
        return self._by_name[name]

    def introduce(self, name: str, said: Introduction) -> None:
        """Have it said of an experiment what it is, and what the next sweep has to know, once a run is made in it."""
        self._said[name] = said

    def _tag(self, name: str, tags: Mapping[str, str]) -> None:
        for tag, value in (_OF_EXPERIMENTS | dict(tags)).items():
            self._client.set_experiment_tag(self._by_name[name], tag, value)

    def _new(self, name: str) -> str:
        """The id of a new experiment, or of one that somebody made a moment ago."""
        try:
            return str(self._client.create_experiment(name, artifact_place(self._folder, name)))
        except MlflowException:
            if (found := self._client.get_experiment_by_name(name)) is None:
                raise
            return str(found.experiment_id)
