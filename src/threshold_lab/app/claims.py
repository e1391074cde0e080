"""threshold-lab claims [NAME ...]: the question's sentences, each put to the test -> a verdict each."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.table import Table

from threshold_lab.app import studies
from threshold_lab.app.hydra_door import composed
from threshold_lab.app.interrupt import Interrupt
from threshold_lab.app.screen import console
from threshold_lab.app.tables import bare, count
from threshold_lab.app.task import PLACES
from threshold_lab.app.terminal import TerminalWatch
from threshold_lab.claims.answer import Answer
from threshold_lab.claims.answering import Answered, Claim, answered, loaded
from threshold_lab.claims.experiments import experiment_of
from threshold_lab.claims.stated import KEY, Stated, stated
from threshold_lab.errors import ConfigError
from threshold_lab.spec import Csv, RunSpec, run_spec
from threshold_lab.sweep import Place

CLAIMS = "claims"


def answer(
    names: Sequence[str], place: Place, folders: Sequence[Path] = (), *, quiet: bool, words: Sequence[str] = ()
) -> Answered:
    """Answer claims, all or those named. quiet: no progress. words: changes of their jobs. Raises LabError."""
    asked = studies.names_in(CLAIMS, ",".join(names))
    console.quiet = quiet
    try:
        own = planned(asked, words, studies.data_folders(folders))
        with Interrupt() as interrupt, TerminalWatch(interrupt) as watch:
            return answered(own, place, watch, " ".join(["threshold-lab claims", *names]), _told)
    finally:
        console.quiet = False


def _told(answer: Answer) -> None:
    console.print(f"{answer.number:>2} {answer.name}: {answer.verdict}")


def planned(names: Sequence[str], words: Sequence[str] = (), folders: Sequence[Path] = ()) -> list[Claim]:
    """Return claims by their number, with their jobs and the rows of their data. Raises ConfigError, DataError.

    folders: where data files are looked for.
    """
    own = {name: composition(name, words) for name in dict.fromkeys(names)}
    placed = {name: tuple(_placed(spec, folders) for spec in specs) for name, (_, specs) in own.items()}
    rows = loaded([spec for specs in placed.values() for spec in specs])
    found = [Claim(name, said, placed[name], rows) for name, (said, _) in own.items()]
    return sorted(found, key=lambda claim: claim.stated.number)


def _placed(spec: RunSpec, folders: Sequence[Path]) -> RunSpec:
    """A job whose file is in one of some folders, by its name."""
    if not isinstance(spec.data, Csv) or spec.data.path is None:
        return spec
    named = [folder / Path(spec.data.path).name for folder in folders]
    return next((studies.with_path(spec, path) for path in named if path.is_file()), spec)


def composition(name: str, words: Sequence[str] = ()) -> tuple[Stated, tuple[RunSpec, ...]]:
    """Return what a file of conf/claims states, and its jobs. Raises ConfigError."""
    configs = composed(f"+{CLAIMS}={name}", *words)
    if KEY not in configs[0]:
        raise ConfigError(f"conf/{CLAIMS}/{name}.yaml states no claim: add the key {KEY}")
    said = stated(configs[0][KEY])
    experiment_of(said)
    more = [one for also in said.also for one in composed(f"+{CLAIMS}={name}", *also, *words)]
    specs = [run_spec({key: own for key, own in one.items() if key not in PLACES}) for one in (*configs, *more)]
    return said, tuple(dict.fromkeys(specs))


def say(found: Answered, *, as_json: bool) -> None:
    """Print what became of claims, for a program or for a person."""
    answers = sorted(found.answers.values(), key=lambda own: own.number)
    if as_json:
        print(json.dumps({"claims": [asdict(own) for own in answers], "failed": found.failed}))
        return
    console.print(_table(answers))
    for name, reason in found.failed.items():
        console.print(f"{name}: {reason}", style="red", soft_wrap=True)
    done = f"{count(len(found.new), 'claim')} answered now" if found.new else "Nothing to run: all was answered before"
    console.print(f"{done}; {count(len(answers), 'claim')} in all, {count(len(found.failed), 'failure')}.")


def _table(answers: Sequence[Answer]) -> Table:
    table = bare("What the question says, and what became of it")
    for heading in ("", "claim", "verdict", "found"):
        table.add_column(heading, overflow="fold", vertical="top")
    for own in answers:
        table.add_row(str(own.number), own.claim, own.verdict, own.says)
    return table
