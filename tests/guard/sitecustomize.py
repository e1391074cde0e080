"""Python imports this when it starts, in the tests and in every process of theirs: none connects to another machine.

Whoever tries is refused as if nobody answered, and noted in the file LAB_TESTS_OUTBOUND, which fails the test at hand.
"""

import os
import sys

_CONNECTS = {"socket.connect", "socket.sendto", "socket.sendmsg"}
_LOOKS_UP = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
_HERE = {"", "localhost", "::1", "::", "0.0.0.0", "None", *os.environ.get("LAB_TESTS_OWN", "").split()}


def _is_here(host: object) -> bool:
    name = host.decode("latin-1") if isinstance(host, bytes) else str(host)
    return name in _HERE or name.startswith(("127.", "::ffff:127."))


def _watch(event: str, words: tuple[object, ...]) -> None:
    if event in _CONNECTS:
        address = words[-1]
        host = address[0] if isinstance(address, tuple) else None  # a path, of a socket of this machine
    elif event in _LOOKS_UP:
        host = words[0]
    else:
        return
    if not _is_here(host):
        _note(f"{event} {host!r} by {' '.join(sys.argv)[:200]}\n")
        raise ConnectionRefusedError(111, "the tests connect to no other machine", str(host))


def _note(words: str) -> None:
    path = os.environ.get("LAB_TESTS_OUTBOUND")
    if path:
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(file, words.encode())
        os.close(file)


if not hasattr(sys, "lab_tests_guarded"):
    sys.lab_tests_guarded = True  # type: ignore[attr-defined]
    sys.addaudithook(_watch)
