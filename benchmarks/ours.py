"""What is measured of us: warm workers, as in the middle of a sweep; compiling is told apart."""

import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from recipes import Recipe

from threshold_lab import plan
from threshold_lab.executors import LocalPool
from threshold_lab.spec import Lane


class Ours:
    """A pool of one worker a core that trains one recipe, its program compiled."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.pool = LocalPool()

    def __enter__(self) -> Self:
        self.pool.__enter__()
        self.pool.start(len(self.pool.workers))
        self.pool.share({"rows": self.recipe.splits()})
        started = time.perf_counter()
        once = self.recipe.lanes(self.recipe.width * len(self.pool.workers))
        self.seconds(once)
        first = time.perf_counter() - started
        self.start_up = first - self.seconds(once)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.pool.__exit__(kind, error, trace)

    def seconds(self, lanes: Sequence[Lane]) -> float:
        """Wall seconds to train lanes and have all their fits here."""
        sizes = {lane.data: (self.recipe.rows, self.recipe.features) for lane in lanes}
        programs = plan.programs(lanes, sizes, frozenset())
        started = time.perf_counter()
        for _, fits in self.pool.train(programs, lambda _: None):
            if isinstance(fits, Exception):
                raise fits
        return time.perf_counter() - started


class Memory:
    """The most memory a process and its children hold while the context lasts, shared pages counted once: bytes."""

    def __init__(self, process: int | None = None) -> None:
        self.process = process or os.getpid()

    def __enter__(self) -> Self:
        self.before = self.peak = _held(self.process)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def added(self) -> int:
        """How much more than before."""
        return self.peak - self.before

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            self.peak = max(self.peak, _held(self.process))


def _held(process: int) -> int:
    return sum(memory_of(own) for own in _family(process))


def _family(process: int) -> list[int]:
    try:
        tasks = [own.read_text() for own in Path(f"/proc/{process}/task").glob("*/children")]
    except OSError:  # it has just ended
        return []
    return [process, *(own for words in tasks for child in words.split() for own in _family(int(child)))]


def memory_of(process: int) -> int:
    """Bytes of a process, a page that several share in parts; 0 where it has ended."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
