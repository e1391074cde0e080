"""What a forked process does: one sweep, disturbed as ordered, or reading while another sweeps."""

import ctypes
import json
import os
import resource
import signal
import struct
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from faulty import rehearsed

from threshold_lab import executors, faults, process, report
from threshold_lab import sweep as pipeline
from threshold_lab.app.interrupt import Interrupt, exit_code
from threshold_lab.errors import LabError
from threshold_lab.process import Limits
from threshold_lab.store import Store
from threshold_lab.watching import Watch


@dataclass
class Told(Watch):
    """Looks on, and writes down what it is told at once; arms a fault when a job's turn comes."""

    log: int
    interrupt: Interrupt
    fault: faults.Fault | None
    job: int
    in_training: int
    began: float = field(default_factory=time.monotonic)
    done: int = 0

    def say(self, **what: object) -> None:
        os.write(self.log, json.dumps(what).encode() + b"\n")

    def waiting(self, why: str) -> None:
        self.checkpoint()
        self.say(waiting=why)
        time.sleep(0.2)

    def planned(self, **counts: int) -> None:
        self.say(planned=counts, after=time.monotonic() - self.began)
        self.done = counts["recorded"]
        self._arm()

    def recorded(self, key: str) -> None:
        self.say(recorded=key)
        self.done += 1
        self._arm()

    def _arm(self) -> None:
        if self.fault and self.job and self.done >= self.job - 1:
            faults.arm(self.fault)
            self.job = 0

    def training(self, at_work: executors.AtWork) -> None:
        if self.in_training and at_work.programs:
            os.kill(os.getpid(), self.in_training)
            self.in_training = 0
        self.checkpoint()

    def checkpoint(self) -> None:
        self.interrupt.check()


class Replayed(executors.LocalPool):
    """Hands out the fits of a store, in the place of training them: all that comes after is as always."""

    store: Store

    def start(self, programs: int) -> None: ...

    def train(self, programs, look):
        for program in programs:
            look(executors.AtWork(True, 0.0))
            yield program, [self.store.fit(lane.key) for lane in program.lanes]


def swept(order: dict, specs: list, log: int) -> int:
    """One sweep, as ordered. Returns its exit code."""
    os.environ |= order.get("environment", {}) | {"TMPDIR": order["tmp"], rehearsed.LOG: order["log"]}
    tempfile.tempdir = None
    for name, prepare in _PREPARED.items():
        if name in order:
            prepare(order[name])
    fault = _fault(order)
    with Interrupt() as interrupt:
        told = Told(log, interrupt, fault, order.get("job", 0), getattr(signal, order.get("in_training", ""), 0))
        faults.arm(None if told.job else fault)
        try:
            place = pipeline.Place(Path(order["store"]), 1, Limits(order.get("lease", 120.0)), order.get("wait", True))
            outcome = pipeline.sweep(specs[: order.get("jobs")], place, told, order["command"])
        except KeyboardInterrupt as stop:
            return exit_code(stop)
        except LabError as error:
            told.say(error=str(error))
            return 2
        told.say(finished=len(outcome.errors), failed=outcome.failed)
    return 0


def _fault(order: dict) -> faults.Fault | None:
    if "point" not in order:
        return None
    faults.ACTIONS = _ACTIONS | {"read only": lambda: _read_only(Path(order["store"]))}
    return faults.Fault(order["point"], order.get("occurrence", 1), order["action"], order.get("once", ""))


def _twice() -> None:
    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGINT)


def _read_only(store: Path) -> None:
    for folder in (store, *store.rglob("*/")):
        folder.chmod(0o555)


_ACTIONS = {**faults.ACTIONS, "interrupt twice": _twice}


def _replay(store: str) -> None:
    Replayed.store, pipeline.LocalPool = Store(Path(store)), Replayed


def _rehearse(store: str) -> None:
    os.environ[rehearsed.VARIABLE], process.prepare = store, rehearsed.prepare


def _limit_files(limit: int) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


def _bound(_: bool) -> None:
    """Have what a folder allows count for root too."""
    if not os.geteuid() and ctypes.CDLL(None).capset(struct.pack("Ii", 0x20080522, 0), bytes(24)):
        raise OSError("the rights of root cannot be given up")


def _set_back(seconds: float) -> None:
    """Have the clock of this process go wrong: every name and time that enters a store is read from it."""
    now, local = time.time, time.localtime
    time.time = lambda: now() - seconds
    time.localtime = lambda own=None: local(now() - seconds if own is None else own)
    strftime = time.strftime
    time.strftime = lambda form, own=None: strftime(form, time.localtime() if own is None else own)


_PREPARED = {
    "replay": _replay,
    "rehearse": _rehearse,
    "clock": _set_back,
    "bound": _bound,
    "file_limit": _limit_files,
}
"""What an order may ask for before its sweep begins, each with its value."""


def read(order: dict, log: int) -> int:
    """Read as `threshold-lab status` and MLflow's pages do, ten times a second, so many times."""
    refused = []
    for _ in range(order["read"]):
        begun = time.monotonic()
        try:
            report.status(Path(order["store"]))
            for asked in _asked(order["pages"]):
                with urllib.request.urlopen(asked, timeout=30) as answer:
                    answer.read()
        except urllib.error.HTTPError as error:
            refused.append(f"{error}: {error.read().decode()}")
        except (LabError, OSError) as error:
            refused.append(str(error))
        time.sleep(max(0.0, 0.1 - (time.monotonic() - begun)))
    os.write(log, json.dumps({"refused": refused}).encode() + b"\n")
    return 0


def _asked(address: str) -> list[urllib.request.Request]:
    """What MLflow's pages ask their server for."""
    whole = {"experiments/search": {"max_results": 25}, "runs/search": {"experiment_ids": ["0", "1"]}}
    kind = {"Content-Type": "application/json"}
    return [
        urllib.request.Request(f"{address}/ajax-api/2.0/mlflow/{name}", json.dumps(own).encode(), kind)
        for name, own in whole.items()
    ]
