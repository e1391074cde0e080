"""Code, libraries and machine of a run, as one record; and the part of them that decides a network's bits."""

import hashlib
import os
import platform
import subprocess
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from threshold_lab.threads import OF_A_WORKER, OF_MATRICES

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
    "naming.py",
    "captions.py",
    "sealing.py",
    "cells.py",
    "recording.py",
    "curves.py",
    "overview.py",
    "interactive/page.py",
    "interactive/steps.py",
    "figures/runs.py",
)
ANSWERING_SOURCES = ("claims", "demonstrations", "comparison.py")
NUMERIC_LIBRARIES = ("tensorflow", "keras", "numpy")
LIBRARIES = (*NUMERIC_LIBRARIES, "mlflow", "hydra-core", "pandas", "scikit-learn", "threshold-lab")


SETTINGS = (
    "KERAS_BACKEND",
    "TF_ENABLE_ONEDNN_OPTS",
    "TF_XLA_FLAGS",
    "XLA_FLAGS",
    "ONEDNN_MAX_CPU_ISA",
    "NPY_DISABLE_CPU_FEATURES",
    "NPY_ENABLE_CPU_FEATURES",
    "OPENBLAS_CORETYPE",
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
)
"""Environment variables that may change bits; no other is ever recorded."""

_FLAGS = ("sse4_2", "avx", "fma", "f16c", "bmi2", "amx", "asimd", "sve", "bf16")
_LONGEST_DIFF = 50_000
_CODE = (":/src", ":/conf")


@dataclass(frozen=True)
class Provenance:
    """What a number came from.

    commit: empty outside a checkout; changed: whether it was not clean, and diff how, where that is not long, its hash
    where it is; untracked: files of code and configurations that no commit holds, a line each, or their hash. engine,
    decisions: hashes of the source files that train and that decide. lock: of requirements.lock. flags: what the
    processor can do that changes rounding. cores: of the machine; usable: by this process. threads: of each worker and
    of the driver's matrices. settings: of SETTINGS, those that were set.
    """

    commit: str
    changed: bool
    diff: str
    untracked: str
    engine: str
    decisions: str
    lock: str
    libraries: dict[str, str]
    python: str
    machine: str
    cpu: str
    flags: str
    cores: int
    usable: int
    threads: dict[str, str]
    settings: dict[str, str]


@cache
def engine() -> str:
    """Hash of the source files and the library versions that decide a lane's bits, on one kind of CPU."""
    return _hash(NUMERIC_SOURCES, *(f"{name} {version(name)}" for name in NUMERIC_LIBRARIES))


@cache
def decisions() -> str:
    """Hash of the source files that turn a lane's logits into what a run holds."""
    return _hash(DECIDING_SOURCES)


@cache
def answers() -> str:
    """Hash of the source files that turn runs and demonstrations into answers of claims."""
    return _hash(ANSWERING_SOURCES)


def _hash(sources: tuple[str, ...], *words: str) -> str:
    content = hashlib.sha256("\n".join(words).encode())
    for path in (PACKAGE / name for name in sources):
        for file in sorted(path.rglob("*.py")) or [path]:
            content.update(file.read_bytes())
    return content.hexdigest()[:16]


def provenance() -> Provenance:
    """Record the present state of code, libraries and machine."""
    diff, untracked = _git("diff", "HEAD"), _git("ls-files", "--others", "--exclude-standard", "--full-name", *_CODE)
    return Provenance(
        commit=_git("rev-parse", "HEAD"),
        changed=bool(diff or untracked),
        diff=_or_its_hash(diff),
        untracked=_or_its_hash(untracked),
        engine=engine(),
        decisions=decisions(),
        lock=_lock(),
        libraries={name: version(name) for name in LIBRARIES},
        python=platform.python_version(),
        machine=f"{platform.system()} {platform.machine()}",
        cpu=_cpu("model name") or platform.processor(),
        flags=" ".join(sorted({own for own in _cpu("flags", "Features").split() if own.startswith(_FLAGS)})),
        cores=os.cpu_count() or 1,
        usable=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        threads={**OF_A_WORKER, "matrices": str(OF_MATRICES)},
        settings={name: os.environ[name] for name in SETTINGS if name in os.environ},
    )


def _or_its_hash(text: str) -> str:
    return text if len(text) <= _LONGEST_DIFF else hashlib.sha256(text.encode()).hexdigest()


def _lock() -> str:
    path = PACKAGE.parents[1] / "requirements.lock"
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


def _git(*words: str) -> str:
    """What git says of the checkout this package lies in; empty where it is installed elsewhere."""
    if not (PACKAGE.parents[1] / ".git").exists():
        return ""
    try:
        said = subprocess.run(["git", *words], cwd=PACKAGE, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return said.stdout.strip()


def _cpu(*names: str) -> str:
    """What Linux says of the first processor; empty elsewhere."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(names)), "")
