"""threshold-lab reproduce published[=NAME,...]: other people's numbers, run again -> a verdict each."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.table import Table

from threshold_lab.app import studies
from threshold_lab.app.interrupt import Interrupt
from threshold_lab.app.screen import console
from threshold_lab.app.studies import Planned
from threshold_lab.app.tables import bare
from threshold_lab.app.terminal import TerminalWatch
from threshold_lab.errors import StoreError
from threshold_lab.spec import canonical
from threshold_lab.studies.published import CANNOT, NOT_REPRODUCED, VERDICTS, Beside, Finding, Spread, judged
from threshold_lab.studies.results import Result
from threshold_lab.studies.told import baseline, lines
from threshold_lab.sweep import Place
from threshold_lab.tracking import Runs

TAG, FILE = "published", "published.json"

EXIT_CODES = {NOT_REPRODUCED: 1, CANNOT: 2}


def answer(asked: str, place: Place, folders: Sequence[Path], *, quiet: bool) -> list[Finding]:
    """Run published studies, keep the verdicts on their runs, and return them. quiet: no progress. Raises LabError."""
    names = studies.names_in(studies.PUBLISHED, asked)
    console.quiet = quiet
    own = studies.planned(studies.PUBLISHED, names, studies.data_folders(folders), place.folder / "tables")
    command = f"threshold-lab reproduce published={','.join(names)}"
    with Interrupt() as interrupt, TerminalWatch(interrupt) as watch:
        results = studies.run(own, place, watch, command)
    console.quiet = False
    by_name = {one.name: one for one in own}
    found = [judge(by_name[name], by_name, results) for name in names]
    _keep(found, results, place.folder)
    return found


def judge(own: Planned, known: Mapping[str, Planned], results: Mapping[str, list[Result]]) -> Finding:
    """Return what became of a study's number. Raises StoreError where it states none."""
    said = own.study.published
    if said is None:
        raise StoreError(f"conf/published/{own.name}.yaml states no published number: add study.published")
    if own.cannot or len(results[own.name]) < len(own.specs):
        missing = len(own.specs) - len(results[own.name])
        return Finding(
            own.name, CANNOT, said.claim, (own.cannot or f"{missing} of its jobs failed",), said.metric, said.value
        )
    other = known[said.beside].study.published if said.beside else None
    beside = Beside(other, results[said.beside]) if said.beside and other and results[said.beside] else None
    return judged(own.name, said, results[own.name], beside)


def _keep(found: Sequence[Finding], results: Mapping[str, list[Result]], folder: Path) -> None:
    """Say on each run of a study what became of its claim."""
    if not any(results.values()):
        return
    runs = Runs(folder)
    for one in found:
        for result in results[one.name]:
            runs.annotate(result.run.run_id, {TAG: f"{one.name}: {one.verdict}"}, {FILE: canonical(one).encode()})


def say(found: Sequence[Finding], *, as_json: bool) -> None:
    """Print verdicts, for a program or for a person."""
    if as_json:
        worst = next(own for own in VERDICTS if own in {one.verdict for one in found})
        print(json.dumps({"verdict": worst, "studies": [asdict(own) for own in found]}))
        return
    console.print(_table(found))
    for own in found:
        console.print(f"{own.name}  {own.verdict}", style="red" if own.verdict in EXIT_CODES else "green")
        for line in lines(own):
            console.print(f"    {line}", soft_wrap=True)


def _table(found: Sequence[Finding]) -> Table:
    table = bare("Published, and here: mean ± standard deviation over repetitions of the recipe")
    for heading in (
        "study",
        "majority",
        "published",
        "here, their way",
        "at the natural cut",
        "at the tuned cut",
        "verdict",
    ):
        table.add_column(heading, no_wrap=True)
    for own in found:
        cells = [_words(own.ours.get(rule)) for rule in ("theirs", "natural", "tuned")]
        table.add_row(own.name, baseline(own), f"{own.published:.3f}", *cells, own.verdict)
    return table


def _words(ours: Spread | None) -> str:
    return "" if ours is None else f"{ours.mean:.3f} ± {ours.sd:.3f}"
