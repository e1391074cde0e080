"""Code, libraries and machine of a run, as one record; and the part of them that decides a network's bits."""

import hashlib
import os
import platform
import subprocess
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

PACKAGE = Path(__file__).parent
NUMERIC_SOURCES = (
    "train.py",
    "keras_fit.py",
    "stacked.py",
    "batches.py",
    "engine.py",
    "lanes.py",
    "program.py",
    "optimizers.py",
    "network.py",
    "losses.py",
    "shapes.py",
    "heads",
)
DECIDING_SOURCES = (
    "heads",
    "counts.py",
    "thresholds.py",
    "draws.py",
    "bootstrap.py",
    "decisions.py",
    "scoring.py",
    "calibration.py",
    "uncertainty.py",
    "influence.py",
    "metrics.py",
    "captions.py",
    "cells.py",
    "recording.py",
    "curves.py",
    "overview.py",
    "interactive.py",
    "figures.py",
)
NUMERIC_LIBRARIES = ("tensorflow", "keras", "numpy")
LIBRARIES = (*NUMERIC_LIBRARIES, "mlflow", "hydra-core", "pandas", "scikit-learn", "threshold-lab")


@dataclass(frozen=True)
class Provenance:
    """What a number came from. `commit` is empty outside a checkout; `changed` says that it was not clean."""

    commit: str
    changed: bool
    engine: str
    decisions: str
    libraries: dict[str, str]
    python: str
    machine: str
    cpu: str
    cores: int


@cache
def engine() -> str:
    """Hash of the source files and the library versions that decide a lane's bits, on one kind of CPU."""
    return _hash(NUMERIC_SOURCES, *(f"{name} {version(name)}" for name in NUMERIC_LIBRARIES))


@cache
def decisions() -> str:
    """Hash of the source files that turn a lane's logits into what a run holds."""
    return _hash(DECIDING_SOURCES)


def _hash(sources: tuple[str, ...], *words: str) -> str:
    content = hashlib.sha256("\n".join(words).encode())
    for path in (PACKAGE / name for name in sources):
        for file in sorted(path.rglob("*.py")) or [path]:
            content.update(file.read_bytes())
    return content.hexdigest()[:16]


def provenance() -> Provenance:
    """Record the present state of code, libraries and machine."""
    return Provenance(
        commit=_git("rev-parse", "HEAD"),
        changed=bool(_git("status", "--porcelain", "--untracked-files=no")),
        engine=engine(),
        decisions=decisions(),
        libraries={name: version(name) for name in LIBRARIES},
        python=platform.python_version(),
        machine=f"{platform.system()} {platform.machine()}",
        cpu=_cpu(),
        cores=os.cpu_count() or 1,
    )


def _git(*words: str) -> str:
    """What git says of the checkout this package lies in; empty where it is installed elsewhere."""
    if not (PACKAGE.parents[1] / ".git").exists():
        return ""
    try:
        said = subprocess.run(["git", *words], cwd=PACKAGE, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return said.stdout.strip()


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return platform.processor()
    lines = info.read_text().splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
