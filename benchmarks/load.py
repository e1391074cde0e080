"""What many jobs and many rows cost: 10,000 jobs planned and recorded in one sweep, and a table of a million rows.

A sweep as a user types it, with small lanes: 1,000 networks, 10 thresholds each. What a run costs is told in processor
time, not the clock's, so that what else a machine does is not measured.
"""

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from ours import Memory, memory_of

from threshold_lab.app import session
from threshold_lab.app.hydra_door import run_hydra
from threshold_lab.app.interrupt import Interrupt
from threshold_lab.spec import RunSpec
from threshold_lab.sweep import Place, sweep
from threshold_lab.watching import Watch

JOBS, CELLS, BLOCK, ROWS, FEATURES = 10_000, 1_000, 1_000, 1_000_000, 30
SMALL = ["data=moons", "data.rows=90", "network.hidden=[4]", "network.dropout=[0]", "epochs=1", "seeds=1"]


def figures(folder: Path) -> dict[str, Any]:
    """Every figure of load, by its key."""
    return _many_jobs(folder / "jobs") | _many_rows(folder)


@dataclass(eq=False)
class _Clock(Watch):
    """Looks on: seconds until all is planned; processor time and memory of this process after each thousand runs."""

    begun: float = field(default_factory=time.perf_counter)
    planned_seconds: float = 0.0
    marks: list[float] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    done: int = 0

    def planned(self, **_: int) -> None:
        self.planned_seconds = time.perf_counter() - self.begun
        self.mark()

    def recorded(self, _key: str) -> None:
        self.done += 1
        if self.done % BLOCK == 0:
            self.mark()

    def mark(self) -> None:
        self.marks.append(time.process_time())
        self.memory.append(memory_of(os.getpid()))
        print(f"  {self.done} runs, {self.memory[-1] / 2**20:.0f} MiB", flush=True)


def _many_jobs(store: Path) -> dict[str, Any]:
    """From the words of the command line on: composed, checked, planned, trained, recorded."""
    rates = ",".join(f"{0.01 + number * 1e-5:.5f}" for number in range(CELLS // 4))
    cuts = ",".join(f"{(number + 1) / (JOBS // CELLS + 1):.4f}" for number in range(JOBS // CELLS))
    swept = ["activation=sigmoid,tanh", "loss=binary_crossentropy,mse", f"threshold={cuts}"]
    clock = _Clock()

    def run(specs: list[RunSpec], place: Place, command: str, _: Interrupt) -> list[float]:
        outcome = sweep(specs, place, clock, command)
        return [outcome.errors[key] for key in outcome.asked]

    shown, session.run = session.run, run
    try:
        words = ["sweep=none", *swept, f"optimizer.learning_rate={rates}", *SMALL, f"store={store}"]
        run_hydra(["--multirun", *words], program="threshold-lab sweep")
    finally:
        session.run = shown
    seconds = np.diff(clock.marks)
    return {
        "plan_seconds": clock.planned_seconds,
        "recorded_seconds": seconds.tolist(),
        "record_scaling": float(seconds[-1] / seconds[0]),
        "sweep_memory_mb": [own / 2**20 for own in clock.memory],
        "sweep_memory_growth": clock.memory[-1] / clock.memory[1],
    }


def _many_rows(folder: Path) -> dict[str, Any]:
    """The most memory of all processes that load a table of a million rows, train one job and record it."""
    path = folder / "big.csv"
    generator = np.random.default_rng(0)
    features = generator.normal(size=(ROWS, FEATURES)).astype(np.float32)
    table = pd.DataFrame(features, columns=[f"x{number}" for number in range(FEATURES)])
    table["y"] = (features[:, 0] + generator.normal(size=ROWS) > 0).astype(int)
    table.to_csv(path, index=False, float_format="%.5f")
    del features, table
    program = Path(sys.executable).with_name("threshold-lab")
    words = ["run", "data=csv", f"data.path={path}", "data.target=y", *SMALL[2:], "batch_size=1024", "store=big"]
    with (
        subprocess.Popen([program, *words], cwd=folder, stdout=subprocess.DEVNULL) as process,
        Memory(process.pid) as own,
    ):
        process.wait()
    if process.returncode:
        sys.exit("the table of a million rows could not be used")
    return {"big_csv_gb": own.peak / 2**30}
