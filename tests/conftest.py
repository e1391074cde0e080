"""What several tests need: small jobs, and data that cost nothing to make."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from threshold_lab.records import Part, Splits
from threshold_lab.spec import Lane, RunSpec, run_spec

CONFIG = {
    "activation": "sigmoid",
    "loss": "binary_crossentropy",
    "threshold": 0.5,
    "batch_size": 16,
    "epochs": 3,
    "seeds": 2,
    "seed": 0,
    "data": {"source": "moons", "rows": 90},
    "network": {"hidden": [8, 5], "dropout": [0.5, 0.1]},
    "optimizer": {"learning_rate": 0.1, "momentum": 0.003},
}
SMALL = [
    "data=moons",
    "data.rows=90",
    "network.hidden=[6]",
    "network.dropout=[0.2]",
    "epochs=2",
    "seeds=2",
    "executor.workers=1",
]
"""Words of the command line that make any job cheap."""


def spec(**changes: object) -> RunSpec:
    """A small job with some values changed; a dict changes values below its key."""
    config = json.loads(json.dumps(CONFIG))
    for key, value in changes.items():
        config[key] = config[key] | value if isinstance(value, dict) and key != "data" else value
    return run_spec(config)


def lane(seed: int = 0, **changes: object) -> Lane:
    """One network of a small job."""
    return Lane(spec(**changes).training, seed, "data", "engine")


@pytest.fixture
def splits() -> Splits:
    """Rows of two features whose label depends on the first; the last training batch is short."""
    generator = np.random.default_rng(7)

    def part(rows: int) -> Part:
        features = generator.normal(size=(rows, 2)).astype(np.float32)
        return Part(features, features[:, 0] + generator.normal(size=rows) > 0, np.arange(rows))

    return Splits(part(90), part(40), part(30), "hash", ("x", "y"), "1", "0", None)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, whose runs go nowhere else."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return tmp_path


def lab(*words: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does."""
    program = Path(sys.executable).with_name("threshold-lab")
    own = {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_URI"}
    return subprocess.run(
        [str(program), *words], cwd=folder, capture_output=True, text=True, env=own | environment, timeout=240
    )
