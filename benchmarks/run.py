"""Measure every figure in one run, and write results.json and a table: make bench.

Some of them only, beside what is there: make bench ARGS="rows wide".
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import decisions
import load
import numpy as np
import tracking
from ours import Memory, Ours
from recipes import FEW_ROWS, MANY_ROWS, QUESTION, WIDE, WIDE_1000
from table import table

from threshold_lab import data
from threshold_lab.spec import BreastCancer

HERE = Path(__file__).parent
ROOT = HERE.parent
PEERS = ROOT / ".venv-peers/bin/python"
AUTOLOG = ROOT / ".venv-peers/autolog"
LANES, STACK, REPETITIONS = 160, 16, 3
RESULTS = 1600
"""Runs a user would train for the default sweep: a network for each of 80 jobs and 20 seeds."""


def main(names: list[str]) -> None:
    measures = {own.__name__: own for own in (question, sweep, lanes, rows, wide, decided, tracked, loaded)}
    path = HERE / "results.json"
    results: dict[str, Any] = json.loads(path.read_text()) if names else {}
    results |= {"machine": {"cores": os.cpu_count(), "processor": _processor()}}
    with tempfile.TemporaryDirectory() as folder:
        for name in names or measures:
            print(f"{name} ...", flush=True)
            results |= measures[name](Path(folder))
    path.write_text(json.dumps(results, indent=1) + "\n")
    words = table(results)
    (HERE / "results.md").write_text(words)
    print(words)


# ---- the figures


def question(folder: Path) -> dict[str, Any]:
    """The question's recipe: seconds a model of us and of each peer, taken in turns."""
    path = QUESTION.save(folder / "question.npz")
    with Ours(QUESTION) as ours:
        contestants: dict[str, Callable[[], float]] = {
            "ours": lambda: ours.seconds(QUESTION.lanes(LANES)) / LANES,
            "keras_fit": lambda: _keras(path),
            "keras_steps_per_execution": lambda: _keras(path, 22),
            **{f"jax_{masks}": lambda masks=masks: _jax(path, masks) for masks in ("threefry2x32", "rbg", "numpy")},
            "torch": lambda: _torch(path),
            "sgemm": _sgemm,
        }
        found = _in_turns(contestants)
        start_up = ours.start_up
    seconds = {name: median(own) for name, own in found.items()}
    gflops, sgemm = QUESTION.flop / seconds["ours"] / 1e9, 1 / seconds.pop("sgemm") / 1e9
    return {
        "seconds_per_model": seconds,
        "repetitions": found,
        "start_up_seconds": start_up,
        "gflops": gflops,
        "keras_fit_ratio": seconds["keras_fit"] / seconds["ours"],
        "keras_fit_ratio_with_start_up": seconds["keras_fit"] / (seconds["ours"] + start_up / LANES),
        "keras_steps_ratio": seconds["keras_steps_per_execution"] / seconds["ours"],
        "jax_ratio": min(own for name, own in seconds.items() if name.startswith("jax")) / seconds["ours"],
        "torch_ratio": seconds["torch"] / seconds["ours"],
        "sgemm_gflops": sgemm,
        "sgemm_share": gflops / sgemm,
    }


def sweep(folder: Path) -> dict[str, Any]:
    """The whole default sweep, from nothing stored, against a run a result, as a user would write it."""
    program = Path(sys.executable).with_name("threshold-lab")
    ours = [_timed([str(program), "sweep"], _empty(folder, "ours")) for _ in range(REPETITIONS)]
    config = {"features": ("worst concave points", "worst area"), "test_fraction": 0.2, "validation_fraction": 0.2}
    path = QUESTION.save_rows(data.load(BreastCancer(**config)), folder / "naive.npz")
    words = ["-m", f"rows={path}", "threshold=0.3,0.5,0.7"]
    path_of = {"PYTHONPATH": str(AUTOLOG)}
    said = _run([sys.executable, HERE / "peers/naive_sweep.py", *words], cwd=_empty(folder, "naive"), **path_of)
    naive = [float(line.split()[1]) for line in said.splitlines() if line.startswith("seconds")]
    return {
        "sweep_seconds": ours,
        "naive_run_seconds": naive,
        "naive_sweep_ratio": median(naive[1:]) * RESULTS / median(ours),
    }


def lanes(_folder: Path) -> dict[str, Any]:
    """Seconds a lane where 64 and where 1,024 are trained."""
    with Ours(QUESTION) as ours:
        numbers = {str(number): lambda number=number: _per_lane(ours, number) for number in (64, 1024)}
        found = _in_turns(numbers)
    return {"seconds_per_lane": found, "lane_scaling": median(found["1024"]) / median(found["64"])}


