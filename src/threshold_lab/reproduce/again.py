"""Stored runs -> trained again in fresh processes, from nothing stored -> what became of each."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from threshold_lab import data
from threshold_lab.errors import LabError, StoreError
from threshold_lab.provenance import Provenance, decisions, engine, provenance
from threshold_lab.reproduce import differences as difference
from threshold_lab.reproduce.located import located
from threshold_lab.reproduce.stored import CannotError, Stored, content, damaged, name_of, origin, stored
from threshold_lab.reproduce.verdict import CANNOT, Reproduction, changes, decisive, verdict
from threshold_lab.scratch import Scratch
from threshold_lab.spec import RunSpec, canonical
from threshold_lab.sweep import Place, sweep
from threshold_lab.tracking import TABLE_HASH, Memory, RunRecord, Runs
from threshold_lab.watching import Watch

VERDICT_TAG = "reproduced"
"""Tag of a run that was run again: the verdict, and when."""


@dataclass(frozen=True)
class Asked:
    """How runs are to be run again. folders: where data files may be. workers: processes, None for one a core."""

    folders: Sequence[Path] = (Path(),)
    workers: int | None = None


def reproduce(run_ids: Iterable[str], runs: Runs, asked: Asked, watch: Watch) -> list[Reproduction]:
    """Run jobs again, all of them as one sweep, and compare: a verdict each, in their order.

    Raises StoreError where the runs cannot be read.
    """
    verdicts: dict[str, Reproduction] = {}
    known: dict[str, _Ready] = {}
    for run_id in dict.fromkeys(run_ids):
        try:
            known[run_id] = _ready(run_id, runs, asked)
        except LabError as error:
            verdicts[run_id] = _cannot(run_id, str(error), runs)
    if known:
        verdicts |= _made_again(list(known.values()), runs, asked, watch)
    return [verdicts[run_id] for run_id in dict.fromkeys(run_ids)]


def _cannot(run_id: str, reason: str, runs: Runs) -> Reproduction:
    """A run that this code cannot run again; what made it, where that was another code."""
    try:
        then = origin(run_id, runs)
    except LabError:
        return Reproduction(run_id, CANNOT, (reason,))
    code = {"engine": engine(), "decisions": decisions()}
    other = {name: (str(then.get(name, ""))[:16], now) for name, now in code.items() if then.get(name) != now}
    return Reproduction(
        run_id, CANNOT, (reason,), other, commit=str(then.get("commit", "")), name=name_of(runs.run(run_id))
    )


@dataclass(frozen=True, eq=False)
class _Ready:
    """A run, and its specification with its files found here. remarks: what has changed, and changes no result."""

    stored: Stored
    spec: RunSpec
    remarks: tuple[str, ...]


def _ready(run_id: str, runs: Runs, asked: Asked) -> _Ready:
    """A run whose data's content is what it was."""
    own = stored(run_id, runs)
    spec = located(own.spec, asked.folders)
    now = data.load(spec.data)
    if now.hash != own.data:
        raise CannotError(
            f"its data have changed: their content hash is {now.hash[:12]}, then it was {own.data[:12]}; bring back "
            f"the table as it was"
        )
    written = own.run.tags.get(TABLE_HASH, "")
    remark = (
        f"the bytes of its table have changed (SHA-256 {now.files[:12]}, then {written[:12]}), no value trained on has"
    )
    return _Ready(own, spec, (remark,) if now.files != written else ())


def _made_again(known: Sequence[_Ready], runs: Runs, asked: Asked, watch: Watch) -> dict[str, Reproduction]:
    memory = Memory()
    with Scratch() as folder:
        place = Place(folder / "store", asked.workers)
        outcome = sweep([own.spec for own in known], place, watch, "threshold-lab reproduce", lambda: memory)
    found = {}
    for own, key in zip(known, outcome.asked, strict=True):
        one = _judged(own.stored, memory.records.get(key), outcome.failed.get(key, ""), runs)
        found[one.run_id] = replace(one, reasons=(*one.reasons, *own.remarks))
    return found


def _judged(own: Stored, record: RunRecord | None, reason: str, runs: Runs) -> Reproduction:
    environment = changes(own.provenance, provenance())
    blank = Reproduction(own.run.run_id, CANNOT, (), environment, {}, str(own.provenance.get("commit", "")), own.name)
    if record is None:
        return replace(blank, reasons=(f"made again, the job fails: {reason}",))
    names, added = difference.compared_files(record, own.hashes)
    files = {name: content(own.run.run_id, name, runs) for name in names}
    whole = {name: each for name, each in files.items() if each is not None}
    words = [str(one) for one in difference.differences(own.run.metrics, whole, record)]
    words += [f"metric {name} at some step" for name in record.series if _other_series(own, name, record, runs)]
    try:
        largest = difference.largest(own.spec, whole, record.files)
    except (StoreError, ValueError, KeyError):
        largest = {}
    rows = difference.rows_tested(own.spec, record.files)
    found, reasons = verdict(words, damaged(own, files, runs), environment=environment, largest=largest, rows=rows)
    remarks = [f"not recorded in its time, and so not compared: {', '.join(added)}"] if added else []
    return replace(blank, verdict=found, reasons=(*reasons, *remarks), largest=largest)


def _other_series(own: Stored, name: str, record: RunRecord, runs: Runs) -> bool:
    now = {step: float(value) for step, value in record.series[name].items()}
    return runs.history(own.run.run_id, name) != now


def annotate(found: Iterable[Reproduction], runs: Runs) -> None:
    """Say on each run that could be run again what came of it, when, and in what environment. Raises StoreError."""
    now = provenance()
    for own in found:
        if own.verdict != CANNOT:
            when = time.strftime("%Y-%m-%d %H:%M:%S")
            name = f"reproductions/{time.strftime('%Y%m%d-%H%M%S')}.json"
            said = {"when": when, **_kept(own, now)}
            runs.annotate(own.run_id, {VERDICT_TAG: f"{own.verdict}, {when}"}, {name: canonical(said).encode()})


def _kept(own: Reproduction, now: Provenance) -> dict[str, Any]:
    """What is kept of a verdict; the commit and the environment are those it was made again with."""
    return {
        "verdict": own.verdict,
        "reasons": own.reasons,
        "largest": own.largest,
        "since": own.environment,
        "commit of the run": own.commit,
        "commit": now.commit,
        "changed": now.changed,
        "environment": decisive(asdict(now)),
    }
