"""MLflow's own server, on the loopback interface and for nobody else."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

from conftest import SMALL, lab_here, trained
from sockets import PROCESSES, listening

from threshold_lab.app import server as ui


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answer(port: int, path: str, host: str = "") -> int:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", path, headers={"Host": host or f"127.0.0.1:{port}"})
        with connection.getresponse() as response:
            return response.status


def created(port: int, name: str, origin: str) -> int:
    """Ask for something that changes what is stored, as a page of some origin would; returns the status."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        headers = {"Content-Type": "application/json", "Origin": origin}
        connection.request("POST", "/api/2.0/mlflow/experiments/create", json.dumps({"name": name}), headers)
        with connection.getresponse() as response:
            return response.status


def until_it_answers(port: int) -> int:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        try:
            return answer(port, "/")
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the server did not start")


def test_the_server_shows_the_runs_to_this_machine_only_and_ends_with_ctrl_c(folder, tmp_path_factory):
    assert lab_here("run", *SMALL, folder=trained(tmp_path_factory, folder)).returncode == 0
    port = free_port()
    program = [str(Path(sys.executable).with_name("threshold-lab")), "ui", "--port", str(port)]
    own = {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_URI"}
    server = subprocess.Popen(
        program,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=own,
        text=True,
        start_new_session=True,
    )
    try:
        assert until_it_answers(port) == 200
        search = "/api/2.0/mlflow/experiments/get-by-name?experiment_name=moons"
        assert answer(port, search) == 200
        assert answer(port, search, host="evil.example") == 403
        for origin in ("http://evil.example", "null", f"https://127.0.0.1.evil.example:{port}"):
            assert created(port, f"by {origin}", origin) == 403
        assert created(port, "by its own page", f"http://127.0.0.1:{port}") == 200
        for host in ("127.0.0.1.evil.example", f"evil.example:{port}", "0.0.0.0", "[::]"):
            assert answer(port, search, host=host) == 403
        if PROCESSES.exists():
            assert listening(server.pid) == {"127.0.0.1"}
        with socket.socket() as other:
            other.settimeout(2)
            assert other.connect_ex((socket.gethostbyname(socket.gethostname()), port)) != 0 or is_loopback()
    finally:
        os.killpg(server.pid, signal.SIGINT)
        said, _ = server.communicate(timeout=60)
    assert server.returncode == 0
    assert f"http://127.0.0.1:{port}" in said
    assert "Traceback" not in said


def test_of_a_server_elsewhere_the_comparison_is_opened_where_there_is_a_screen(folder, monkeypatch, capsys):
    pages, opened = ("http://there/grouped", "http://there/alone", "http://there/summary"), []
    monkeypatch.setattr(ui, "Runs", lambda _: SimpleNamespace(pages=lambda _: pages))
    monkeypatch.setattr(ui.webbrowser, "open", opened.append)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://there/")
    for screen in ("", ":0"):
        monkeypatch.setattr(ui, "_has_screen", lambda own=screen: bool(own))
        ui.serve(folder, 5000)
    assert opened == [pages[0]]
    words = ("The comparison", "Every job by itself", "Table, heat maps, curves, sliders")
    told = [f"{name}: {page}" for name, page in zip(words, pages, strict=True)]
    assert capsys.readouterr().out.splitlines()[1:] == [*told, "The runs are on a server; open", *told]


def test_a_database_that_is_none_is_told_before_a_server_starts(folder):
    (folder / "mlruns").mkdir()
    (folder / "mlruns" / "mlflow.db").write_bytes(b"this is not a database at all, " * 99)
    done = lab_here("ui", "--port", str(free_port()), folder=folder)
    assert done.returncode == 2
    assert "not a database" in done.stderr
    assert "Traceback" not in done.stderr


def is_loopback() -> bool:
    """Whether this machine's own name is the loopback interface, so that it has no other address to try."""
    return socket.gethostbyname(socket.gethostname()).startswith("127.")
