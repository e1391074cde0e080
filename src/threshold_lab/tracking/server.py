"""How MLflow's own server is started on the runs, so that nobody but this machine is let in."""

from pathlib import Path

from threshold_lab.tracking.home import address


def server_command(folder: Path, host: str, port: int) -> tuple[list[str], dict[str, str]]:
    """Return the module and words that serve the runs, and the environment that keeps the server harmless."""
    words = ["mlflow", "server", "--host", host, "--port", str(port)]
    words += ["--allowed-hosts", f"{host}:{port},localhost:{port}", "--workers", "1", "--no-serve-artifacts"]
    return words, {
        "MLFLOW_BACKEND_STORE_URI": address(folder),  # not a word of the command, which everybody may read
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_ENABLE_AI_GATEWAY": "false",
    }
