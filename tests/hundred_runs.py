"""A hundred runs of mixed jobs, and one on a table of one's own: what is reproduced."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import lab_here, once

from threshold_lab.reproduce import reproduce
from threshold_lab.reproduce.again import Asked
from threshold_lab.sealing import sha256
from threshold_lab.spec import canonical
from threshold_lab.tracking import Runs
from threshold_lab.watching import Watch

WORDS = ["activation=sigmoid,linear", "loss=binary_crossentropy,mse,mae,huber,hinge"]
WORDS += ["threshold=0.3,0.5,0.7,youden,f1", "network.hidden=[6]", "network.dropout=[0.2]"]
WORDS += ["epochs=2", "seeds=2", "rule.resamples=50", "executor.workers=1"]
OWN = [
    "activation=sigmoid",
    "loss=mse",
    "threshold=youden",
    "data=csv",
    "data.path=own.csv",
    "data.target=y",
    "optimizer=adam",
    "epochs=2",
]
OWN += ["network.hidden=[6]", "network.dropout=[0.2]", "seeds=2", "rule.resamples=50", "executor.workers=1"]

_NAMED = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "MLFLOW_TRACKING_PASSWORD",
    "MLFLOW_TRACKING_TOKEN",
    "PGPASSWORD",
)
_NAMED += ("GITHUB_TOKEN", "OPENAI_API_KEY", "THRESHOLD_LAB_UNKNOWN")
SECRETS = {name: sha256(name.encode()) for name in _NAMED}
SECRETS["HTTP_PROXY"] = f"http://user:{sha256(b'proxy')}@127.0.0.1:9"
"""In the environment of the sweeps below, and to be found nowhere in what they left; nor are they in this file, whose
uncommitted changes a run keeps."""


def the_place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with 100 jobs of two networks each, and one on a table of one's own."""
    return once(tmp_path_factory, "reproduced", _make)


def _make(folder: Path) -> None:
    generator = np.random.default_rng(0)
    x = generator.normal(size=120)
    own = pd.DataFrame({"x": x, "always": 1, "y": (x + generator.normal(size=120) > 0).astype(int)})
    own.to_csv(folder / "own.csv", index=False)
    for words in (["sweep", *WORDS, "data=moons,circles"], ["run", *OWN]):
        done = lab_here(*words, folder=folder, **SECRETS, NO_PROXY="127.0.0.1,localhost")
        assert done.returncode == 0, done.stderr
        (folder / "said.txt").write_text(done.stdout)


def jobs_in(store: Path) -> list:
    runs = Runs(store)
    return [run for path in sorted((store / "plans").glob("*.json")) for run in runs.of_sweep(path.stem) if run.key]


def judged(folder: Path, run_id: str):
    (found,) = reproduce([run_id], Runs(folder / "mlruns"), Asked([folder]), Watch())
    return found


def one_of(folder: Path, **tags: str):
    runs = sorted(jobs_in(folder / "mlruns"), key=lambda run: run.key)
    return next(run for run in runs if all(run.tags[name] == value for name, value in tags.items()))


def artifact(folder: Path, run, name: str) -> Path:
    (found,) = (folder / "mlruns" / "artifacts").rglob(f"{run.run_id}/artifacts/{name}")
    return found


def is_own(folder: Path, run) -> bool:
    return json.loads(artifact(folder, run, "spec.json").read_text())["data"]["source"] == "csv"


def changed_specification(folder: Path, run, change) -> bytes:
    path = artifact(folder, run, "spec.json")
    content = change(json.loads(path.read_text()))
    content = content if isinstance(content, bytes) else canonical(content).encode()
    path.write_bytes(content)
    return content
