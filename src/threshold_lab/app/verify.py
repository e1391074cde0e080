"""threshold-lab verify: a store -> what is wrong with it, and what was put right."""

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from threshold_lab.app.interrupt import Interrupt
from threshold_lab.app.screen import console
from threshold_lab.app.tables import count
from threshold_lab.tracking import own_database
from threshold_lab.verify import Findings, Mended, verify
from threshold_lab.verify import repair as put_right

_QUIET_SECONDS, _EVERY_SECONDS, _MOST = 2.0, 2.0, 200


class Progress:
    """Says how far a check is, once it takes longer than two seconds; stops it after Ctrl-C."""

    def __init__(self, interrupt: Interrupt) -> None:
        self.interrupt = interrupt
        self._said = time.monotonic() + _QUIET_SECONDS - _EVERY_SECONDS

    def looking(self, at: str, done: int, total: int) -> None:
        """Say what is looked at."""
        self.interrupt.check()
        if (now := time.monotonic()) - self._said >= _EVERY_SECONDS:
            self._said = now
            console.print(f"{at} {done} of {total} ...")


@dataclass(frozen=True)
class Answer:
    """What was found; what was put right, None where that was not asked for; what is left; and where the runs are."""

    found: Findings
    mended: Mended | None
    left: Findings
    on_server: bool


def answer(folder: Path, *, repair: bool, quiet: bool) -> Answer:
    """Check a store, and put right what can be. quiet: no progress. Raises LabError."""
    console.quiet, on_server = quiet, own_database(folder) is None
    try:
        with Interrupt() as interrupt:
            progress = Progress(interrupt)
            found = verify(folder, progress)
            if not repair or not found.damages:
                return Answer(found, None, found, on_server)
            mended = put_right(folder, found, progress)
            return Answer(found, mended, mended.left, on_server)
    finally:
        console.quiet = False


def say(own: Answer, *, as_json: bool) -> None:
    """Print what was found and done, for a program or for a person."""
    if as_json:
        print(json.dumps(asdict(own)))
        return
    for damage in own.found.damages[:_MOST]:
        console.print(str(damage), style="red", soft_wrap=True)
    if len(own.found.damages) > _MOST:
        console.print(f"... and {len(own.found.damages) - _MOST} more; --json has all")
    for remark in own.found.remarks[:_MOST]:
        console.print(f"note: {remark}", soft_wrap=True)
    if own.mended is not None:
        _say_mended(own.mended, own.left)
    looked = f"{count(own.left.runs, 'run')} and {count(own.left.files, 'file')}"
    damages = count(len(own.left.damages), "damage")
    left = " left" if own.mended is not None else ""
    found = f"{damages}{left} in {looked}" if own.left.damages else f"{looked} are whole and as they were written"
    console.print(found, soft_wrap=True)
    if own.left.damages and own.mended is None:
        there = ", where the server's database and files are" if own.on_server else ""
        console.print(
            f"To put right what can be, without training: the same command with --repair{there}", soft_wrap=True
        )


def _say_mended(mended: Mended, left: Findings) -> None:
    for line in mended.done:
        console.print(f"repaired: {line}", style="green", soft_wrap=True)
    for line in mended.cannot:
        console.print(f"cannot: {line}", soft_wrap=True)
    for damage in left.damages[:_MOST]:
        console.print(f"left: {damage}", style="red", soft_wrap=True)
