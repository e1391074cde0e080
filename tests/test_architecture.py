"""Imports go strictly down the list of DESIGN, and each outside library has its doors."""

import ast
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

import threshold_lab
from threshold_lab.provenance import DECIDING_SOURCES, NUMERIC_SOURCES

PACKAGE = Path(threshold_lab.__file__).parent
ORDER = [
    "app",
    "evaluator",
    "pairing",
    "report",
    "claims",
    "studies",
    "verify",
    "reproduce",
    "sweep",
    "watching",
    "overview",
    "introducing",
    "recording",
    "seals",
    "captions",
    "naming",
    "sealing",
    "cells",
    "tracking",
    "store",
    "signing",
    "executors",
    "process",
    "worker",
    "exchange",
    "explanation",
    "demonstrations",
    "train",
    "keras_fit",
    "stacked",
    "engine",
    "lanes",
    "batches",
    "program",
    "optimizers",
    "network",
    "losses",
    "plan",
    "interactive",
    "figures",
    "curves",
    "comparison",
    "metrics",
    "calibration",
    "decisions",
    "uncertainty",
    "influence",
    "scoring",
    "bootstrap",
    "draws",
    "thresholds",
    "counts",
    "heads",
    "data",
    "provenance",
    "fits",
    "threads",
    "shapes",
    "spec",
    "records",
    "scratch",
    "durable",
    "faults",
    "arrays",
    "errors",
    "carried",
]
DOORS = {
    "tensorflow": {"demonstrations", "explanation", "engine", "lanes", "program", "optimizers", "network", "losses"},
    "keras": {"demonstrations", "explanation", "network", "keras_fit", "carried"},
    "mlflow": {"tracking", "carried", "evaluator"},
    "h5py": {"explanation"},
    "skops": {"tracking", "carried"},
    "hydra": {"app"},
    "omegaconf": {"app"},
    "sqlalchemy": {"tracking"},
    "alembic": {"tracking"},
    "sqlite3": {"tracking"},
    "matplotlib": {"figures"},
    "altair": {"interactive"},
    "vl_convert": {"interactive"},
    "jinja2": {"report"},
    "markupsafe": {"report"},
    "rich": {"app"},
    "click": {"app"},
    "sklearn": {"data", "calibration", "studies"},
    "scipy": {"comparison", "studies", "uncertainty"},
    "pydantic": {"spec", "claims"},
}
_WORDS = "words alone: errors, specifications (each leaf of which is in a job's key), and what travels between parts"
_KEEPS = "keeps bytes that were worked out before, and holds them against their hashes"
_DRAWS = "draws numbers that are worked out before: a picture that comes out otherwise is told by its name"
_ELSE = "draws what is of no run: pages of a sweep, of claims, of anybody"
_TOLD = "is recorded with each run, by itself"
UNHASHED = {
    NUMERIC_SOURCES: {"errors.py": _WORDS, "records.py": _WORDS, "spec": _WORDS},
    DECIDING_SOURCES: {
        **dict.fromkeys(["errors.py", "records.py", "spec", "plan.py", "shapes.py"], _WORDS),
        **dict.fromkeys(["arrays.py", "durable.py", "faults.py", "fits.py", "scratch.py", "signing.py"], _KEEPS),
        **dict.fromkeys(["store.py", "tracking"], _KEEPS),
        **dict.fromkeys(["figures/__init__.py", "figures/vector.py", "interactive/__init__.py"], _DRAWS),
        **dict.fromkeys(["figures/answers.py", "figures/summary.py", "interactive/part.py"], _ELSE),
        **dict.fromkeys(["provenance.py", "threads.py"], _TOLD),
    },
}
"""What sources whose hash is in a key import and is in no hash, with the reason."""
FILES = sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE or path.stem != "__init__")


def module_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down_the_list_and_through_the_doors(path: Path):
    module = module_of(path)
    for name in imports(path):
        outside, *inside = name.split(".")
        if outside == "threshold_lab" and inside[0] != module:
            assert ORDER.index(inside[0]) > ORDER.index(module), f"{module} imports {inside[0]}"
        assert module in DOORS.get(outside, {module}), f"{module} imports {outside}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_is_at_most_250_lines(path: Path):
    assert len(path.read_text().splitlines()) <= 250


def modules_in(path: Path) -> set[Path]:
    """The files of this package that a file imports, or imports something from."""
    names = imports(path)
    places = [PACKAGE.parent / own.replace(".", "/") for name in names for own in (name, name.rpartition(".")[0])]
    files = {own for place in places for own in (place.with_suffix(".py"), place / "__init__.py") if own.exists()}
    return {own for own in files if own.is_relative_to(PACKAGE)} - {PACKAGE / "__init__.py"}


def files_of(names: Iterable[str]) -> set[Path]:
    return {path for name in names for path in (sorted((PACKAGE / name).rglob("*.py")) or [PACKAGE / name])}


@pytest.mark.parametrize("sources", UNHASHED, ids=["training", "deciding"])
def test_what_is_hashed_imports_nothing_else_that_changes_a_number(sources):
    hashed, found = files_of(sources), set()
    new = set(hashed)
    while new:
        found |= new
        new = {own for path in new for own in modules_in(path)} - found
    excepted = {name: files_of([name]) for name in UNHASHED[sources]}
    assert found - hashed <= set().union(*excepted.values())
    assert [name for name, files in excepted.items() if not files & found - hashed] == []


def test_what_does_not_train_never_imports_tensorflow():
    modules = ["app", "app.session", "app.claims", "report", "report.written", "sweep", "tracking", "executors", "data"]
    modules += ["heads", "spec"]
    code = "; ".join(f"import threshold_lab.{module}" for module in modules)
    code += "; import sys; sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_question_of_a_name_is_answered_without_mlflow_or_sklearn():
    code = "import threshold_lab.app.hydra_door, sys; sys.exit(bool({'mlflow', 'sklearn'} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", code], check=True)
