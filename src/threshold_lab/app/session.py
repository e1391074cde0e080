"""One sweep as a person meets it: progress, the table, where the runs are, and what Ctrl-C leaves."""

import math
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from shlex import join
from typing import Any, NoReturn

from threshold_lab import report
from threshold_lab.app.interrupt import Interrupt, exit_code
from threshold_lab.app.screen import console
from threshold_lab.app.tables import comparison, count, failures, footnotes
from threshold_lab.app.terminal import TerminalWatch
from threshold_lab.process import Limits
from threshold_lab.spec import RunSpec
from threshold_lab.sweep import Outcome, Place, sweep
from threshold_lab.tracking import Runs

DEFAULT_STORE = Path("mlruns")


def place_of(own: Mapping[str, Any]) -> Place:
    """Return where a sweep runs, of settings."""
    return Place(own["folder"], own["workers"], Limits(own["lease"], own["time_limit"]), own["wait"])


def run(specs: Sequence[RunSpec], place: Place, command: str, interrupt: Interrupt) -> list[float]:
    """Sweep, and show what came of it. Returns each job's validation error, NaN where it failed.

    Ctrl-C ends the process after the run at hand is recorded, as does SIGTERM, with an exit code that says which.
    """
    with interrupt, TerminalWatch(interrupt, place.folder) as watch:
        try:
            outcome = sweep(specs, place, watch, command)
        except KeyboardInterrupt as stop:
            _stop(watch, exit_code(stop))
    _show(outcome, place.folder, watch)
    return [outcome.errors.get(key, math.nan) for key in outcome.asked]


def _stop(watch: TerminalWatch, code: int) -> NoReturn:
    recorded = count(watch.new_runs, "run")
    print(f"Stopped: {recorded} recorded now; nothing finished is lost.", file=sys.stderr)
    print("The same command goes on from there.", file=sys.stderr)
    sys.exit(code)


def _show(outcome: Outcome, folder: Path, watch: TerminalWatch) -> None:
    runs = Runs(folder)
    finished = {key: run_id for key, run_id in outcome.run_ids.items() if key in outcome.errors}
    if rows := report.rows(outcome.jobs, finished, runs):
        console.print()
        console.print(comparison(rows))
        console.print(*footnotes(rows), sep="\n")
    for line in failures(outcome.failed):
        console.print(line, style="red")
    done = f"{count(watch.new_lanes, 'lane')} trained, {count(watch.new_runs, 'run')} recorded"
    nothing = "Nothing to train, nothing to record"
    console.print(f"{done if watch.new_lanes or watch.new_runs else nothing} in {runs.address}", soft_wrap=True)
    console.print(f"Look at them: {_to_look(folder)}", soft_wrap=True)


def _to_look(folder: Path) -> str:
    """The command that shows the runs, as it can be typed here."""
    program = "threshold-lab" if shutil.which("threshold-lab") else str(Path(sys.executable).with_name("threshold-lab"))
    return join([program, "ui"] if folder == DEFAULT_STORE else [program, "ui", "--store", str(folder)])