def rows(_folder: Path) -> dict[str, Any]:
    """Seconds a row where there are ten thousand and a million of 30 features, and the memory of a million."""
    with Ours(FEW_ROWS) as ours:
        number = STACK * len(ours.pool.workers)
        few = [ours.seconds(FEW_ROWS.lanes(number)) for _ in range(5)]
        with Memory() as memory:
            ours.pool.share({"many": replace(MANY_ROWS.splits(), hash="many")})
            lanes = [replace(lane, data="many") for lane in MANY_ROWS.lanes(number)]
            many = [ours.seconds(lanes) for _ in range(REPETITIONS)]
    each = {"10000": [own / FEW_ROWS.rows for own in few], "1000000": [own / MANY_ROWS.rows for own in many]}
    return {
        "seconds_per_row": each,
        "row_scaling": median(each["1000000"]) / median(each["10000"]),
        "row_memory": memory.added / (4 * MANY_ROWS.features * (MANY_ROWS.rows + 2 * MANY_ROWS.held_out)),
    }


def wide(folder: Path) -> dict[str, Any]:
    """Three layers of 256, on 60 and on 1,000 features, against plain Keras."""
    found: dict[str, Any] = {}
    for name, recipe in (("wide", WIDE), ("wide_1000", WIDE_1000)):
        path = recipe.save(folder / f"{name}.npz")
        with Ours(recipe) as ours:
            number = STACK * len(ours.pool.workers)
            contestants = {"ours": lambda: _per_lane(ours, number), "keras_fit": lambda: _keras(path)}  # noqa: B023
            seconds = _in_turns(contestants)
        found |= {f"{name}_seconds": seconds, f"{name}_ratio": median(seconds["keras_fit"]) / median(seconds["ours"])}
    return found


def decided(_folder: Path) -> dict[str, Any]:
    """Cuts, resamples, and all that a sweep decides, in this process."""
    return decisions.figures()


def tracked(folder: Path) -> dict[str, Any]:
    """What the runs of a sweep cost to record, to look at and to use."""
    return tracking.figures(_empty(folder, "tracked"))


def loaded(folder: Path) -> dict[str, Any]:
    """Ten thousand jobs in one sweep, and a table of a million rows."""
    return load.figures(_empty(folder, "loaded"))


# ---- the contestants


def _in_turns(contestants: Mapping[str, Callable[[], float]]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(REPETITIONS):
        for name, own in contestants.items():
            found[name].append(own())
            print(f"  {name} {turn + 1} of {REPETITIONS}: {found[name][-1]:.4g}", flush=True)
    return found


def _per_lane(ours: Ours, number: int) -> float:
    return ours.seconds(ours.recipe.lanes(number)) / number


def _keras(path: Path, steps_per_execution: int = 1) -> float:
    """Seconds of a second model in a process; the first one warms it up."""
    said = _run([sys.executable, HERE / "peers/keras_fit.py", path, 2, steps_per_execution])
    return float(said.split()[-1])


def _jax(path: Path, masks: str) -> float:
    """Seconds a model of as many single-threaded processes as cores, begun together."""
    environment = {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"}
    words = [str(PEERS), str(HERE / "peers/jax_stack.py"), str(path), str(STACK), "1", masks]
    cores = sorted(os.sched_getaffinity(0))
    processes = [_started(["taskset", "-c", str(core), *words], environment) for core in cores]
    for process in processes:
        process.stdout.readline()
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    said = [process.communicate()[0] for process in processes]
    return max(map(float, said)) / STACK / len(processes)


def _torch(path: Path) -> float:
    lanes = 64
    said = _run([PEERS, HERE / "peers/torch_stack.py", path, lanes, 2])
    return float(said.split()[-1]) / lanes


def _sgemm() -> float:
    """Seconds a floating-point operation of a large float32 product on all cores."""
    size = 4096
    a, b = np.random.default_rng(0).random((2, size, size), np.float32)
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        a @ b
        seconds.append(time.perf_counter() - started)
    return median(seconds) / (2 * size**3)


def _timed(words: list[str], folder: Path) -> float:
    started = time.perf_counter()
    _run(words, cwd=folder)
    return time.perf_counter() - started


def _run(words: list[Any], cwd: Path | None = None, **environment: str) -> str:
    own = {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_URI"} | environment
    done = subprocess.run(list(map(str, words)), cwd=cwd, env=own, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))} failed:\n{done.stderr[-2000:]}")
    return done.stdout


def _started(words: list[str], environment: dict[str, str]) -> Any:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(words, env=os.environ | environment, text=True, **pipes)


def _empty(folder: Path, name: str) -> Path:
    return Path(tempfile.mkdtemp(prefix=name, dir=folder))


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


if __name__ == "__main__":
    main(sys.argv[1:])
