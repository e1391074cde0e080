"""Where programs run: one single-threaded process a core on this machine."""

import os
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from types import TracebackType
from typing import Any, NamedTuple, Self

from threshold_lab import scratch
from threshold_lab.exchange import Exchange
from threshold_lab.plan import Program
from threshold_lab.process import Limits, Worker, WorkerDiedError
from threshold_lab.records import Fit, Splits

TRIES = 3
_POLL_SECONDS, _MOST_SECONDS = 0.2, 1.0

Outcome = tuple[Program, list[Fit] | Exception]


class AtWork(NamedTuple):
    """Whether a worker has started, and the sum of the shares done of the programs at work."""

    started: bool
    programs: float


def cores() -> int:
    """Return the number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class LocalPool:
    """Spawned worker processes that pull programs; started by `start` or the first programs, ended with the context."""

    def __init__(self, workers: int | None = None, limits: Limits = Limits()) -> None:  # noqa: B008 - it is frozen
        """Make a temporary folder for what they exchange. Raises StoreError where there is no room."""
        scratch.clear()
        self.limits = limits
        self._scratch = scratch.Scratch()
        self._exchange = Exchange(self._scratch.folder)
        self.workers = [Worker(self._exchange) for _ in range(workers or cores())]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self.workers:
            worker.stop()
        self._scratch.close()

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
        A program whose worker dies, or gets on with it no more, is given to the next free worker, TRIES times in all.
        """
        queue, deaths = deque(programs), Counter[Program]()
        self._looked = time.monotonic()
        while queue or any(worker.tasks for worker in self.workers):
            look(self._at_work())
            self._hand_out(queue)
            for program, result in self._take_finished():
                died = isinstance(result, WorkerDiedError)
                deaths[program] += died
                if result is None or (died and deaths[program] < TRIES):
                    queue.appendleft(program)
                else:
                    yield program, _again_and_again(result) if died else result

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
        self._tick()
        return [found for worker in self.workers for found in worker.take_finished()]

    def _tick(self) -> None:
        """Count the time the workers had, and not what they lost while the whole machine, or all of us, stood still."""
        before, self._looked = self._looked, time.monotonic()
        for worker in self.workers:
            worker.tick(min(self._looked - before, _MOST_SECONDS), self.limits)


def _again_and_again(error: WorkerDiedError) -> WorkerDiedError:
    return WorkerDiedError(f"the worker process {error}".replace("{times}", f", {TRIES} times"))
