"""A store of every kind of run that `verify` knows, and what is read of it."""

import shutil
from pathlib import Path

import pytest
from conftest import once, spec

from threshold_lab.sweep import Place, sweep
from threshold_lab.tracking import Database, RunRecord, RunRows, Runs
from threshold_lab.verify import Findings, verify
from threshold_lab.watching import Watch


class Quiet(Watch):
    """Looks on at a sweep and at a check."""

    def looking(self, at: str, done: int, total: int) -> None: ...


def moons(**changes: object):
    return spec(data={"source": "moons", "rows": 60}, network={"hidden": [4], "dropout": [0.0]}, loss="mse", **changes)


FIRST = [moons(activation=own, threshold=cut) for own in ("sigmoid", "tanh") for cut in (0.3, "youden")]
FAILING = moons(activation="softmax_1", threshold="youden")


def circle(threshold: object):
    return spec(
        data={"source": "circles", "rows": 60},
        network={"hidden": [4], "dropout": [0.0]},
        loss="mse",
        threshold=threshold,
    )


def swept(store: Path, specs, command: str):
    return sweep(specs, Place(store, 1), Quiet(), command)


def make(store: Path) -> None:
    """Two sweeps that share a job, a job that failed, one that stands alone, one superseded, one reproduced."""
    place = Place(store, 1, studies={circle(0.5): "theirs"})
    outcome = sweep([*FIRST, FAILING, circle(0.5)], place, Quiet(), "threshold-lab sweep")
    assert len(outcome.failed) == 1
    swept(store, [FIRST[0], moons(activation="sigmoid", threshold="f1")], "threshold-lab sweep again")
    runs = Runs(store)
    runs.supersede(runs.record(RunRecord("moons", "died", {"lab.key": "0" * 64, "lab.cell": "1" * 64})))
    told = {"reproduced": "identical, 2026-01-02 03:04:05"}
    said = b'{"verdict":"identical","when":"2026-01-02 03:04:05"}'
    runs.annotate(outcome.run_ids[outcome.asked[0]], told, {"reproductions/20260102-030405.json": said})


def the_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store itself, which no test changes."""
    return once(tmp_path_factory, "verified", lambda folder: make(folder / "mlruns")) / "mlruns"


def copied(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy, in another folder, which is the working directory."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    return shutil.copytree(made, tmp_path / "elsewhere")


def checked(store: Path) -> Findings:
    return verify(store, Quiet())


def told(found: Findings) -> list[str]:
    return [*map(str, found.damages), *found.remarks]


def runs_of(store: Path) -> list[RunRows]:
    return list(Database(store / "mlflow.db").runs())


def contents(store: Path) -> dict[str, object]:
    """All files but the database, and all that it holds of runs."""
    found: dict[str, object] = {
        own.relative_to(store).as_posix(): own.read_bytes()
        for own in store.rglob("*")
        if own.is_file() and own.name not in ("mlflow.db", "lock") and "lost" not in own.parts
    }
    return found | {f"run {own.run_id}": {**vars(own), "ended": 0} for own in runs_of(store)}
