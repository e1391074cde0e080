"""Which addresses a process and those below it listen on, by what Linux says of their sockets."""

import socket
import struct
from collections.abc import Iterator
from pathlib import Path

PROCESSES = Path("/proc")


def listening(leader: int) -> set[str]:
    """The addresses on which a process, and all it started, wait for connections."""
    return set(_addresses({inode for process in _below(leader) for inode in _sockets(process)}))


def _below(leader: int) -> set[int]:
    parents = {int(own.name): _parent(own) for own in PROCESSES.glob("[0-9]*")}
    found, before = {leader}, set()
    while found != before:
        before, found = found, found | {process for process, parent in parents.items() if parent in found}
    return found


def _parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:  # it has ended
        return -1


def _sockets(process: int) -> Iterator[str]:
    """The numbers of a process's sockets."""
    for own in (PROCESSES / str(process) / "fd").glob("*"):
        try:
            target = str(own.readlink())
        except OSError:  # it is closed
            continue
        if target.startswith("socket:["):
            yield target[8:-1]


def _addresses(inodes: set[str]) -> Iterator[str]:
    for table, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        for line in (PROCESSES / "net" / table).read_text().splitlines()[1:]:
            _, local, _, state, *_, inode = line.split()[:10]
            if state == "0A" and inode in inodes:
                words = struct.iter_unpack("<I", bytes.fromhex(local.split(":")[0]))
                yield socket.inet_ntop(family, b"".join(struct.pack(">I", word) for (word,) in words))
