"""Sweeps in processes of their own that begin in milliseconds: forked from one that has done all once.

A line of JSON in, an order; a line of JSON out, what became of it.
"""

import gc
import json
import os
import signal
import sys
import threading
import time
import traceback
from pathlib import Path

from faulty.sweeping import read, swept

from threshold_lab.app.hydra_door import composed
from threshold_lab.app.task import _spec
from threshold_lab.provenance import decisions, engine, provenance

_POLL_SECONDS = 0.002


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
        code = read(order, log) if "read" in order else swept(order, specs, log)
    except BaseException:
        os.write(log, json.dumps({"crash": traceback.format_exc()}).encode() + b"\n")
    finally:
        os._exit(code)


def _ended(order: dict, children: list[int]) -> list[int]:
    """Wait for children; strike the first of them, once, at the moment that is ordered or as soon as it can be."""
    strike = time.monotonic() + order["kill_after"] if "kill_after" in order else None
    status: dict[int, int] = {}
    while len(status) < len(children):
        for child in set(children) - set(status):
            found, code = os.waitpid(child, os.WNOHANG)
            if found:
                status[child] = code
        if strike is not None and time.monotonic() > strike and not status and _struck(order, children[0]):
            strike = None
        time.sleep(_POLL_SECONDS)
    return [os.waitstatus_to_exitcode(status[child]) for child in children]


def _struck(order: dict, driver: int) -> bool:
    """Strike a driver, its group or its workers, and note it; False where there is nothing to be struck yet."""
    whom = order["whom"]
    try:
        targets = _workers(driver) if whom == "worker" else [-driver] if whom == "group" else [driver]
        for target in targets:
            os.kill(target, getattr(signal, whom, signal.SIGKILL))
    except (FileNotFoundError, ProcessLookupError):
        return False
    if targets:
        with Path(order["log"]).open("a") as log:
            log.write(json.dumps({"struck": whom}) + "\n")
    return bool(targets)


def _workers(driver: int) -> list[int]:
    children = Path(f"/proc/{driver}/task/{driver}/children").read_text().split()
    return [int(own) for own in children if "spawn_main" in Path(f"/proc/{own}/cmdline").read_text()]


def _warm(order: dict, specs: list) -> None:
    """Sweep here, in a store that is no case's, so that no fork does for the first time what takes long.

    Forks have the memory of this process and no thread of it: it may have none but its first.
    """
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for _ in range(2):
        assert swept(order, specs, log) == 0
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
