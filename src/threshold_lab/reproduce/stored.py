"""A run id -> what the run says it was, held against its own hashes."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from threshold_lab import plan
from threshold_lab.errors import ConfigError, LabError, StoreError
from threshold_lab.provenance import Provenance
from threshold_lab.recording import PROVENANCE, SPEC
from threshold_lab.sealing import HASHES, NUMBERS
from threshold_lab.seals import changed_files, changed_numbers, changed_seal
from threshold_lab.spec import RunSpec, canonical, run_spec
from threshold_lab.tracking import TABLE_HASH, Runs, StoredRun, is_run_id

_LONGEST_SPEC = 100_000
_LONGEST_PROVENANCE = 1_000_000
_COMMIT = re.compile(r"[0-9a-f]{40,64}")
_FILE = re.compile(r"(?!.*\.\.)[\w.-]+(/[\w.-]+)*")


class CannotError(LabError):
    """Why a run cannot be run again."""


@dataclass(frozen=True, eq=False)
class Stored:
    """A run whose job is known. hashes: SHA-256 of its files by name, as recorded, and of its numbers."""

    run: StoredRun
    spec: RunSpec
    provenance: Mapping[str, Any]
    hashes: Mapping[str, str]

    @property
    def data(self) -> str:
        """The content hash of its splits."""
        return self.run.tags["data"]

    @property
    def name(self) -> str:
        """What MLflow's pages call it."""
        return name_of(self.run)


def name_of(run: StoredRun) -> str:
    """Return what MLflow's pages call a run."""
    return run.tags.get("mlflow.runName", "")


def stored(run_id: str, runs: Runs) -> Stored:
    """Read what is needed to run a job again.

    Raises CannotError, ConfigError where it names what no table here holds, and StoreError where there is no such run.
    """
    run = _finished(run_id, runs)
    spec = spec_in(runs.file(run_id, SPEC, _LONGEST_SPEC))
    provenance = origin(run_id, runs)
    if unknown := set(provenance) - {own.name for own in fields(Provenance)}:
        raise CannotError(f"{PROVENANCE} has the unknown key {min(unknown)!r}: it was changed")
    _require_key(run, spec, provenance)
    plan.check([spec])
    return Stored(run, spec, provenance, _hashes(run, runs))


def origin(run_id: str, runs: Runs) -> dict[str, Any]:
    """Read what a run came from, also where its code is another and its specification of another form.

    Its commit is a hash, or empty. Raises CannotError, and StoreError where there is no such run.
    """
    found = _mapping(runs.file(_finished(run_id, runs).run_id, PROVENANCE, _LONGEST_PROVENANCE), PROVENANCE)
    if (commit := str(found.get("commit", ""))) and not _COMMIT.fullmatch(commit):
        raise CannotError(f"{PROVENANCE} says commit {commit[:60]!r}, which is none: it was changed")
    return found


def _finished(run_id: str, runs: Runs) -> StoredRun:
    if not is_run_id(run_id):
        raise CannotError(f"{run_id[:60]!r} is no run id: that is 32 hexadecimal digits, as MLflow's pages show it")
    run = runs.run(run_id)
    if not run.key:
        raise CannotError("it is not a job of this lab; a run that stands for a sweep is named with --sweep")
    if run.status != "FINISHED":
        raise CannotError(f"it is {run.status} and has no result to compare with; run its job again")
    return run


def spec_in(content: bytes) -> RunSpec:
    """Return a specification that is exactly what was written: of the strict schema, in its canonical form.

    Raises CannotError.
    """
    try:
        spec = run_spec(_mapping(content, SPEC))
    except ConfigError as error:
        raise CannotError(f"{SPEC} is no specification of a job: {error}") from None
    if canonical(spec).encode() != content:
        raise CannotError(f"{SPEC} is not as it was written: it is no longer in its canonical form")
    return spec


def _mapping(content: bytes, name: str) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise CannotError(f"{name} is damaged: {str(error)[:200]}") from None
    if not isinstance(found, dict):
        raise CannotError(f"{name} is damaged: it holds no mapping")
    return found


def _require_key(run: StoredRun, spec: RunSpec, provenance: Mapping[str, Any]) -> None:
    tags = run.tags
    code = tags.get("engine", ""), str(provenance.get("decisions", ""))
    if plan.key_of(spec, tags.get("data", ""), *code, tags.get(TABLE_HASH, "")) != run.key:
        raise CannotError(
            f"specification, data and code do not belong to its key {run.key[:12]}: {SPEC}, {PROVENANCE} or a tag was "
            f"changed after it was recorded"
        )


def _hashes(run: StoredRun, runs: Runs) -> dict[str, str]:
    content = runs.file(run.run_id, HASHES, _LONGEST_PROVENANCE)
    return {name: str(own) for name, own in _mapping(content, HASHES).items()}


def damaged(own: Stored, files: Mapping[str, bytes | None], runs: Runs) -> list[str]:
    """Return what is no longer as it was recorded: any file, the numbers, the hashes themselves.

    files: those that are read already, None where one is gone.
    """
    run = own.run
    others = [name for name in own.hashes if name not in files and name != NUMBERS and _FILE.fullmatch(name)]
    found = changed_files({**files, **{name: content(run.run_id, name, runs) for name in others}}, own.hashes)
    seal = changed_seal(runs.file(run.run_id, HASHES), run.tags)
    words = [f"{name} {problem}" for name, problem in found]
    return [own for own in (seal, *words, changed_numbers(run.metrics, own.hashes)) if own]


def content(run_id: str, name: str, runs: Runs) -> bytes | None:
    """Return the bytes of a run's file, None where it is gone or cannot be read."""
    try:
        return runs.file(run_id, name)
    except StoreError:
        return None
