"""How far other instruction sets, libraries' paths and threads move a network: python benchmarks/tolerances.py.

Trains 60 configurations as they are, and again under each setting, and writes reported/tolerances: a row a setting and
configuration, and the largest differences of all, which `reproduce` holds runs from elsewhere against.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

from threshold_lab.provenance import provenance
from threshold_lab.recording import SPEC
from threshold_lab.reproduce.differences import largest
from threshold_lab.sealing import HASHES
from threshold_lab.spec import run_spec
from threshold_lab.tracking import Runs

FOLDER = Path(__file__).parents[1] / "reported" / "tolerances"
WORDS = ["activation=sigmoid,softmax,linear,tanh,softsign", "loss=binary_crossentropy,mse,huber", "optimizer=sgd,adam"]
WORDS += ["network.hidden=[124,124],[32,8]", "sweep=none", "threshold=0.5", "seeds=1", "rule.resamples=0"]
SETTINGS = {
    "as it is": {},
    "again": {},
    "one worker": {"workers": "1"},
    "oneDNN off": {"TF_ENABLE_ONEDNN_OPTS": "0"},
    "oneDNN to AVX2": {"ONEDNN_MAX_CPU_ISA": "AVX2"},
    "XLA to AVX2": {"XLA_FLAGS": "--xla_cpu_max_isa=AVX2"},
    "XLA to AVX": {"XLA_FLAGS": "--xla_cpu_max_isa=AVX"},
    "XLA to SSE4.2, oneDNN off": {"XLA_FLAGS": "--xla_cpu_max_isa=SSE4_2", "TF_ENABLE_ONEDNN_OPTS": "0"},
    "XLA with fast math": {"XLA_FLAGS": "--xla_cpu_enable_fast_math=true"},
}
"""Environment of each; of "as it is" all others are measured."""

Files = dict[str, dict[str, bytes]]


def main(names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as place:
        asked = ["as it is", *(names or list(SETTINGS)[1:])]
        found = {name: _files(name, Path(place, str(number))) for number, name in enumerate(asked)}
    base = found.pop("as it is")
    rows = [{"setting": name, **_row(base[key], own[key])} for name, own in found.items() for key in base if key in own]
    table = pd.DataFrame(rows)
    FOLDER.mkdir(parents=True, exist_ok=True)
    table.to_csv(FOLDER / "measured.csv", index=False)
    most = table.groupby("setting", sort=False)[["weight", "probability", "roc_auc", "accuracy"]].max()
    now = provenance()
    told = {
        "largest": table[["weight", "probability", "roc_auc", "accuracy"]].max().to_dict(),
        "configurations": len(base),
    }
    told |= {"libraries": now.libraries, "cpu": now.cpu, "flags": now.flags}
    (FOLDER / "largest.json").write_text(json.dumps(told, indent=1) + "\n")
    print(most.to_string())


def _files(name: str, place: Path) -> Files:
    """The files of every finished job under a setting, by its specification."""
    print(f"{name} ...", flush=True)
    place.mkdir()
    setting = dict(SETTINGS[name])
    workers = setting.pop("workers", "null")
    own = {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_URI"} | setting
    words = [Path(sys.executable).with_name("threshold-lab"), "sweep", *WORDS, f"executor.workers={workers}"]
    subprocess.run(words, cwd=place, env=own, check=True, capture_output=True)
    runs, (plan,) = Runs(place / "mlruns"), (place / "mlruns" / "plans").glob("*.json")
    finished = [run for run in runs.of_sweep(plan.stem) if run.status == "FINISHED"]
    names = [own for own in json.loads(runs.file(finished[0].run_id, HASHES)) if own.endswith((".npz", ".csv"))]
    found = ({own: runs.file(run.run_id, own) for own in (*names, SPEC)} for run in finished)
    return {own[SPEC].decode(): own for own in found}


def _row(then: dict[str, bytes], now: dict[str, bytes]) -> dict[str, object]:
    spec = run_spec(json.loads(then[SPEC]))
    words = f"{spec.activation} {spec.loss} {spec.optimizer.name} {list(spec.network.hidden)}"
    return {"configuration": words, **largest(spec, then, now)}


if __name__ == "__main__":
    main(sys.argv[1:])
