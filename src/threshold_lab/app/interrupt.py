"""Ctrl-C that waits for the step at hand, so that what is being recorded is recorded."""

import os
import signal
from types import FrameType, TracebackType
from typing import Any, Self


class Stopped(KeyboardInterrupt):
    """A signal came, by its number."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def exit_code(stop: BaseException) -> int:
    """Return the exit code of what a signal ended, as shells have it: 130 after Ctrl-C, 143 after SIGTERM."""
    return 128 + (stop.number if isinstance(stop, Stopped) else signal.SIGINT)


class Interrupt:
    """While it is open, SIGINT, SIGTERM and SIGHUP are remembered for `check`; a second one stops at once."""

    def __init__(self) -> None:
        self.received = 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._before[number] = signal.signal(number, self._remember)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def check(self) -> None:
        """Raise Stopped if a signal has come."""
        if self.received:
            raise Stopped(self.received)

    def _remember(self, number: int, _frame: FrameType | None) -> None:
        if self.received:
            raise Stopped(number)
        self.received = number
        os.write(2, b"\nStopping after the step at hand; Ctrl-C again stops at once.\n")
