"""A run's model as MLflow has it: raw rows in, score, probability and label out. See `carried` for what it runs."""

import json
import tempfile
import uuid
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import skops.io
import yaml
from mlflow import pyfunc
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema
from mlflow.types.schema import AnyType

from threshold_lab.scratch import room

FOLDER = "model"
"""Where a run's model lies among its artifacts."""

_PLACES = {
    "card": "artifacts/card.json",
    "encoder": "artifacts/encoder.skops",
    "network": "artifacts/network.keras",
}
_CARD = f"{FOLDER}/{_PLACES['card']}"
_DESCRIPTION = f"{FOLDER}/MLmodel"
_CODE = Path(__file__).parents[1] / "carried.py"
_Loader, _Dumper = (getattr(yaml, f"CSafe{own}", getattr(yaml, f"Safe{own}")) for own in ("Loader", "Dumper"))
_LIBRARIES = ("mlflow", "tensorflow", "keras", "scikit-learn", "skops", "pandas", "numpy")

Files = Mapping[str, bytes]
Card = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Parts:
    """What a model is made of: the bytes of a .keras file, the fitted encoder, and the columns it reads."""

    network: bytes
    encoder: Any
    numbers: tuple[str, ...]
    texts: tuple[str, ...]


def packed(parts: Parts) -> Files:
    """Return the files of a model that has no operating point yet."""
    made = {"card": b"{}", "encoder": skops.io.dumps(parts.encoder), "network": parts.network}
    artifacts = {f"{FOLDER}/{_PLACES[name]}": content for name, content in made.items()}
    return {**_saved(parts.numbers, parts.texts), **artifacts}


@cache
def _saved(numbers: tuple[str, ...], texts: tuple[str, ...]) -> Files:
    """The files of a model of some columns, of blank artifacts.

    Saved once for all networks: MLflow runs the code of each model that it saves, and keeps what that left for good.
    """
    with room(MlflowException), tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        artifacts = {name: folder / Path(own).name for name, own in _PLACES.items()}
        for blank in artifacts.values():
            blank.touch()
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", UserWarning
            )  # on type hints and an example, which the signature makes up for
            pyfunc.save_model(
                folder / FOLDER,
                python_model=str(_CODE),
                artifacts={name: str(path) for name, path in artifacts.items()},
                signature=_signature(numbers, texts),
                pip_requirements=_requirements(),
            )
        return {
            f"{FOLDER}/{path.relative_to(folder / FOLDER)}": path.read_bytes()
            for path in sorted((folder / FOLDER).rglob("*"))
            if path.is_file()
        }


def _signature(numbers: tuple[str, ...], texts: tuple[str, ...]) -> ModelSignature:
    columns = [ColSpec(AnyType(), name, required=False) for name in (*numbers, *texts)]
    outputs = [ColSpec("double", "score"), ColSpec("double", "probability", required=False), ColSpec("string", "label")]
    return ModelSignature(Schema(columns), Schema(outputs), ParamSchema([ParamSpec("threshold", "double", 0.5)]))


@cache
def _requirements() -> list[str]:
    return [f"{name}=={version(name)}" for name in _LIBRARIES]


def at(files: Files, card: Card) -> Files:
    """Return the files of a model that decides by a card, which also becomes its metadata."""
    described = yaml.load(files[_DESCRIPTION], _Loader)  # noqa: S506 - the safe one, in C where there is one
    described["metadata"] = {name: value for name, value in card.items() if name != "check"}
    described["signature"]["params"] = _own_default(described["signature"]["params"], card["threshold"])
    flavor = described["flavors"]["python_function"]
    flavor["model_code_path"] = _CODE.name
    for own in flavor["artifacts"].values():
        own["uri"] = own["path"]
    decided = {**files, _CARD: json.dumps(card, indent=1).encode()}
    described["model_size_bytes"] = sum(len(own) for name, own in decided.items() if name != _DESCRIPTION)
    described["model_uuid"] = uuid.uuid4().hex
    described["utc_time_created"] = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}"
    return {**decided, _DESCRIPTION: yaml.dump(described, Dumper=_Dumper, sort_keys=False).encode()}


def _own_default(params: str, threshold: float) -> str:
    (own,) = json.loads(params)
    return json.dumps([own | {"default": threshold}])
