"""What the runs of a sweep cost to record, to look at and to use: MLflow's own database, server and scoring server."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd
from crowd import crowd
from recorded import recorded, scaling

from threshold_lab import recording, report
from threshold_lab.spec import RunSpec, run_spec
from threshold_lab.tracking import KEY, Runs

REPETITIONS, STORED, BATCH = 3, 10_000, 10_000
BIN = Path(sys.executable).parent


def figures(folder: Path) -> dict[str, Any]:
    """Every figure of tracking, by its key."""
    subprocess.run([BIN / "threshold-lab", "sweep"], cwd=folder, check=True, capture_output=True, env=_environment())
    trained, full = folder / "mlruns", folder / "full"
    specs = _specs(trained)
    recorded(specs, trained, folder / "first")
    crowd(full, folder / "first", STORED)
    return {**scaling(specs, trained, folder, full), **_browsed(full), **_served(trained, folder)}


def _specs(store: Path) -> list[RunSpec]:
    runs, planned = Runs(store), json.loads(next(store.glob("plans/*.json")).read_text())
    stored = runs.of_cells(dict.fromkeys(job["cell"] for job in planned["jobs"]))
    return [run_spec(json.loads(runs.file(own.run_id, recording.SPEC))) for own in stored.values()]


# ---- looking


def _browsed(store: Path) -> dict[str, Any]:
    """Seconds until the runs table, as MLflow's page asks for it, and the status of the last sweep are there."""
    with _mlflow_server(store) as address:
        found = _post(address, "experiments/search", {"max_results": 10})["experiments"]
        (experiment,) = (own["experiment_id"] for own in found if own["name"] != "Default")
        asked = {"experiment_ids": [experiment], "max_results": 100, "run_view_type": "ACTIVE_ONLY"}
        asked |= {"filter": f"tags.`{KEY}` LIKE '%'", "order_by": ["attributes.`Created` DESC"]}
        table = [_seconds(lambda: _post(address, "runs/search", asked)) for _ in range(REPETITIONS)]
    status = [_seconds(lambda: report.status(store)) for _ in range(REPETITIONS)]
    return {"browse": {"table": table, "status": status}, "browse_seconds": median(table) + median(status)}


@contextmanager
def _mlflow_server(store: Path) -> Iterator[str]:
    port = _free_port()
    words = [BIN / "threshold-lab", "ui", "--store", store, "--port", port]
    with _running(words, port, "/health") as address:
        yield address


def _post(address: str, what: str, asked: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(
        f"{address}/ajax-api/2.0/mlflow/{what}", json.dumps(asked).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as response:
        return json.load(response)


# ---- using


def _served(store: Path, folder: Path) -> dict[str, Any]:
    """Rows a second of a served model, and of plain Keras on encoded rows, in turns."""
    runs = Runs(store)
    own = next(
        iter(runs.of_cells([json.loads(next(store.glob("plans/*.json")).read_text())["jobs"][0]["cell"]]).values())
    )
    model = folder / "model"
    subprocess.run([BIN / "threshold-lab", "export", own.run_id, model, "--store", store], check=True)
    card = json.loads((model / "artifacts" / "card.json").read_text())
    rows = pd.concat([pd.DataFrame(card["check"]["rows"])] * (BATCH // len(card["check"]["rows"])))
    body = json.dumps({"dataframe_split": rows.to_dict("split", index=False)}).encode()
    port = _free_port()
    words = [BIN / "mlflow", "models", "serve", "-m", model, "--env-manager", "local", "-h", "127.0.0.1", "-p", port]
    with _running(words, port, "/ping") as address, _plain(model, len(rows)) as plain:
        request = urllib.request.Request(f"{address}/invocations", body, {"Content-Type": "application/json"})
        found = {"served": [], "keras": []}
        for _ in range(1 + REPETITIONS):
            found["served"].append(_seconds(lambda: urllib.request.urlopen(request).read()))
            found["keras"].append(plain())
    each = {name: len(rows) / median(seconds[1:]) for name, seconds in found.items()}
    return {"rows_a_second": each, "serve_share": each["served"] / each["keras"]}


PLAIN = """
import sys, time, keras, numpy as np
network = keras.models.load_model(sys.argv[1])
rows = np.random.default_rng(0).normal(size=(int(sys.argv[2]), network.input_shape[-1])).astype(np.float32)
for line in sys.stdin:
    started = time.perf_counter()
    network.predict(rows, verbose=0)
    print(time.perf_counter() - started, flush=True)
"""


@contextmanager
def _plain(model: Path, rows: int) -> Iterator[Callable[[], float]]:
    """Seconds of `predict` on as many rows, in a process of its own."""
    words = [sys.executable, "-c", PLAIN, str(model / "artifacts" / "network.keras"), str(rows)]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as own:

        def seconds() -> float:
            own.stdin.write("\n")
            own.stdin.flush()
            return float(own.stdout.readline())

        yield seconds
        own.stdin.close()


# ---- servers


@contextmanager
def _running(words: list[Any], port: int, path: str) -> Iterator[str]:
    """Have a server answer on a port while the block lasts."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
    with subprocess.Popen(list(map(str, words)), env=_environment(), **quiet) as server:
        try:
            _wait_for(f"http://127.0.0.1:{port}{path}", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(server.pid, signal.SIGINT)


def _wait_for(address: str, server: subprocess.Popen) -> None:
    while server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    sys.exit(f"no server answers at {address}")


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _environment() -> dict[str, str]:
    own = {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_URI"}
    return own | {"PATH": f"{BIN}:{os.environ['PATH']}", "MLFLOW_DISABLE_TELEMETRY": "true"}


def _seconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started
