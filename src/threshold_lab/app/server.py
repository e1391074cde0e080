"""MLflow's own server on the runs, on the loopback interface."""

import os
import signal
import socket
import subprocess
import sys
import time
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from threading import Thread

import click

from threshold_lab.app.interrupt import Interrupt
from threshold_lab.errors import StoreError
from threshold_lab.tracking import Runs, own_database, server_command

HOST = "127.0.0.1"
_POLL_SECONDS, _STARTS_WITHIN = 0.2, 300


def serve(folder: Path, port: int) -> None:
    """Serve the runs until Ctrl-C. Raises StoreError where there are none, or where the server cannot run."""
    if (remote := os.environ.get("MLFLOW_TRACKING_URI", "")).startswith("http"):
        pages = Runs(folder).pages(remote.rstrip("/"))
        click.echo(f"The runs are on a server; open\n{_told(pages)}")
        if _has_screen():
            webbrowser.open(pages[0])
        return
    database = own_database(folder)
    if database is not None and not database.exists():
        raise StoreError(f"no runs in {folder.resolve()}; make some with: threshold-lab sweep")
    _require_free(port)
    pages = Runs(folder).pages(f"http://{HOST}:{port}")  # or tells why not, before a server tries
    words, environment = server_command(folder, HOST, port)
    click.echo(f"{_told(pages)}\n(Ctrl-C ends it)")
    with Interrupt() as interrupt:
        if _has_screen():
            Thread(target=_open, args=(pages[0], port), daemon=True).start()
        code = _run([sys.executable, "-m", *words], os.environ | environment, interrupt)
    if code:
        raise StoreError(f"MLflow's server ended with code {code}; what it said is above")


def _told(pages: Sequence[str]) -> str:
    """The pages there are, the comparison first."""
    words = ("The comparison", "Every job by itself", "Table, heat maps, curves, sliders")
    return "\n".join(f"{name}: {page}" for name, page in zip(words, pages, strict=False))


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise StoreError(f"port {port} cannot be used: {error.strerror}; choose another with --port") from None


def _has_screen() -> bool:
    """Whether a browser would be seen; without a screen, Python would start one in the terminal."""
    return sys.platform == "darwin" or bool({"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ))


def _open(page: str, port: int) -> None:
    """Open a page in the browser once the server answers."""
    for _ in range(_STARTS_WITHIN):
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                webbrowser.open(page)
                return
        time.sleep(_POLL_SECONDS)


def _run(words: list[str], environment: dict[str, str], interrupt: Interrupt) -> int:
    """Run the server in a process group of its own, so that Ctrl-C reaches it as a request to end, once."""
    with subprocess.Popen(words, env=environment, start_new_session=True) as server:
        while server.poll() is None:
            try:
                server.wait(_POLL_SECONDS)
            except subprocess.TimeoutExpired:
                if interrupt.received:
                    os.killpg(server.pid, signal.SIGTERM)
                    server.wait()
    return 0 if interrupt.received else server.returncode
