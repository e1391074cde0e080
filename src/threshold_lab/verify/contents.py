"""The bytes that a run was sealed with, found again: each is held against its hash before it is believed."""

import ast
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from threshold_lab import data
from threshold_lab.cells import Cell, cell_of, diverged
from threshold_lab.errors import LabError
from threshold_lab.overview import TABLE
from threshold_lab.plan import Job
from threshold_lab.provenance import provenance
from threshold_lab.recording import SPEC, Origin, record_of
from threshold_lab.records import Fit, Splits
from threshold_lab.reproduce.located import located
from threshold_lab.sealing import HASHES, NUMBERS, ROWS, numbers, rows_content, sha256
from threshold_lab.spec import RunSpec, canonical, digest, run_spec
from threshold_lab.store import Store
from threshold_lab.tracking import ADDED, ALONE, CELL, DRIVER, FILES_HASH, KIND, PARENT, RUN_ID, Database, RunRecord
from threshold_lab.verify.family import listed
from threshold_lab.verify.held import Held, is_regular, mapping
from threshold_lab.verify.run import NAME, NOTE
from threshold_lab.verify.sources import ARTIFACTS

_OF_LATER = (DRIVER, FILES_HASH, NAME, NOTE, PARENT, ALONE, "reproduced", "published")


@dataclass(eq=False)
class Contents:
    """Where bytes can be found: in other runs, in fits, in the database, or worked out again from fits."""

    folder: Path
    database: Database
    splits: dict[str, Splits] = field(default_factory=dict)
    cells: dict[str, Cell] = field(default_factory=dict)

    def runs(self) -> list[Held]:
        """Return all runs that are not put away."""
        every = [own for own in self.database.runs() if not own.put_away and own.place is not None]
        return [Held(own, self.folder / ARTIFACTS / str(own.place), f"{ARTIFACTS}/{own.place}") for own in every]

    def above(self, run_id: str) -> str:
        """Return the run of the first sweep that lists a run; empty where none does."""
        sums = (own for own in self.runs() if own.rows.tags.get(KIND) == "sweep")
        return next((own.rows.run_id for own in sums if run_id in (listed(own.contents.get(TABLE)) or ())), "")

    def lists(self, sweep: str, run_id: str) -> bool:
        """Whether the run of a sweep is there, and lists a run."""
        own = next((each for each in self.runs() if each.rows.run_id == sweep), None)
        return own is not None and run_id in (listed(own.contents.get(TABLE)) or ())

    def lanes(self, cells: set[str]) -> dict[str, list[str]]:
        """Return the keys of the lanes of cells, as far as the specifications of their runs tell them."""
        found: dict[str, list[str]] = {}
        for own in self.runs():
            if (cell := own.rows.tags.get(CELL, "")) in cells - set(found) and (spec := self.spec_of(own)) is not None:
                job = Job(spec, own.rows.tags.get("data", ""), own.rows.tags.get("engine", ""))
                found[cell] = [lane.key for lane in job.lanes]
        return found

    def seal_of(self, own: Held) -> bytes | None:
        """Return HASHES of a run, made again of its files where that is the one its tag says."""
        told = {name.removeprefix(ADDED) for name in own.rows.tags if name.startswith(ADDED)} | {HASHES}
        kept = {name: sha256(content) for name, content in own.contents.items() if name not in told}
        content = json.dumps(kept | {NUMBERS: numbers(own.rows.metrics)}, indent=1, sort_keys=True).encode()
        return content if sha256(content) == own.rows.tags.get(FILES_HASH) else None

    def of(self, own: Held, name: str) -> bytes | None:
        """Return a file of a run as it was sealed; None where it is nowhere."""
        told = own.hashes.get(name) or own.rows.tags.get(f"{ADDED}{name}", "")
        return next((found for found in self._candidates(own, name, told) if sha256(found) == told), None)

    def _candidates(self, own: Held, name: str, told: str) -> Iterator[bytes]:
        if name == ROWS:
            yield from _rows_again(own)
        if name == SPEC and (spec := self.spec_of(own)) is not None:
            yield canonical(spec).encode()
        yield from self._of_other_runs(name, told)
        if name in own.hashes:
            yield from self._from_fits(own, name)

    def spec_of(self, own: Held) -> RunSpec | None:
        """Return the specification of a run from its parameters, as recorded or as they are; None where it is lost."""
        params = (own.record or {}).get("params") or own.rows.params
        tree: dict[str, Any] = {}
        for name, value in params.items():
            *path, leaf = name.split(".")
            node = tree
            for each in path:
                node = node.setdefault(each, {})
            node[leaf] = _value(value)
        try:
            return run_spec({key: value for key, value in tree.items() if key not in ("store", "executor", "cut")})
        except LabError:
            return None

    def _of_other_runs(self, name: str, told: str) -> Iterator[bytes]:
        for path, hashes in self._sealed:
            if hashes.get(name) == told and (path / name).is_file():
                yield (path / name).read_bytes()

    @cached_property
    def _sealed(self) -> list[tuple[Path, Mapping[str, str]]]:
        sealed = filter(is_regular, self.folder.glob(f"artifacts/*/*/artifacts/{HASHES}"))
        return [(path.parent, mapping(path.read_bytes())) for path in sealed]

    # ---- worked out again

    def _from_fits(self, own: Held, name: str) -> Iterator[bytes]:
        if (spec := self.spec_of(own)) is None or own.rows.tags.get(KIND):
            return
        job = Job(spec, own.rows.tags.get("data", ""), own.rows.tags.get("engine", ""))
        fits = self.fits_of(job)
        if fits and name.endswith("network.keras") and fits[0].model:
            yield fits[0].model
        if (cell := self._cell(job, fits)) is not None:
            origin = Origin("", "", provenance(), {})
            yield record_of(job, cell, origin).files.get(name, b"")

    def fits_of(self, job: Job) -> list[Fit]:
        """Return all fits of a job; none where one is not whole."""
        found = [Store(self.folder).fit(lane.key) for lane in job.lanes]
        return [fit for fit in found if fit is not None] if all(found) else []

    def _cell(self, job: Job, fits: list[Fit]) -> Cell | None:
        """A cell of fits, on data that are what they were."""
        if job.cell not in self.cells and fits and (splits := self.splits_of(job)) is not None:
            try:
                if not diverged(job, fits):
                    self.cells[job.cell] = cell_of(job, fits, splits)
            except (LabError, ValueError):
                return None
        return self.cells.get(job.cell)

    def splits_of(self, job: Job) -> Splits | None:
        """Return the data of a job where they are found and are what they were."""
        key = digest(job.spec.data)
        if key not in self.splits:
            try:
                self.splits[key] = data.load(located(job.spec, [Path()]).data)
            except LabError:
                return None
        return self.splits[key] if self.splits[key].hash == job.data else None


def _rows_again(own: Held) -> Iterator[bytes]:
    """The record, of what the database holds: it is believed where its hash is that of the seal."""
    rows = own.rows
    tags = {name: value for name, value in rows.tags.items() if name not in _OF_LATER and not name.startswith(ADDED)}
    series = {name: {str(step): value for step, value in each.items()} for name, each in rows.series.items()}
    single = {name: each["0"] for name, each in series.items() if set(each) == {"0"}}
    for data_set in [json.loads(each[4]) for each in rows.data if each[4]] or [{}]:
        record = RunRecord(
            rows.experiment,
            rows.name,
            tags,
            rows.params,
            rows.tags.get(NOTE, "").replace(rows.run_id, RUN_ID),
            single,
            data=data_set,
        )
        yield rows_content(record, {name: each for name, each in series.items() if name not in single})


def _value(word: str) -> Any:
    """A leaf of a configuration, of its text."""
    try:
        return ast.literal_eval(word)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return word
