"""The tests connect to no other machine, and whatever tries fails the test at hand."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import OUTBOUND

FAR = "192.0.2.1"  # of TEST-NET-1, RFC 5737: nobody's
FROM_HERE = f"import socket; socket.create_connection(({FAR!r}, 9), 5)"
FROM_BELOW = f"import subprocess, sys; sys.exit(subprocess.run([sys.executable, '-c', {FROM_HERE!r}]).returncode)"


def noted() -> str:
    """What was noted, which is forgotten."""
    tried = OUTBOUND.read_text()
    OUTBOUND.write_text("")
    return tried


def test_a_connection_to_another_machine_is_refused_at_once_and_noted():
    with pytest.raises(ConnectionRefusedError, match="the tests connect to no other machine"):
        socket.create_connection((FAR, 9), timeout=5)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams, pytest.raises(ConnectionRefusedError):
        datagrams.sendto(b"hello", (FAR, 9))
    with socket.socket(socket.AF_INET6) as six, pytest.raises(ConnectionRefusedError):
        six.connect(("2001:db8::1", 9))
    with pytest.raises(ConnectionRefusedError):
        socket.getaddrinfo("example.org", 80)
    assert noted().count("\n") == 4


@pytest.mark.parametrize("code", [FROM_HERE, FROM_BELOW])
def test_so_it_is_in_a_process_and_in_one_that_it_starts(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert "the tests connect to no other machine" in done.stderr
    assert FAR in noted()


def test_this_machine_is_reached():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(("localhost", server.getsockname()[1])).close()
    assert noted() == ""


def test_a_test_that_connects_fails(tmp_path):
    """Also where it hides that it was refused."""
    code = f"    with contextlib.suppress(OSError):\n        socket.create_connection(({FAR!r}, 9))\n"
    (tmp_path / "test_it.py").write_text(f"import contextlib, socket\n\ndef test_it():\n{code}")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "conftest", "-p", "no:cacheprovider", "test_it.py"],
        cwd=tmp_path, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(Path(__file__).parent)},
    )  # fmt: skip
    assert "1 passed, 1 error" in done.stdout, done.stdout + done.stderr
    assert "connected to another machine" in done.stdout
