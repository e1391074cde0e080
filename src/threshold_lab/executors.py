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
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from threshold_lab.exchange import Exchange, FolderDesk, taken
from threshold_lab.plan import Program
from threshold_lab.records import Fit, Splits

TRIES = 3
_POLL_SECONDS = 0.2
_DIED = (
    f"the worker process died, {TRIES} times; if the system ended it for want of memory, use fewer executor.workers "
    f"or a smaller batch_size"
)
_ENVIRONMENT = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",  # or the first worker takes all of a GPU's memory
}

Outcome = tuple[Program, list[Fit] | Exception]


class AtWork(NamedTuple):
    """Whether a worker has started, and how much is done of the programs at work: 1.5 of two, one almost done."""

    started: bool
    programs: float


class WorkerDiedError(Exception):
    """A worker process ended in the middle of a program, again and again."""


def cores() -> int:
    """Return the number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class LocalPool:
    """Spawned worker processes that pull programs; started by `start` or the first programs, ended with the context."""

    def __init__(self, workers: int | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="threshold-lab-", ignore_cleanup_errors=True)
        self._exchange = Exchange(Path(self._folder.name))
        self.workers = [_Worker(self._exchange) for _ in range(workers or cores())]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            _end_workers()
        for worker in self.workers:
            worker.stop()
        self._folder.cleanup()

    def start(self, programs: int) -> None:
        """Start the workers that so many programs can use; they import TensorFlow while the driver goes on."""
        for worker in self.workers[:programs]:
            worker.start()

    def share(self, splits: Mapping[str, Splits]) -> dict[str, Splits]:
        """Put splits, by content hash, where workers find them, and return them mapped from there.

        Whoever drops the ones given holds the rows once, however many processes train. Raises StoreError.
        """
        return self._exchange.give(splits)

    def train(self, programs: Sequence[Program], look: Callable[[AtWork], None]) -> Iterator[Outcome]:
        """Yield each program, whose splits are shared, with its fits, or with what stopped it, as they come.

        look: called several times a second; what it raises ends the training.
        A program whose worker dies is given to the next free worker, TRIES times in all.
        """
        queue, deaths = deque(programs), Counter[Program]()
        while queue or any(worker.tasks for worker in self.workers):
            look(self._at_work())
            self._hand_out(queue)
            for program, result in self._finished():
                deaths[program] += isinstance(result, BrokenProcessPool)
                if deaths[program] == TRIES:
                    yield program, WorkerDiedError(_DIED)
                elif result is None or isinstance(result, BrokenProcessPool):
                    queue.appendleft(program)
                else:
                    yield program, result

    def _at_work(self) -> AtWork:
        ready = any(worker.process for worker in self.workers)
        return AtWork(ready, sum(worker.tasks[0].share for worker in self.workers if worker.tasks))

    def _hand_out(self, queue: deque[Program]) -> None:
        """Give each worker a program, and a second one to begin without waiting for us while there are enough."""
        for most, left in ((1, 0), (2, len(self.workers))):
            for worker in self.workers:
                if len(worker.tasks) < most and len(queue) > left:
                    worker.give(queue.popleft())

    def _finished(self) -> list[tuple[Program, Any]]:
        """Wait a moment for results."""
        first = [worker.tasks[0].future for worker in self.workers if worker.tasks]
        wait(first, timeout=_POLL_SECONDS, return_when=FIRST_COMPLETED)
        return [found for worker in self.workers for found in worker.finished()]


class _Task(NamedTuple):
    program: Program
    desk: FolderDesk
    future: Future[list[Fit]]

    @property
    def share(self) -> float:
        """How much of its epochs is done."""
        return self.desk.epochs() / max(lane.training.epochs for lane in self.program.lanes)

    def result(self) -> list[Fit] | BaseException:
        error = self.future.exception()
        if error is not None:
            self.desk.clear()
        return error or self.desk.take(self.future.result())


class _Worker:
    """One process, the one of its pool, and the tasks it was given in turn: a death is the fault of the first alone."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.tasks: deque[_Task] = deque()
        self._pool: ProcessPoolExecutor | None = None
        self._started: Future[int] = Future()

    @property
    def process(self) -> int | None:
        """Its number, once it is ready to train."""
        ready = self._started.done() and not self._started.exception()
        return self._started.result() if ready else None

    def start(self) -> ProcessPoolExecutor:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(1, mp_context=context, initializer=_prepare)
            self._started = self._pool.submit(os.getpid)
        return self._pool

    def give(self, program: Program) -> None:
        try:
            self._give(program)
        except BrokenProcessPool:  # it died while it waited
            self.stop()
            self._give(program)

    def _give(self, program: Program) -> None:
        desk = self.exchange.desk()
        self.tasks.append(_Task(program, desk, self.start().submit(_train, program, self.exchange.folder, desk)))

    def finished(self) -> list[tuple[Program, Any]]:
        """Take the tasks that are done, in turn; after a death all of them, None for those that were not begun."""
        found: list[tuple[Program, Any]] = []
        while self.tasks and self.tasks[0].future.done():
            task = self.tasks.popleft()
            found.append((task.program, task.result()))
            if isinstance(found[-1][1], BrokenProcessPool):
                self.stop()
                found += [(behind.program, None) for behind in self.tasks]
                self.tasks.clear()
        return found

    def stop(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None


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


def _train(program: Program, folder: Path, desk: FolderDesk) -> list[Fit]:
    train: Any = importlib.import_module("threshold_lab.train")  # only workers pay for TensorFlow
    parts = {key: taken(folder, key) for key in {lane.data for lane in program.lanes}}
    fits: list[Fit] = train.train(program.lanes, parts, desk, program.exported)
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
