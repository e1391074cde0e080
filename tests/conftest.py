"""What several tests need: small jobs, and data that cost nothing to make."""

import fcntl
import io
import json
import os
import runpy
import shutil
import socket
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, settings
from sklearn.compose import ColumnTransformer
from threadpoolctl import threadpool_limits

from threshold_lab.app import main
from threshold_lab.records import Fit, Part, Raw, Splits
from threshold_lab.spec import Lane, RunSpec, run_spec

GUARD = Path(__file__).parent / "guard" / "sitecustomize.py"
OUTBOUND = Path(tempfile.mkdtemp(prefix="lab-tests-"), "outbound")
"""Where it is noted that something tried to connect to another machine."""


def _guarded() -> None:
    """Let no process of the tests connect to another machine: not this one, and none that it starts."""
    try:
        own = socket.gethostbyname_ex(socket.gethostname())[2]
    except OSError:
        own = []
    os.environ["LAB_TESTS_OWN"] = " ".join([socket.gethostname(), *own])
    os.environ["LAB_TESTS_OUTBOUND"] = str(OUTBOUND)
    os.environ["PYTHONPATH"] = os.pathsep.join([str(GUARD.parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    OUTBOUND.touch()
    runpy.run_path(str(GUARD))


_guarded()
threadpool_limits(1, "blas")  # two processes test side by side

# No test asserts a time: a busy machine is no failure.
settings.register_profile("lab", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("lab")


LONGEST = ("faults", "executors", "postgres", "reproduce", "sweep", "readme", "against_keras", "reproduce_refused")
"""Files that are begun first, or at the end one process would wait for the other."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    rank = {f"test_{name}": place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path.stem, len(rank)))


@pytest.fixture(autouse=True)
def outbound() -> Iterator[Path]:
    """Fail a test, or the first one after a fixture, that tries to connect to another machine."""
    yield OUTBOUND
    tried = OUTBOUND.read_text()
    OUTBOUND.write_text("")
    assert not tried, f"connected to another machine: {tried}"


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
    "optimizer": {"name": "sgd", "learning_rate": 0.1, "momentum": 0.003},
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

NO_TENSORFLOW = {"PYTHONPROFILEIMPORTTIME": "1"}
"""Environment of a command that says on stderr what it imports."""


def spec(**changes: object) -> RunSpec:
    """A small job with some values changed; a dict changes values below its key."""
    config = json.loads(json.dumps(CONFIG))
    for key, value in changes.items():
        merged = isinstance(value, dict) and key != "data" and "name" not in value
        config[key] = config.get(key, {}) | value if merged else value
    return run_spec(config)


def lane(seed: int = 0, **changes: object) -> Lane:
    """One network of a small job."""
    return Lane(spec(**changes).training, seed, "data", "engine")


def rows_of(hash_: str, *, train: int, validation: int = 40) -> Splits:
    """Rows of two features whose label depends on the first."""
    generator = np.random.default_rng(train)

    def part(rows: int) -> Part:
        features = generator.normal(size=(rows, 2)).astype(np.float32)
        return Part(features, features[:, 0] + generator.normal(size=rows) > 0, np.arange(rows))

    test = part(30)
    return Splits(part(train), part(validation), test, hash_, ("x", "y"), "1", "0", raw_of(test.features))


def raw_of(features: np.ndarray) -> Raw:
    """Rows whose features are their columns."""
    columns = pd.DataFrame(features, columns=["x", "y"], dtype=float)
    encoder = ColumnTransformer([("same", "passthrough", ["x", "y"])])
    return Raw(("x", "y"), (), encoder.fit(columns), columns.head(8))


@pytest.fixture(scope="session")
def splits() -> Splits:
    """90 rows to train on: in batches of 16, the last one is short."""
    return rows_of("data", train=90)


def fits_of(lanes: list[Lane], splits: Splits, *others: Splits, exported: frozenset[str] = frozenset()) -> list[Fit]:
    """Train lanes of one shape here, in one program, on splits or on others, by their hash."""
    from threshold_lab import train

    desk = MemoryDesk()
    parts = {"data": dict(splits.parts())} | {own.hash: dict(own.parts()) for own in others}
    return [replace(fit, logits=desk.logits(fit.key)) for fit in train.train(lanes, parts, desk, exported)]


class MemoryDesk:
    """What a program hands out, kept here."""

    def __init__(self) -> None:
        self.epochs = 0
        self._rows = defaultdict(lambda: defaultdict(list))

    def epoch(self) -> None:
        self.epochs += 1

    def put(self, lane: str, part: str, logits: np.ndarray) -> None:
        self._rows[lane][part].append(logits)

    def logits(self, lane: str) -> dict[str, np.ndarray]:
        return {part: np.concatenate(rows) for part, rows in self._rows[lane].items()}


def bits(fit: Fit) -> bytes:
    """All that training left."""
    arrays = [*fit.weights, *fit.history.values(), *fit.logits.values()]
    return b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)


def scores_and_labels(rows: list[tuple[float, bool]]) -> tuple[np.ndarray, np.ndarray]:
    """Arrays of pairs."""
    scores, labels = zip(*rows, strict=True)
    return np.array(scores, float), np.array(labels, bool)


def once(folders: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder made by the first of the processes that test side by side, for all of them; none changes it."""
    own = folders.getbasetemp()
    place = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / name
    place.mkdir(exist_ok=True)
    with place.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.with_suffix(".made").exists():
            make(place)
            place.with_suffix(".made").touch()
    return place


def trained(folders: pytest.TempPathFactory, folder: Path) -> Path:
    """Put the fits of the SMALL jobs of three activations and two losses into the store of a folder."""
    words = ["sweep", "activation=sigmoid,linear,tanh", "loss=binary_crossentropy,mse", "threshold=0.5", *SMALL]
    own = once(folders, "trained", lambda place: lab_here(*words, folder=place).check_returncode())
    shutil.copytree(own / "mlruns" / "fits", folder / "mlruns" / "fits")
    return folder


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


def lab_here(*words: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The same with this process for a driver: to start one, with MLflow in it, takes seconds."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, chdir(folder), redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["threshold-lab", *words])
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        for name, value in environment.items():
            patch.setenv(name, value)
        with pytest.raises(SystemExit) as end:
            main()
    return subprocess.CompletedProcess(words, int(end.value.code or 0), out.getvalue(), err.getvalue())
