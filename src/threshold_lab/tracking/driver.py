"""Who writes a run: the process that drives a sweep, told so exactly that another can see whether it is dead."""

import os
import socket
from pathlib import Path
from typing import NamedTuple


class Driver(NamedTuple):
    """A process: its machine, when that was started, the store it holds, and its number with its own start.

    Words without a space, as they are in a tag of its runs.
    """

    machine: str
    boot: str
    store: str
    space: str
    process: str
    started: str

    def __str__(self) -> str:
        return " ".join(self)

    def sees_dead(self, words: str) -> bool:
        """Whether a run of another driver, by its tag, is being written by nobody.

        It is if that one held the store that this one holds now, its machine was started anew, or its process is gone.
        Of another machine nothing is known, so its runs are left alone.
        """
        other = words.split(" ")
        if len(other) != len(self._fields) or other[0] != self.machine:
            return False
        own = Driver(*other)
        gone = own.space == self.space and own.started != _started(own.process)
        return own.boot != self.boot or own.store == self.store or gone


def this_driver(folder: Path) -> Driver:
    """Return this process as the driver that holds the store in a folder; one that only reads a server needs none."""
    space = Path("/proc/self/ns/pid")
    return Driver(
        machine=f"{socket.gethostname() or '-'}/{_first_line('/etc/machine-id')}",
        boot=_first_line("/proc/sys/kernel/random/boot_id"),
        store=_store(folder),
        space=str(space.stat().st_ino) if space.exists() else "-",
        process=str(os.getpid()),
        started=_started(str(os.getpid())),
    )


def _store(folder: Path) -> str:
    try:
        own = folder.stat()
    except FileNotFoundError:
        return "-"
    return f"{own.st_dev}:{own.st_ino}"


def _first_line(path: str) -> str:
    try:
        return Path(path).read_text().strip() or "-"
    except OSError:
        return "-"


def _started(process: str) -> str:
    """When a process was started, in ticks since its machine was; "gone" where there is none, "-" if that is not told.

    A number is given again to another process, a number with its start is not.
    """
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return "gone" if Path("/proc/self/stat").exists() else "-"
