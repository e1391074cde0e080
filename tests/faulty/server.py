"""Sweeps in processes of their own that begin in milliseconds: forked from one that has done all once.

A line of JSON in, an order; a line of JSON out, what became of it.
"""

import gc
import json
import os
import resource
import signal
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from threshold_lab import executors, faults, report
from threshold_lab import sweep as pipeline
from threshold_lab.app.hydra_door import composed
from threshold_lab.app.interrupt import Interrupt, exit_code
from threshold_lab.app.task import _spec
from threshold_lab.errors import LabError
from threshold_lab.provenance import decisions, engine, provenance
from threshold_lab.store import Store
from threshold_lab.tracking import Runs
from threshold_lab.watching import Watch

_POLL_SECONDS = 0.002


@dataclass
class Told(Watch):
    """Looks on, and writes down what it is told at once; arms a fault when a job's turn comes."""

    log: int
    interrupt: Interrupt
    fault: faults.Fault | None
    job: int
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

    def training(self, _: object) -> None:
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


def _child(order: dict, specs: list, log: int) -> int:
    """One sweep, as ordered. Returns its exit code."""
    os.environ |= order.get("environment", {}) | {"TMPDIR": order["tmp"]}
    tempfile.tempdir = None
    if limit := order.get("file_limit"):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    if replay := order.get("replay"):
        Replayed.store, pipeline.LocalPool = Store(Path(replay)), Replayed
    if shift := order.get("clock"):
        _set_back(shift)
    if "read" in order:
        return _read(order, log)
    fault = faults.Fault(order["point"], order.get("occurrence", 1), order["action"]) if "point" in order else None
    with Interrupt() as interrupt:
        told = Told(log, interrupt, fault, order.get("job", 0))
        faults.arm(None if told.job else fault)
        try:
            place = pipeline.Place(Path(order["store"]), 1, wait=order.get("wait", True))
            outcome = pipeline.sweep(specs[: order.get("jobs")], place, told, order["command"])
        except KeyboardInterrupt as stop:
            return exit_code(stop)
        except LabError as error:
            told.say(error=str(error))
            return 2
        told.say(finished=len(outcome.errors), failed=outcome.failed)
    return 0


def _read(order: dict, log: int) -> int:
    """Read as MLflow's pages and `threshold-lab status` do, ten times a second, until a file is there."""
    reads, refused, folder = 0, [], Path(order["store"])
    runs = Runs(folder)
    while not Path(order["read"]).exists():
        try:
            runs.pages("http://here")
            report.status(folder)
        except LabError as error:
            refused.append(str(error))
        reads += 1
        time.sleep(0.1)
    os.write(log, json.dumps({"reads": reads, "refused": refused}).encode() + b"\n")
    return 0


def _set_back(seconds: float) -> None:
    """Have the clock of this process go wrong: every name and time that enters a store is read from it."""
    now, local = time.time, time.localtime
    time.time = lambda: now() - seconds
    time.localtime = lambda own=None: local(now() - seconds if own is None else own)
    strftime = time.strftime
    time.strftime = lambda form, own=None: strftime(form, time.localtime() if own is None else own)


def _forked(order: dict, specs: list) -> int:
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    if child := os.fork():
        os.close(log)
        return child
    code = 3
    try:
        os.setsid()
        with Path(os.devnull).open() as nothing:
            os.dup2(nothing.fileno(), 0)
        os.dup2(2, 1)
        code = _child(order, specs, log)
    except BaseException:
        import traceback

        os.write(log, json.dumps({"crash": traceback.format_exc()}).encode() + b"\n")
    finally:
        os._exit(code)


def _ended(order: dict, children: list[int]) -> list[int]:
    """Wait for children; strike one of them at the moment that is ordered."""
    strike = time.monotonic() + order["kill_after"] if "kill_after" in order else None
    status: dict[int, int] = {}
    while len(status) < len(children):
        for child in set(children) - set(status):
            found, code = os.waitpid(child, os.WNOHANG)
            if found:
                status[child] = code
        if strike is not None and time.monotonic() > strike and not status:
            _strike(order["whom"], children[0])
            strike = None
        time.sleep(_POLL_SECONDS)
    return [os.waitstatus_to_exitcode(status[child]) for child in children]


def _strike(whom: str, driver: int) -> None:
    if whom == "group":
        os.killpg(driver, signal.SIGKILL)
    elif whom == "worker":
        for worker in _workers(driver):
            os.kill(worker, signal.SIGKILL)
    else:
        os.kill(driver, getattr(signal, whom, signal.SIGKILL))


def _workers(driver: int) -> list[int]:
    children = Path(f"/proc/{driver}/task/{driver}/children").read_text().split()
    return [int(own) for own in children if "spawn_main" in Path(f"/proc/{own}/cmdline").read_text()]


def _warm(order: dict, specs: list) -> None:
    """Sweep here, in a store that is no case's, so that no fork does for the first time what takes long.

    Forks have the memory of this process and no thread of it: it may have none but its first.
    """
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for _ in range(2):
        assert _child(order, specs, log) == 0
    os.close(log)
    gc.collect()
    gc.freeze()
    assert threading.active_count() == 1, threading.enumerate()


def _answer(order: dict, specs: list) -> list[int]:
    if "warm" in order:
        _warm(order, specs)
        return [0]
    return _ended(order, [_forked(one, specs) for one in order.get("crowd", [order])])


def main() -> None:
    words = json.loads(sys.stdin.readline())
    specs = [_spec(own) for own in composed(*words)]
    engine(), decisions(), provenance()
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line), specs)), flush=True)


if __name__ == "__main__":
    main()
