"""The files of a model, before any is loaded."""

import sys

import yaml
from sklearn.preprocessing import StandardScaler

from threshold_lab.tracking.model import Parts, at, packed


def model(network: bytes, *numbers: str) -> dict[str, bytes]:
    return at(packed(Parts(network, StandardScaler(), numbers, ("town",))), {"threshold": 0.3})


def test_models_of_the_same_columns_are_told_apart_and_cost_no_memory_each():
    """MLflow runs the code of a model that it saves as a module, which stays."""
    one = model(b"one", "age")
    before = set(sys.modules)
    other = model(b"the other", "age")
    assert set(sys.modules) == before
    assert (one["model/artifacts/network.keras"], other["model/artifacts/network.keras"]) == (b"one", b"the other")
    first, second = (yaml.safe_load(own["model/MLmodel"]) for own in (one, other))
    assert first["model_uuid"] != second["model_uuid"]
    assert second["model_size_bytes"] - first["model_size_bytes"] == len(b"the other") - len(b"one")
    assert first["signature"] == second["signature"]


def test_models_of_other_columns_say_so():
    assert '"age"' in yaml.safe_load(model(b"", "age")["model/MLmodel"])["signature"]["inputs"]
    assert '"height"' in yaml.safe_load(model(b"", "height")["model/MLmodel"])["signature"]["inputs"]
