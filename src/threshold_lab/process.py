"""One worker process as its driver sees it, and the programs it was given in turn."""

import multiprocessing
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any

from threshold_lab.exchange import Exchange, FolderDesk
from threshold_lab.plan import Program
from threshold_lab.records import Fit
from threshold_lab.worker import prepare, ready, train

DIED = "died{times}; if the system ended it for want of memory, use fewer executor.workers or a smaller batch_size"
_UNTOLD_SECONDS = 5.0
SILENT = "made no progress for {seconds:g} s and was ended{times}; if it is only slow, raise executor.lease"


@dataclass(frozen=True)
class Limits:
    """Seconds after which a program is ended: without progress (lease, compiling included), or at all. None: never."""

    lease: float | None = 900.0
    time_limit: float | None = None


class WorkerDiedError(Exception):
    """A worker process ended, or had to be ended, in the middle of a program, again and again."""


class TimeLimitError(Exception):
    """A program took longer than it may."""


@dataclass(eq=False)
class Task:
    """A program in a worker. spent, silent: seconds it is at work, and since it last got on; ended: why it was.

    untold: seconds that its process is gone and its future has not been told: a pool may miss a death while it is given
    more to do.
    """

    program: Program
    desk: FolderDesk
    future: Future[None]
    spent: float = 0.0
    silent: float = 0.0
    untold: float = 0.0
    ended: Exception | None = None
    _seen: Sequence[int] = ()

    @property
    def share(self) -> float:
        """How much of it is done: of its epochs, and one more for all that follows them."""
        return self.desk.epochs() / (1 + max(lane.training.epochs for lane in self.program.lanes))

    def tick(self, seconds: float, limits: Limits) -> None:
        """Take note that it was at work for some more seconds; say in `ended` if that is too long."""
        self.spent += seconds
        self.silent, self._seen = (self.silent + seconds if (now := self.desk.progress()) == self._seen else 0.0), now
        if limits.time_limit is not None and self.spent > limits.time_limit:
            self.ended = TimeLimitError(f"not done after the {limits.time_limit:g} s of executor.time_limit")
        elif limits.lease is not None and self.silent > limits.lease:
            self.ended = WorkerDiedError(SILENT.replace("{seconds:g}", f"{limits.lease:g}"))

    @property
    def done(self) -> bool:
        """Whether it came to an end, good or bad."""
        return self.future.done() or self.is_lost

    @property
    def is_lost(self) -> bool:
        """Whether its process is gone, and will never tell."""
        return not self.future.done() and self.untold > _UNTOLD_SECONDS

    @property
    def has_died(self) -> bool:
        """Whether it ended with its process."""
        return self.is_lost or isinstance(self.future.exception(), BrokenProcessPool)

    def collect(self) -> list[Fit] | BaseException:
        """Take what it left, and clear its desk."""
        if self.has_died:
            self.desk.clear()
            return self.ended or WorkerDiedError(DIED)
        error = self.future.exception()
        if error is None:
            return self.desk.take(lane.key for lane in self.program.lanes)
        self.desk.clear()
        return error


class Worker:
    """One process, the one of its pool, and the tasks it was given in turn: a death is the fault of the first alone."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.tasks: deque[Task] = deque()
        self._pool: ProcessPoolExecutor | None = None
        self._ready: Future[int] = Future()
        self._children: list[Any] = []

    @property
    def process(self) -> int | None:
        """Its number, once it is ready to train."""
        return self._ready.result() if self._ready.done() and not self._ready.exception() else None

    @property
    def half_done(self) -> bool:
        """Whether it is at work on the second half of its only task."""
        return len(self.tasks) == 1 and self.tasks[0].share > 0.5

    def start(self) -> ProcessPoolExecutor:
        """Have the process begin, where there is none; it imports TensorFlow."""
        if self._pool is None:
            before = multiprocessing.active_children()
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(1, mp_context=context, initializer=prepare)
            self._ready = self._pool.submit(ready)
            self._children = [own for own in multiprocessing.active_children() if own not in before]
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
            self.tasks.append(Task(program, desk, pool.submit(train, program, self.exchange.folder, desk)))
        except BrokenProcessPool:
            desk.clear()
            raise

    def tick(self, seconds: float, limits: Limits) -> None:
        """Take note of some more seconds, and end the process where its program takes too long."""
        if self.tasks and not self.tasks[0].done:
            if any(child.is_alive() for child in self._children):
                self.tasks[0].tick(seconds, limits)
            else:
                self.tasks[0].untold += seconds
            if self.tasks[0].ended:
                self._kill()

    def take_finished(self) -> list[tuple[Program, Any]]:
        """Take the tasks that are done, in turn; after a death all of them, None for those that were not begun."""
        found: list[tuple[Program, Any]] = []
        while self.tasks and self.tasks[0].done:
            task = self.tasks.popleft()
            found.append((task.program, task.collect()))
            if task.has_died:
                self.stop()
                found += [(behind.program, None) for behind in self._dropped()]
        return found

    def _dropped(self) -> list[Task]:
        behind = list(self.tasks)
        self.tasks.clear()
        for task in behind:
            task.desk.clear()
        return behind

    def stop(self) -> None:
        """End the process, be it stopped, hung or at work: what is done of a program is done again."""
        self._kill()
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool, self._ready = None, Future()

    def _kill(self) -> None:
        for child in self._children:
            child.kill()
