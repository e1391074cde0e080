"""The runs in a folder, as MLflow has them: what several tests look at."""

from pathlib import Path

from mlflow import MlflowClient


def client(folder: Path) -> MlflowClient:
    return MlflowClient(f"sqlite:///{folder / 'mlruns' / 'mlflow.db'}")


def runs(folder: Path, words: str = ""):
    found = client(folder)
    experiments = [experiment.experiment_id for experiment in found.search_experiments()]
    of_jobs = " and ".join(filter(None, [words, "tags.`lab.key` LIKE '%'"]))
    return found.search_runs(experiments, of_jobs, order_by=["tags.mlflow.runName"])


def artifact(folder: Path, run, name: str) -> bytes:
    return Path(client(folder).download_artifacts(run.info.run_id, name)).read_bytes()


def run_named(folder: Path, name: str):
    (found,) = runs(folder, f"attributes.run_name = '{name}'")
    return found


def sweeps(folder: Path):
    found = client(folder)
    experiments = [experiment.experiment_id for experiment in found.search_experiments()]
    return found.search_runs(experiments, "tags.`lab.kind` = 'sweep'")
