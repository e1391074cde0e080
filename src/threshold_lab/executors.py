"""Where programs run: one single-threaded process a core on this machine."""

import contextlib
import ctypes
import importlib
import multiprocessing
import os
import signal
import tempfile
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

from threshold_lab.exchange import Exchange, taken
from threshold_lab.plan import Program
from threshold_lab.records import Fit, Splits

TRIES = 3
_POLL_SECONDS = 0.2
_ENVIRONMENT = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",  # or the first worker takes all of a GPU's memory
}

Outcome = tuple[Program, list[Fit] | Exception]


def cores() -> int:
    """Return the number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class LocalPool:
    """Spawned worker processes that pull programs; started by `start` or the first program, ended with the context."""

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or cores()
        self._pool: ProcessPoolExecutor | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="threshold-lab-", ignore_cleanup_errors=True)
        self._exchange = Exchange(Path(self._folder.name))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            _end_workers()
        self._stop()
        self._folder.cleanup()

    def start(self, programs: int) -> None:
        """Start the workers that so many programs can use; they import TensorFlow while the driver goes on."""
        for _ in range(min(self.workers, programs)):
            self._started().submit(os.getpid)

    def share(self, splits: Mapping[str, Splits]) -> dict[str, Splits]:
        """Put splits, by content hash, where workers find them, and return them mapped from there.

        Whoever drops the ones given holds the rows once, however many processes train. Raises StoreError.
        """
        return self._exchange.give(splits)

    def train(self, programs: Sequence[Program], checkpoint: Callable[[], None]) -> Iterator[Outcome]:
        """Yield each program, whose splits are shared, with its fits, or with what stopped it, as they come.

        checkpoint: called several times a second; what it raises ends the training.
        When a worker dies, the programs that were running are tried again one at a time, so that only the one that
        kills its worker fails, after TRIES deaths of which it alone is the suspect.
        """
        queue = _Queue(programs, 2 * self.workers)
        running: dict[Future[list[Fit]], Program] = {}
        while queue or running:
            checkpoint()
            while (program := queue.next(len(running))) is not None:
                running[self._submit(program)] = program
            for future in self._done(running):
                outcome = queue.settle(running.pop(future), _result(future))
                yield from [] if outcome is None else [outcome]

    def _done(self, running: Iterable[Future[list[Fit]]]) -> set[Future[list[Fit]]]:
        """Wait a moment for results; all of them, and a new pool, where a worker died."""
        done = wait(running, timeout=_POLL_SECONDS, return_when=FIRST_COMPLETED).done
        if not any(isinstance(_result(future), BrokenProcessPool) for future in done):
            return done
        self._stop()
        return wait(running).done

    def _submit(self, program: Program) -> Future[list[Fit]]:
        try:
            return self._started().submit(_train, program, self._exchange.folder)
        except BrokenProcessPool:
            self._stop()
            return self._started().submit(_train, program, self._exchange.folder)

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self.workers, mp_context=context, initializer=_prepare)
        return self._pool

    def _stop(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None


class _Queue:
    """Programs not done: `fresh` ones, `most` at a time, and suspects of a worker's death, one at a time."""

    def __init__(self, programs: Sequence[Program], most: int) -> None:
        self.fresh = deque(programs)
        self.suspects: deque[Program] = deque()
        self.deaths: Counter[Program] = Counter()
        self.most = most
        self._alone = False

    def __bool__(self) -> bool:
        return bool(self.fresh or self.suspects)

    def next(self, running: int) -> Program | None:
        """Return the next program that may run beside so many others; None where none may."""
        if running and (self.suspects or self._alone):
            return None
        self._alone = bool(self.suspects)
        if self.suspects:
            return self.suspects.popleft()
        return self.fresh.popleft() if self.fresh and running < self.most else None

    def settle(self, program: Program, result: list[Fit] | BaseException) -> Outcome | None:
        """Return what is known of a program now; None where it has to be tried again."""
        if isinstance(result, BrokenProcessPool | CancelledError):
            self.deaths[program] += self._alone
            if self.deaths[program] < TRIES:
                self.suspects.append(program)
                return None
        return program, cast("list[Fit] | Exception", result)


def _result(future: Future[list[Fit]]) -> list[Fit] | BaseException:
    if future.cancelled():
        return CancelledError()
    return future.exception() or future.result()


def _end_workers() -> None:
    for process in multiprocessing.active_children():
        process.terminate()


# ---- in the worker


def _prepare() -> None:
    """Leave Ctrl-C to the driver, go when the driver goes, and set TensorFlow to one thread before it is imported."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_go_with_the_driver, daemon=True).start()
    os.environ.update(_ENVIRONMENT)
    _keep_freed_memory()
    with _silenced_start():
        importlib.import_module("threshold_lab.train")


def _train(program: Program, folder: Path) -> list[Fit]:
    train: Any = importlib.import_module("threshold_lab.train")  # only workers pay for TensorFlow
    parts = {key: taken(folder, key) for key in {lane.data for lane in program.lanes}}
    fits: list[Fit] = train.train(program.lanes, parts, program.exported)
    return fits


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
