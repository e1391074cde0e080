"""conf/published, conf/reported -> their sweeps, run as one -> the results of each."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from threshold_lab.app.hydra_door import composed, configuration_folder
from threshold_lab.app.task import PLACES
from threshold_lab.errors import ConfigError, DataError, unknown
from threshold_lab.plan import Job
from threshold_lab.spec import Csv, RunSpec, Study, run_spec, study_spec
from threshold_lab.studies.results import Result, results
from threshold_lab.studies.tables import found
from threshold_lab.sweep import Outcome, Place, sweep
from threshold_lab.tracking import Memory, Runs
from threshold_lab.watching import Watch

PUBLISHED, REPORTED = "published", "reported"


@dataclass(frozen=True, eq=False)
class Planned:
    """A study whose jobs are known; `cannot` where they cannot run, and why."""

    name: str
    study: Study
    specs: tuple[RunSpec, ...]
    cannot: str = ""


def names_in(group: str, asked: str) -> list[str]:
    """Return the names of studies: those asked for (`A,B`), or all of a group. Raises ConfigError."""
    known = sorted(path.stem for path in (configuration_folder() / group).glob("*.yaml"))
    names = asked.split(",") if asked else known
    if wrong := [name for name in names if name not in known]:
        raise ConfigError(unknown(f"{group} study", wrong[0], known))
    return names


def planned(
    group: str, names: Iterable[str], folders: Sequence[Path], kept: Path, *, quick: bool = False
) -> list[Planned]:
    """Return studies with their jobs, and those they are held against. kept: where tables that are fetched are put.

    quick: only those of the quick profile. Raises ConfigError.
    """
    every = {name: _composed(group, name) for name in dict.fromkeys(names)}
    own = {name: one for name, one in every.items() if one[0].quick or not quick}
    beside = [one[0].published.beside for one in own.values() if one[0].published]
    own |= {name: _composed(group, name) for name in beside if name and name not in own}
    return [_located(name, study, specs, folders, kept) for name, (study, specs) in own.items()]


def _composed(group: str, name: str) -> tuple[Study, tuple[RunSpec, ...]]:
    configs = composed(f"+{group}={name}")
    specs = [run_spec({key: value for key, value in own.items() if key not in PLACES}) for own in configs]
    return study_spec(configs[0].get("study", {})), tuple(specs)


def _located(name: str, study: Study, specs: tuple[RunSpec, ...], folders: Sequence[Path], kept: Path) -> Planned:
    if study.file is None:
        return Planned(name, study, specs)
    try:
        path = found(study.file, folders, kept)
    except DataError as error:
        return Planned(name, study, (), str(error))
    return Planned(name, study, tuple(with_path(own, path) for own in specs))


def with_path(spec: RunSpec, path: Path) -> RunSpec:
    """Return a job whose file lies elsewhere; one that has none is left as it is."""
    if not isinstance(spec.data, Csv):
        return spec
    changes: dict[str, Any] = {"path": str(path)}
    return replace(spec, data=replace(spec.data, **changes))


def data_folders(named: Sequence[Path]) -> list[Path]:
    """Return where data files are looked for: here, in folders that are named, and in THRESHOLD_LAB_DATA."""
    known = os.environ.get("THRESHOLD_LAB_DATA")
    return [Path(), *named, *([Path(known)] if known else [])]


def run(
    studies: Sequence[Planned], place: Place, watch: Watch, command: str, memory: Memory | None = None
) -> Mapping[str, list[Result]]:
    """Run the jobs of studies as one sweep, and return the results of each by its name. Raises LabError.

    memory: what takes the runs instead of MLflow.
    """
    specs = [spec for own in studies for spec in own.specs]
    if not specs:
        return {own.name: [] for own in studies}
    place = replace(place, studies={spec: own.name for own in reversed(studies) for spec in own.specs})
    outcome = sweep(specs, place, watch, command, (lambda: memory) if memory else None)
    runs = memory or Runs(place.folder)
    stored = memory.finished() if memory else runs.of_cells(dict.fromkeys(job.cell for job in outcome.jobs))
    return {own.name: results(jobs, stored, runs) for own, jobs in zip(studies, _parted(studies, outcome), strict=True)}


def _parted(studies: Sequence[Planned], outcome: Outcome) -> Iterable[list[Job]]:
    """The jobs of each study, in the order of its specifications."""
    by_key = {job.key: job for job in outcome.jobs}
    asked = iter(outcome.asked)
    for own in studies:
        yield [by_key[next(asked)] for _ in own.specs]
