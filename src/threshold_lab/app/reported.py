"""threshold-lab report --freeze, reproduce reported: what is claimed here, written down; and run again and compared."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from threshold_lab.app import studies
from threshold_lab.app.interrupt import Interrupt
from threshold_lab.app.published import judge
from threshold_lab.app.screen import console
from threshold_lab.app.studies import PUBLISHED, REPORTED, Planned
from threshold_lab.app.terminal import TerminalWatch
from threshold_lab.errors import StoreError
from threshold_lab.provenance import provenance
from threshold_lab.reproduce.verdict import changes, in_words
from threshold_lab.scratch import Scratch
from threshold_lab.studies import frozen
from threshold_lab.studies.held import GOOD, Held, alike, held, match
from threshold_lab.studies.published import CANNOT, NOT_REPRODUCED, REPRODUCED, Finding
from threshold_lab.studies.results import Result, is_one_of
from threshold_lab.studies.rows import EQUIVALENT, LARGER, Row, levels, of_claim, of_published
from threshold_lab.sweep import Place
from threshold_lab.tracking import Memory, Runs

FOLDER, AGAIN = Path("reported"), Path("reproductions")

FRESH = 1000
"""What is added to the seeds of two jobs of which one is claimed to be the larger, when the claim is tried again."""

Results = Mapping[str, list[Result]]


@dataclass(frozen=True)
class Verdict:
    """What became of all that is reported.

    planned, finished: jobs, those on fresh seeds too. problems: what is wrong but of no row.
    """

    reproduced: bool
    planned: int
    finished: int
    problems: tuple[str, ...]
    environment: Mapping[str, tuple[str, str]]
    rows: tuple[Held, ...]

    @property
    def verdict(self) -> str:
        """The one of all, in a word."""
        return REPRODUCED if self.reproduced else NOT_REPRODUCED


def freeze(place: Place, folders: Sequence[Path]) -> list[Path]:
    """Run what is not stored yet of all studies, and write a table each. Raises LabError, also where a claim fails."""
    own = _planned(folders, place.folder / "tables", full=True)
    if cannot := [one.cannot for one in own if one.cannot]:
        raise StoreError(f"not all that is reported can run: {cannot[0]}")
    with Interrupt() as interrupt, TerminalWatch(interrupt) as watch:
        results = studies.run(own, place, watch, "threshold-lab report --freeze")
    if problem := _unfinished(_jobs(own), results):
        raise StoreError(f"{problem}; what is reported has all of them: threshold-lab status says which failed")
    tables = {one.name: list(_rows(one, own, results)) for one in own}
    if failed := [row.name for rows in tables.values() for row in rows if row.verdict == "fails"]:
        raise StoreError(f"this claim is not borne out: {failed[0]!r}; claim what is, in conf/{REPORTED}")
    console.print("Drawing the pictures ...")
    found = _found(own, results)
    pictures, runs = {"published.png": frozen.picture_of(found)}, Runs(place.folder)
    for one in own:
        pictures |= {} if one.study.published else frozen.pictures_of(one.name, results[one.name], runs)
    return frozen.Frozen(tables, found, pictures).write(FOLDER)


def again(workers: int | None, folders: Sequence[Path], *, full: bool, quiet: bool) -> Verdict:
    """Train all that is reported again, from nothing stored, and hold it against the tables. quiet: no progress."""
    environment = changes(frozen.environment(FOLDER), provenance())
    console.quiet = quiet
    with Scratch() as scratch:
        own = _planned(folders, scratch, full=full)
        fresh = [_fresh(one) for one in own if one.study.claims]
        with Interrupt() as interrupt, TerminalWatch(interrupt) as watch:
            place = Place(scratch / "store", workers)
            results = studies.run([*own, *fresh], place, watch, "threshold-lab reproduce reported", Memory())
    console.quiet = False
    return _verdict(own, results, environment, planned=_jobs([*own, *fresh]))


def _planned(folders: Sequence[Path], kept: Path, *, full: bool) -> list[Planned]:
    """Every study, or those of the quick profile."""
    known = studies.data_folders(folders)
    return [
        one
        for group in (REPORTED, PUBLISHED)
        for one in studies.planned(group, studies.names_in(group, ""), known, kept, quick=not full)
    ]


def _fresh(own: Planned) -> Planned:
    """The jobs of a study that a claim of one being larger names, with other seeds."""
    named = [chosen for claim in own.study.claims if claim.kind == LARGER for chosen in (claim.first, claim.second)]
    specs = [spec for spec in own.specs if any(is_one_of(spec, chosen) for chosen in named)]
    return Planned(_fresh_name(own), own.study, tuple(replace(spec, seed=spec.seed + FRESH) for spec in specs))


def _fresh_name(own: Planned) -> str:
    return f"{own.name}, fresh seeds"


def _rows(own: Planned, known: Sequence[Planned], results: Results) -> Iterator[Row]:
    """What a study comes to. A claim of one job being larger is read from fresh seeds where they have run."""
    if own.study.published:
        yield from (
            of_published(found, results[own.name]) for found in _found(known, results) if found.name == own.name
        )
        return
    yield from levels(own.name, results[own.name])
    fresh = results.get(_fresh_name(own), results[own.name])
    for claim in own.study.claims:
        tried = fresh if claim.kind == LARGER else results[own.name]
        if all(_have_run(chosen, own, tried) for chosen in (claim.first, claim.second)):
            yield of_claim(own.name, claim, tried)


def _have_run(chosen: Mapping[str, Any], own: Planned, tried: Sequence[Result]) -> bool:
    """Whether every job that a claim chooses has a result."""
    return sum(is_one_of(spec, chosen) for spec in own.specs) == sum(is_one_of(one.job.spec, chosen) for one in tried)


def _found(own: Sequence[Planned], results: Results) -> list[Finding]:
    """What became of the published numbers that could be run."""
    known = {one.name: one for one in own}
    found = [judge(one, known, results) for one in own if one.study.published]
    return [one for one in found if one.verdict != CANNOT]


def _verdict(
    own: Sequence[Planned], results: Results, environment: Mapping[str, tuple[str, str]], *, planned: int
) -> Verdict:
    rows = [
        held(then, now, environment)
        for one in own
        for then, now in match(frozen.read_table(FOLDER / f"{one.name}.csv"), list(_rows(one, own, results)))
    ]
    problems = [one.cannot for one in own if one.cannot] + [pair for one in own for pair in alike(results[one.name])]
    problems += filter(None, [_unfinished(planned, results)])
    good = not problems and all(one.verdict in GOOD for one in rows)
    return Verdict(good, planned, _finished(results), tuple(problems), environment, tuple(rows))


def _jobs(own: Sequence[Planned]) -> int:
    return sum(len(one.specs) for one in own)


def _finished(results: Results) -> int:
    return sum(map(len, results.values()))


def _unfinished(planned: int, results: Results) -> str:
    """What is wrong where not every planned job has a result."""
    missing = planned - _finished(results)
    return f"{missing} of {planned} jobs have no result" if missing else ""


def keep(found: Verdict) -> Path:
    """Write a verdict where it was asked for, and return its folder."""
    folder = AGAIN / time.strftime("%Y%m%d-%H%M%S")
    rows = [{**asdict(own.then), "now": own.now, "held": own.verdict, "reason": own.reason} for own in found.rows]
    frozen.write_table(folder / "rows.csv", rows)
    (folder / "verdict.json").write_text(json.dumps(asdict(found), indent=1))
    return folder


def say(found: Verdict, *, as_json: bool) -> None:
    """Print a verdict, for a program or for a person."""
    if as_json:
        print(json.dumps({"verdict": found.verdict, **asdict(found)}))
        return
    for own in found.rows:
        then = own.then
        words = f"{then.study}: {then.name}, {then.metric} {then.mean:.4f}{_baseline(then)}"
        console.print(f"{own.verdict:<17}{words}", style="" if own.verdict in GOOD else "red", soft_wrap=True)
        if own.reason:
            console.print(f"{'':<17}{own.reason}", soft_wrap=True)
    for line in found.problems:
        console.print(line, style="red", soft_wrap=True)
    for line in in_words(found.environment):
        console.print(line, soft_wrap=True, markup=False)
    _sum_up(found)


def _baseline(row: Row) -> str:
    of_one_job = row.metric == "accuracy" and row.kind not in (LARGER, EQUIVALENT)
    return f" (the majority {row.majority:.4f})" if of_one_job else ""


def _sum_up(found: Verdict) -> None:
    good = sum(own.verdict in GOOD for own in found.rows)
    console.print(
        f"{'Reproduced' if found.reproduced else 'NOT reproduced'}: {good} of {len(found.rows)} rows; "
        f"{found.finished} of {found.planned} jobs finished",
        style="green" if found.reproduced else "red",
    )
