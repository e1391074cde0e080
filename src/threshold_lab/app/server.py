"""MLflow's own server on the runs, on the loopback interface."""

import os
import subprocess
import sys
from pathlib import Path

import click

from threshold_lab.errors import StoreError
from threshold_lab.tracking import server_command

HOST = "127.0.0.1"


def serve(folder: Path, port: int) -> None:
    """Serve the runs until Ctrl-C. Raises StoreError where there are none."""
    remote = os.environ.get("MLFLOW_TRACKING_URI", "")
    if remote.startswith("http"):
        click.echo(f"The runs are at {remote}: open that address.")
        return
    if not remote and not (folder / "mlflow.db").exists():
        raise StoreError(f"no runs in {folder.resolve()}; make some with: threshold-lab sweep")
    words, environment = server_command(folder, HOST, port)
    click.echo(f"http://{HOST}:{port}  (Ctrl-C ends it)")
    try:
        code = subprocess.run([sys.executable, "-m", *words], env=os.environ | environment, check=False).returncode
    except KeyboardInterrupt:
        return
    if code:
        raise StoreError(f"MLflow's server ended with code {code}; if port {port} is taken, choose one with --port")
