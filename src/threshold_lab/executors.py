"""Where programs run: one single-threaded process a core on this machine."""

import multiprocessing
import os
import tempfile
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from threshold_lab.exchange import Exchange, FolderDesk
from threshold_lab.plan import Program
from threshold_lab.records import Fit, Splits
from threshold_lab.worker import prepare, ready, train

TRIES = 3
_POLL_SECONDS = 0.2
_DIED = (
    f"the worker process died, {TRIES} times; if the system ended it for want of memory, use fewer executor.workers "
    f"or a smaller batch_size"
)

Outcome = tuple[Program, list[Fit] | Exception]


class AtWork(NamedTuple):
    """Whether a worker has started, and the sum of the shares done of the programs at work."""

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
            for program, result in self._take_finished():
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
        """Give each idle worker a program; and one that is half done a second, to begin without waiting for us."""
        for worker in self.workers:
            if queue and not worker.tasks:
                worker.give(queue.popleft())
        for worker in self.workers:
            if len(queue) >= len(self.workers) and worker.half_done and worker.give(queue[0]):
                queue.popleft()

    def _take_finished(self) -> list[tuple[Program, Any]]:
        """Wait a moment for results."""
        first = [worker.tasks[0].future for worker in self.workers if worker.tasks]
        wait(first, timeout=_POLL_SECONDS, return_when=FIRST_COMPLETED)
        return [found for worker in self.workers for found in worker.take_finished()]


class _Task(NamedTuple):
    program: Program
    desk: FolderDesk
    future: Future[list[Fit]]

    @property
    def share(self) -> float:
        """How much of it is done: of its epochs, and one more for all that follows them."""
        return self.desk.epochs() / (1 + max(lane.training.epochs for lane in self.program.lanes))

    def collect(self) -> list[Fit] | BaseException:
        """Take what it left, and clear its desk."""
        error = self.future.exception()
        if error is None:
            return self.desk.take(self.future.result())
        self.desk.clear()
        return error


class _Worker:
    """One process, the one of its pool, and the tasks it was given in turn: a death is the fault of the first alone."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.tasks: deque[_Task] = deque()
        self._pool: ProcessPoolExecutor | None = None
        self._ready: Future[int] = Future()

    @property
    def process(self) -> int | None:
        """Its number, once it is ready to train."""
        return self._ready.result() if self._ready.done() and not self._ready.exception() else None

    @property
    def half_done(self) -> bool:
        """Whether it is at work on the second half of its only task."""
        return len(self.tasks) == 1 and self.tasks[0].share > 0.5

    def start(self) -> ProcessPoolExecutor:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(1, mp_context=context, initializer=prepare)
            self._ready = self._pool.submit(ready)
        return self._pool

    def give(self, program: Program) -> bool:
        """Give it a program; False where it died over the one before, which has to be taken first."""
        try:
            self._give(program)
        except BrokenProcessPool:
            if self.tasks:
                return False
            self.stop()
            self._give(program)
        return True

    def _give(self, program: Program) -> None:
        pool, desk = self.start(), self.exchange.desk()
        try:
            self.tasks.append(_Task(program, desk, pool.submit(train, program, self.exchange.folder, desk)))
        except BrokenProcessPool:
            desk.clear()
            raise

    def take_finished(self) -> list[tuple[Program, Any]]:
        """Take the tasks that are done, in turn; after a death all of them, None for those that were not begun."""
        found: list[tuple[Program, Any]] = []
        while self.tasks and self.tasks[0].future.done():
            task = self.tasks.popleft()
            found.append((task.program, task.collect()))
            if isinstance(found[-1][1], BrokenProcessPool):
                self.stop()
                found += [(behind.program, None) for behind in self._dropped()]
        return found

    def _dropped(self) -> list[_Task]:
        behind = list(self.tasks)
        self.tasks.clear()
        for task in behind:
            task.desk.clear()
        return behind

    def stop(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool, self._ready = None, Future()


def _end_workers() -> None:
    for process in multiprocessing.active_children():
        process.terminate()
