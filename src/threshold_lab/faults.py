"""Named places where a test ends this process, or takes its disk away. They do nothing unless one is armed."""

import errno
import os
import re
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from threshold_lab.errors import ConfigError, short, unknown

VARIABLE = "THRESHOLD_LAB_FAULT"
"""Environment variable: POINT:OCCURRENCE:ACTION, as commit.before:3:kill; with :FILE, only where no FILE is yet."""

AROUND = {
    "claim": "taking the store for oneself",
    "clear": "removing what a dead sweep left in the store",
    "plan": "writing down what a sweep will do",
    "write": "writing files beside their places",
    "fsync": "having the disk hold them",
    "rename": "putting one of them in its place",
    "database": "making the lab's own database",
    "introduce": "saying of an experiment what it is",
    "train": "training a program, in a worker",
    "keep": "storing what came of a program",
    "create": "creating a run",
    "artifact": "writing the files of a run",
    "metrics": "writing a batch of numbers of a run",
    "inputs": "naming the data of a run",
    "commit": "saying that a run is finished, or failed",
    "supersede": "putting a run away",
    "adopt": "putting a run below another",
    "annotate": "adding to a run",
}
"""What each pair of points surrounds: NAME.before and NAME.after."""

POINTS = tuple(f"{name}.{side}" for name in AROUND for side in ("before", "after"))

_WORDS = re.compile(r"(?P<point>[^:]+):(?P<occurrence>[1-9]\d{0,8}):(?P<action>[^:]+)(:(?P<once>.+))?", re.DOTALL)

seen: Counter[str] = Counter()
"""How often this process came past each point."""


def _full() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


ACTIONS: Mapping[str, Callable[[], None]] = {
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "group": lambda: os.killpg(0, signal.SIGKILL),
    "stop": lambda: os.kill(os.getpid(), signal.SIGSTOP),
    "interrupt": lambda: os.kill(os.getpid(), signal.SIGINT),
    "terminate": lambda: os.kill(os.getpid(), signal.SIGTERM),
    "full": _full,
}


@dataclass(frozen=True)
class Fault:
    """What happens where: action at the occurrence-th time past point; once: a file that says it has happened."""

    point: str
    occurrence: int
    action: str
    once: str = ""

    def __post_init__(self) -> None:
        if self.point not in POINTS:
            raise ConfigError(unknown("fault point", self.point, POINTS))
        if self.action not in ACTIONS:
            raise ConfigError(unknown("fault", self.action, ACTIONS))

    def happen(self) -> None:
        """Do it, unless it has happened."""
        if self.once:
            try:
                os.close(os.open(self.once, os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                return
        ACTIONS[self.action]()


def fault_of(words: str) -> Fault | None:
    """Return the fault that words name, None where there are none. Raises ConfigError."""
    if not words:
        return None
    if not (found := _WORDS.fullmatch(words)):
        raise ConfigError(
            f"{VARIABLE} must be POINT:OCCURRENCE:ACTION, as commit.before:3:kill, or empty; got {short(words)}"
        )
    return Fault(found["point"], int(found["occurrence"]), found["action"], found["once"] or "")


def of_environment() -> Fault | None:
    """Return the fault that VARIABLE names, None where it is empty. Raises ConfigError."""
    return fault_of(os.environ.get(VARIABLE, ""))


_armed: Fault | None = None
with suppress(ConfigError):  # a sweep refuses it; all else works
    _armed = of_environment()


def arm(fault: Fault | None) -> None:
    """Have a fault happen in this process, counting from now on."""
    global _armed
    _armed = fault
    seen.clear()


@contextmanager
def around(name: str) -> Iterator[None]:
    """Pass the point before a step and, if it raises nothing, the one after it."""
    _pass(f"{name}.before")
    yield
    _pass(f"{name}.after")


def _pass(point: str) -> None:
    seen[point] += 1
    if _armed is not None and _armed.point == point and seen[point] == _armed.occurrence:
        _armed.happen()
