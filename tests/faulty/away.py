"""MLflow's own server, that can be killed and started again, and answers that are cut off on their way from it."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ENVIRONMENT = {"THRESHOLD_LAB_PATIENCE": "120", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
"""Of a sweep: only the lab itself is to try again what fails."""


@dataclass
class Away:
    """A server of a database, and of artifacts, at a port of this machine; it ends with the block of `away`."""

    words: Sequence[str]
    environment: dict[str, str]
    port: int
    process: subprocess.Popen | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", *self.words],
            env=os.environ | self.environment | {"MLFLOW_DISABLE_TELEMETRY": "true"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        until = time.monotonic() + 120
        while not self._answers():
            assert time.monotonic() < until, "the server did not start"
            assert self.process.poll() is None, "the server ended"
            time.sleep(0.1)

    def kill(self) -> None:
        """Kill it with all its processes."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def _answers(self) -> bool:
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
                connection.request("GET", "/health")
                return connection.getresponse().status == 200
        except OSError:
            return False


@contextmanager
def away(words: Sequence[str], environment: dict[str, str], port: int) -> Iterator[Away]:
    """Have a server run, started by the words of a module."""
    own = Away(words, environment, port)
    own.start()
    try:
        yield own
    finally:
        own.kill()


def served(database: Path, artifacts: Path, port: int) -> list[str]:
    """Return the words of a server for a team: it hands artifacts in and out too."""
    words = ["mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    return [*words, "--backend-store-uri", f"sqlite:///{database}", "--artifacts-destination", str(artifacts)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Cut:
    """What a way to a server cuts off: of each kind of call, its first answers. cut: what was."""

    port: int
    answers: int
    seen: Counter[str] = field(default_factory=Counter)

    @property
    def cut(self) -> set[str]:
        return {name for name, times in self.seen.items() if times > self.answers}


@contextmanager
def cutting(port: int, answers: int = 1) -> Iterator[tuple[str, Cut]]:
    """Have an address that leads to a port; the server does what is asked there, but its first answers are lost."""
    own = Cut(port, answers)
    way = type("Way", (_Way,), {"own": own})
    with ThreadingHTTPServer(("127.0.0.1", 0), way) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", own
        finally:
            server.shutdown()


class _Way(BaseHTTPRequestHandler):
    own: Cut

    def _pass(self) -> None:
        self.close_connection = True
        try:
            answer, content = self._asked()
        except (OSError, http.client.HTTPException):
            return
        name = f"{self.command} {_call(self.path)}"
        self.own.seen[name] += 1
        if self.own.seen[name] <= self.own.answers:
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.getheader("Content-Type") or "")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _asked(self) -> tuple[http.client.HTTPResponse, bytes]:
        asked = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = dict(self.headers) | {"Host": f"127.0.0.1:{self.own.port}"}
        with closing(http.client.HTTPConnection("127.0.0.1", self.own.port, timeout=60)) as connection:
            connection.request(self.command, self.path, asked, headers)
            answer = connection.getresponse()
            return answer, answer.read()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass  # noqa: N815 - the names are http.server's

    def log_message(self, *_: object) -> None: ...


def _call(path: str) -> str:
    """The kind of a call: runs/create, or mlflow-artifacts."""
    words = path.partition("?")[0].split("/mlflow/", 1)
    return words[1] if len(words) == 2 else "mlflow-artifacts" if "mlflow-artifacts" in path else path
