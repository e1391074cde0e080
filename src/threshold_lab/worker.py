"""What runs in a worker process: one thread of TensorFlow, which only workers import."""

import contextlib
import ctypes
import importlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from threshold_lab.data.rows import Rows
from threshold_lab.errors import LabError, ModelError
from threshold_lab.exchange import FolderDesk, taken
from threshold_lab.explanation.answer import Explanation
from threshold_lab.faults import around
from threshold_lab.plan import Program
from threshold_lab.records import Parts, Shown
from threshold_lab.spec import RunSpec
from threshold_lab.threads import OF_A_WORKER

_ENVIRONMENT = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    **OF_A_WORKER,
    "CUDA_VISIBLE_DEVICES": "-1",  # on a GPU XLA adds up in the order it finds fastest, in each process another
}


class TrainingError(Exception):
    """What stopped a program, in words: an exception of TensorFlow cannot travel to a process that has none."""


def prepare() -> None:
    """Leave Ctrl-C to the driver, go when the driver goes, and set TensorFlow to one thread before it is imported."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_go_with_the_driver, daemon=True).start()
    os.environ.update(_ENVIRONMENT)
    _keep_freed_memory()


def ready() -> int:
    """Import TensorFlow; return the number of this process. An error is told by the first program that meets it too."""
    _trainer()
    return os.getpid()


def train(program: Program, folder: Path, desk: FolderDesk) -> None:
    """Train a program on splits in the folder of an exchange, and lay its fits on a desk.

    Raises LabError, and TrainingError for all else.
    """
    parts = {key: taken(folder, key) for key in {lane.data for lane in program.lanes}}
    try:
        with around("train"):
            desk.lay(_trainer().train(program.lanes, parts, desk, program.exported))
    except LabError:
        raise
    except Exception as error:
        raise TrainingError(f"{type(error).__name__}: {error}") from None


def explain(path: Path, name: str, rows: Rows | None) -> Explanation:
    """Explain a checked model file, on rows if any. Raises LabError."""
    try:
        own: Explanation = _imported("threshold_lab.explanation.stored").explain_file(path, name, rows)
    except LabError:
        raise
    except Exception as error:
        raise ModelError(f"{name}: cannot be explained: {type(error).__name__}: {error}") from None
    return own


def demonstrate(name: str, spec: RunSpec, parts: Parts) -> Shown:
    """Show something of plain Keras, by name, on a job's seeds. Raises LabError, and TrainingError for all else."""
    try:
        shown: Shown = _imported("threshold_lab.demonstrations").demonstrate(name, spec, parts)
    except LabError:
        raise
    except Exception as error:
        raise TrainingError(f"{type(error).__name__}: {error}") from None
    return shown


def _trainer() -> Any:
    return _imported("threshold_lab.train")


def _imported(module: str) -> Any:
    with _silenced_start() if "tensorflow" not in sys.modules else contextlib.nullcontext():
        return importlib.import_module(module)


def _go_with_the_driver() -> None:
    driver = multiprocessing.parent_process()
    if driver is not None:
        driver.join()
        os._exit(1)


def _keep_freed_memory() -> None:
    """Keep freed memory in the process: giving it back and taking it again costs more than the arithmetic."""
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL("libc.so.6")
        m_trim_threshold, m_mmap_max = -1, -4
        libc.mallopt(m_mmap_max, 0)
        libc.mallopt(m_trim_threshold, 2**31 - 1)


@contextlib.contextmanager
def _silenced_start() -> Iterator[None]:
    """Hide what TensorFlow's libraries write to the standard error before they read their own log level."""
    kept = os.dup(2)
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - a device, not a path
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
