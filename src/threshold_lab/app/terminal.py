"""What a person sees: progress, the table, errors. Plain lines where there is no terminal."""

import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, Task, TaskID, TextColumn, TimeRemainingColumn

from threshold_lab.app.contracts import notes, table_of
from threshold_lab.app.interrupt import Interrupt
from threshold_lab.app.screen import console
from threshold_lab.app.tables import count, warnings
from threshold_lab.errors import LabError
from threshold_lab.executors import AtWork
from threshold_lab.heads import Contract
from threshold_lab.records import Suspicion
from threshold_lab.report import status
from threshold_lab.watching import Watch

_PLAIN_EVERY_SECONDS = 5.0
_WAITING_EVERY_SECONDS = 15.0


class TerminalWatch(Watch):
    """Shows a sweep's progress; stops it between two steps after Ctrl-C."""

    def __init__(self, interrupt: Interrupt, folder: Path | None = None) -> None:
        """folder: of the store, for what is told of another sweep at work in it."""
        self.interrupt = interrupt
        self.folder = folder
        self._waits: float | None = None
        self.new_runs = self.new_lanes = 0
        self._done = 0
        self._note = ""
        self._shown = self._started = self._said = 0.0
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )
        self._programs: TaskID | None = None
        self._runs: TaskID | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def waiting(self, why: str) -> None:
        """Say at once, and every few seconds, what is waited for and how far another sweep is; stop as `checkpoint`."""
        self.checkpoint()
        now = time.monotonic()
        if self._waits is None or now - self._waits > _WAITING_EVERY_SECONDS:
            self._waits = now
            console.print(f"Waiting: {why}{self._elsewhere()} (Ctrl-C stops waiting)", soft_wrap=True)

    def _elsewhere(self) -> str:
        """How far another sweep is, where that can be told."""
        if self.folder is None:
            return ""
        try:
            found = status(self.folder)
        except LabError:
            return ""
        return f", {found['finished'] + found['failed']} of {count(found['jobs'], 'job')} recorded"

    def suspicious(self, found: Sequence[Suspicion]) -> None:
        """Say what may be wrong with the data."""
        for line in warnings(found):
            console.print(line, style="yellow", soft_wrap=True)

    def planned(self, *, jobs: int, recorded: int, lanes: int, trained: int, programs: int) -> None:
        """Say what there is to do, and set up a bar each for programs and runs."""
        console.print(
            f"{count(jobs, 'job')}, {recorded} recorded before; {count(lanes, 'lane')}, {trained} trained before; "
            + (f"{count(programs, 'program')} to train" if programs else "nothing to train")
        )
        if programs:
            self._programs = self._progress.add_task("programs trained", total=programs, note="")
        if jobs > recorded:
            self._runs = self._progress.add_task("runs recorded  ", total=jobs - recorded, note="")
        self._started = self._said = time.monotonic()

    def contracts(self, contracts: Sequence[Contract]) -> None:
        """Say what every pair comes to, and each trouble once."""
        console.print(table_of(contracts))
        console.print(*notes(contracts), "In full: threshold-lab contracts", sep="\n")

    def trained(self, lanes: int) -> None:
        """Count a program."""
        self.new_lanes += lanes
        self._done += 1
        self._note = f"{self.new_lanes / (time.monotonic() - self._started):.1f} lanes/s"
        self._show(self._done)

    def training(self, at_work: AtWork) -> None:
        """Show how far the programs at work are, and what is waited for before the first; stop as `checkpoint` does."""
        self.checkpoint()
        if not self._done:
            waits = "compiling" if at_work.started else "starting TensorFlow"
            self._note = "" if at_work.programs else waits
        self._show(self._done + at_work.programs)

    def _show(self, programs: float) -> None:
        """A program that is done, or whose worker died, has no share in what is at work: never go back for it."""
        self._shown = max(self._shown, programs)
        if self._programs is not None:
            self._progress.update(self._programs, completed=self._shown, note=self._note)
        self._line()

    def recorded(self, _key: str) -> None:
        """Count a run."""
        self.new_runs += 1
        if self._runs is not None:
            self._progress.update(self._runs, advance=1)
        self._line()

    def summing_up(self) -> None:
        """Say what takes a few seconds more."""
        console.print("Drawing the comparison of all jobs ...")

    def checkpoint(self) -> None:
        """Raise KeyboardInterrupt after Ctrl-C."""
        self.interrupt.check()

    def _line(self) -> None:
        now = time.monotonic()
        if console.is_terminal or now - self._said < _PLAIN_EVERY_SECONDS:
            return
        self._said = now
        words = [_words(task) for task in self._progress.tasks if not task.finished]
        console.print(", ".join([*words, f"{now - self._started:.0f} s so far"]))


def _words(task: Task) -> str:
    notes = [str(task.fields["note"])] if task.fields["note"] else []
    if task.time_remaining is not None:
        notes.append(f"{task.time_remaining:.0f} s left")
    done = f"{task.description.strip()} {int(task.completed)} of {task.total:.0f}"
    return f"{done} ({', '.join(notes)})" if notes else done
