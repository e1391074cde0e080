"""A sweep that may be disturbed: its networks are trained once, and a folder a case has them."""

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

WORDS = [
    *("activation=sigmoid", "loss=mse", "threshold=0.5", "batch_size=8,16,32", "rule.resamples=20"),
    *("data=moons", "data.rows=90", "network.hidden=[6]", "network.dropout=[0.2]", "epochs=2", "seeds=2"),
]
JOBS = 3
_TESTS = str(Path(__file__).parents[1])
COMMAND = shlex.join(["threshold-lab", "sweep", *WORDS])
_SERVER = "from faulty.server import main; main()"
"""No file: the workers that a sweep spawns would run it first."""


@dataclass(frozen=True)
class Said:
    """What one sweep left: its exit code, negative for a signal, and what its watch was told until then."""

    code: int
    lines: list[dict]

    def __getattr__(self, name: str):
        if name.startswith("_"):
            raise AttributeError(name)
        return next((line[name] for line in self.lines if name in line), None)

    @property
    def acknowledged(self) -> set[str]:
        """The keys of the jobs of which it was said that they are recorded."""
        return {line["recorded"] for line in self.lines if "recorded" in line}

    @property
    def workers(self) -> int:
        """How many worker processes that rehearse there were."""
        return sum("worker" in line for line in self.lines)


@dataclass
class Ground:
    """Where cases are tried: a server that forks sweeps, a trained store and an empty one, and a folder for cases."""

    folder: Path
    server: subprocess.Popen
    cases: int = 0

    @property
    def control(self) -> Path:
        """The store of a sweep that nothing disturbed."""
        return self.folder / "case-1" / "runs"

    def case(self, *, trained: bool = True, database: bool = True) -> "Case":
        """Return a case whose networks are trained, and its database made, or not."""
        self.cases += 1
        own = Case(self, self.folder / f"case-{self.cases}")
        for made in (own.store, own.tmp):
            made.mkdir(parents=True)
        if trained:
            shutil.copytree(self.control / "fits", own.store / "fits")
        if database:
            shutil.copy(self.folder / "empty.db", own.store / "mlflow.db")
        return own

    def order(self, order: dict) -> list[int]:
        """Have one or several sweeps run; return their exit codes."""
        self.server.stdin.write(json.dumps(order) + "\n")
        self.server.stdin.flush()
        line = self.server.stdout.readline()
        assert line, f"the process that forks sweeps ended with code {self.server.wait()}"
        return json.loads(line)


@dataclass
class Case:
    """One store, and the sweeps in it."""

    ground: Ground
    folder: Path
    sweeps: int = 0
    acknowledged: set[str] = field(default_factory=set)

    @property
    def store(self) -> Path:
        return self.folder / "runs"

    @property
    def tmp(self) -> Path:
        return self.folder / "tmp"

    def sweep(self, **order: object) -> Said:
        """Sweep, disturbed as ordered."""
        whole = self._order(order)
        (code,) = self.ground.order(whole)
        return self._said(code, whole)

    def crowd(self, *each: dict) -> list[Said]:
        """Sweep several times at once, each as ordered."""
        orders = [self._order(own) for own in each]
        codes = self.ground.order({"crowd": orders})
        return [self._said(code, own) for code, own in zip(codes, orders, strict=True)]

    @property
    def log(self) -> Path:
        """What the sweep at hand, or the last one, was told."""
        return self.ground.folder / f"{self.folder.name}-log-{self.sweeps}"

    def _order(self, order: dict) -> dict:
        self.sweeps += 1
        own = {"store": str(self.store), "tmp": str(self.tmp), "command": COMMAND}
        return own | {"log": str(self.log)} | order

    def _said(self, code: int, order: dict) -> Said:
        lines = [json.loads(line) for line in Path(order["log"]).read_text().splitlines()]
        said = Said(code, lines)
        assert said.crash is None, said.crash
        self.acknowledged |= said.acknowledged
        return said

    def drop(self) -> None:
        shutil.rmtree(self.folder)


@contextmanager
def ground() -> Iterator[Ground]:
    """Have a ground whose networks are trained for real, once."""
    with tempfile.TemporaryDirectory(prefix="faults-") as place:
        folder = Path(place)
        single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        environment = {key: own for key, own in os.environ.items() if key != "MLFLOW_TRACKING_URI"} | single
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [_TESTS, environment.get("PYTHONPATH")]))
        with subprocess.Popen(
            [sys.executable, "-c", _SERVER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment | {"TMPDIR": place},
        ) as server:
            own = Ground(folder, server)
            assert own.order(WORDS) == "ready"
            _train(own)
            try:
                yield own
            finally:
                server.stdin.close()


def _train(own: Ground) -> None:
    """Make the control sweep; before it writes any run, its database is that of an untouched store."""
    case = own.case(trained=False, database=False)
    empty = case.sweep(point="plan.before", action="full", replay=str(case.store))
    assert "No space left" in empty.error, empty
    shutil.copy(case.store / "mlflow.db", own.folder / "empty.db")
    assert case.sweep().finished == JOBS
    warm = own.case()
    assert warm.sweep(warm=True).finished == JOBS
    warm.drop()
