"""The same sweep on a team's server: MLflow on PostgreSQL holds the same runs as the lab's own database."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest
from conftest import SMALL, lab, lab_here, trained
from mlflow import MlflowClient
from test_ui import free_port, until_it_answers

DEBIAN = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
INITDB = shutil.which("initdb") or next(map(str, reversed(DEBIAN)), None)
pytestmark = pytest.mark.skipif(INITDB is None, reason="no PostgreSQL is found: install postgresql")
OWNER = {"user": "postgres"} if os.geteuid() == 0 else {}
WORDS = ["activation=sigmoid,linear", "loss=mse", "threshold=0.4,youden"]
PLACES = ("store", "executor.workers")
OF_A_RUN = ("provenance.json", "model/", "hashes.json", "record.json")
"""Files that hold times, or names of a sweep, of their own."""


@contextmanager
def started(words: list[str], **more):
    """Have a server run that ends with the block."""
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more) as server:
        try:
            yield server
        finally:
            server.terminate()


@pytest.fixture(scope="module")
def database():
    """The address of an empty database of PostgreSQL, on the loopback interface."""
    with tempfile.TemporaryDirectory(prefix="postgres") as place:
        if OWNER:
            shutil.chown(place, **OWNER)
        data, port = Path(place, "data"), free_port()
        environment = {"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]}
        words = [INITDB, "--pgdata", str(data), "--username", "lab", "--auth", "trust", "--no-sync"]
        subprocess.run(words, check=True, capture_output=True, cwd=place, env=environment, **OWNER)
        postgres = str(Path(INITDB).resolve().with_name("postgres"))
        words = [postgres, "-D", str(data), "-h", "127.0.0.1", "-p", str(port), "-k", place, "-F"]
        with started(words, cwd=place, env=environment, **OWNER):
            yield f"postgresql+psycopg://lab@127.0.0.1:{port}/postgres"


@pytest.fixture(scope="module")
def served(database, tmp_path_factory):
    """The address of MLflow's server on it."""
    artifacts, port = tmp_path_factory.mktemp("artifacts"), free_port()
    words = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", database, "--host", "127.0.0.1"]
    words += ["--port", str(port), "--artifacts-destination", str(artifacts), "--workers", "1"]
    with started(words, env=os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true"}, start_new_session=True) as server:
        until_it_answers(port)
        yield f"http://127.0.0.1:{port}"
        os.killpg(server.pid, 15)


def recorded(address: str) -> dict:
    """Return what each run of a sweep holds, by its name."""
    client = MlflowClient(address)
    (experiment,) = client.search_experiments(filter_string="name = 'moons'")
    return {run.info.run_name: _held(client, run) for run in client.search_runs([experiment.experiment_id])}


def _held(client: MlflowClient, run) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(client.download_artifacts(run.info.run_id, "", folder))
        files = {str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()}
    return {
        "status": run.info.status,
        "metrics": run.data.metrics,
        "series": {name: _steps(client, run, name) for name in ("val_loss", "test_rows_positive")},
        "params": {name: value for name, value in run.data.params.items() if name not in PLACES},
        "tags": {name: value for name, value in run.data.tags.items() if name in ("contract", "lab.key", "data")},
        "data": [json.loads(own.dataset.profile)["hash"] for own in run.inputs.dataset_inputs],
        "files": {name: sha256(own).hexdigest() for name, own in files.items() if not name.startswith(OF_A_RUN)},
        "names": set(files),
    }


def _steps(client: MlflowClient, run, name: str) -> dict:
    return {own.step: own.value for own in client.get_metric_history(run.info.run_id, name)}


def test_the_same_sweep_records_the_same_runs(served, database, tmp_path, tmp_path_factory):
    alone, team = tmp_path / "alone", tmp_path / "team"
    for folder, environment in ((alone, {}), (team, {"MLFLOW_TRACKING_URI": served})):
        done = lab_here("sweep", *WORDS, *SMALL, folder=trained(tmp_path_factory, folder), **environment)
        assert done.returncode == 0, done.stderr
    own, theirs = recorded(f"sqlite:///{alone / 'mlruns' / 'mlflow.db'}"), recorded(served)
    sweep = "sweep of 4 jobs"
    assert len(own) == 5
    assert set(own) == set(theirs)
    assert own.pop(sweep)["names"] == theirs.pop(sweep)["names"]
    assert own == theirs
    assert not (team / "mlruns" / "mlflow.db").exists()
    said = lab("status", "--json", folder=team, MLFLOW_TRACKING_URI=database)
    assert json.loads(said.stdout)["finished"] == 4
    assert not (team / "mlruns" / "artifacts").exists()
    again = lab_here("sweep", *WORDS, *SMALL, folder=team, MLFLOW_TRACKING_URI=served)
    assert "4 jobs, 4 recorded before" in again.stdout
    assert _reproduced(served, folder=team) == ["identical"] * 4


def _reproduced(address: str, folder: Path) -> list[str]:
    """Make all jobs of a sweep again, from a server alone, and return the verdicts that it has of them then."""
    client = MlflowClient(address)
    (experiment,) = client.search_experiments(filter_string="name = 'moons'")
    jobs = client.search_runs([experiment.experiment_id], "tags.`lab.key` LIKE '%'")
    words = ["--sweep", jobs[0].data.tags["lab.sweep"], "--store", "none", "--workers", "1"]
    done = lab_here("reproduce", *words, folder=folder, MLFLOW_TRACKING_URI=address)
    assert done.returncode == 0, done.stderr
    files = [client.list_artifacts(run.info.run_id, "reproductions") for run in jobs]
    assert list(map(len, files)) == [1] * len(jobs)
    return [client.get_run(run.info.run_id).data.tags["reproduced"].partition(",")[0] for run in jobs]


def test_a_database_is_reached_without_a_server(database, tmp_path):
    own = {"MLFLOW_TRACKING_URI": database.replace("lab@", "lab:a-secret@")}
    new = lab("run", *SMALL, "data=circles", folder=tmp_path, **own)
    assert new.returncode == 0, new.stderr
    assert "lab:***@127.0.0.1" in new.stdout
    assert list((tmp_path / "mlruns" / "artifacts" / "circles").rglob("histogram.png"))
