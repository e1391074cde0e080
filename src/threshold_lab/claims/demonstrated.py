"""Jobs that plain Keras is shown on, in worker processes of their own: the driver never imports TensorFlow."""

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Self

from threshold_lab.claims.trial import Trial
from threshold_lab.errors import LabError
from threshold_lab.executors import cores
from threshold_lab.records import Parts, Shown
from threshold_lab.spec import RunSpec
from threshold_lab.worker import TrainingError, demonstrate, prepare

_POLL_SECONDS = 0.2


class DemonstrationError(LabError):
    """What stopped a demonstration, in words."""


class PlainKeras:
    """Worker processes, one a core if not said otherwise, that end with the context."""

    def __init__(self, workers: int | None = None) -> None:
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(workers or cores(), mp_context=context, initializer=prepare)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            for process in list(self._pool._processes.values()):
                process.terminate()
        self._pool.shutdown(cancel_futures=True)

    def ask(self, name: str, spec: RunSpec, parts: Parts) -> Future[Shown]:
        """Have something shown on a job, when a worker is free."""
        return self._pool.submit(demonstrate, name, spec, parts)


def trials_of(specs: Sequence[RunSpec], asked: Sequence[Future[Shown]], look: Callable[[], None]) -> list[Trial]:
    """Wait for what was asked. look: called several times a second; what it raises ends the waiting.

    Raises DemonstrationError with what stopped one.
    """
    while wait(asked, timeout=_POLL_SECONDS).not_done:
        look()
    try:
        shown = [own.result() for own in asked]
    except (TrainingError, BrokenProcessPool) as error:
        raise DemonstrationError(f"plain Keras could not show it: {error}") from None
    return [Trial(spec, own.numbers, own.words) for spec, own in zip(specs, shown, strict=True)]
