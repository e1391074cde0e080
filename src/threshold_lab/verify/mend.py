"""One run put right in its place: files from bytes of the sealed hash, rows from the sealed record."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from threshold_lab.sealing import HASHES, sha256
from threshold_lab.sealing import ROWS as RECORD
from threshold_lab.store import Store
from threshold_lab.tracking import FILES_HASH, REASON, Database, Restored, RunRows, is_run_id, restore, set_tag
from threshold_lab.verify import run as one
from threshold_lab.verify.contents import Contents
from threshold_lab.verify.damage import FILE, ROWS
from threshold_lab.verify.held import Held
from threshold_lab.verify.run import NAME, NOTE
from threshold_lab.verify.sources import ARTIFACTS


@dataclass(eq=False)
class Mender:
    """Puts runs of a store right."""

    folder: Path
    database: Database
    contents: Contents

    def held(self, run_id: str) -> Held | None:
        """Return a run as it is now, with its files; also one that has files only."""
        rows = self.database.run(run_id)
        place = (rows.place if rows else None) or self._place(run_id)
        if place is None:
            return None
        path = self.folder / ARTIFACTS / place
        if rows is None:
            seal = path / HASHES
            tags = {FILES_HASH: sha256(seal.read_bytes())} if seal.is_file() else {}
            rows = RunRows(
                run_id, "", "", "", put_away=False, place=place, tags=tags, ended=int(path.stat().st_mtime * 1000)
            )
        return Held(rows, path, (Path(ARTIFACTS) / place).as_posix())

    def _place(self, run_id: str) -> Path | None:
        if not is_run_id(run_id):
            return None
        found = list((self.folder / ARTIFACTS).glob(f"*/{run_id}/artifacts"))
        return found[0].relative_to(self.folder / ARTIFACTS) if len(found) == 1 else None

    def mend(self, run_id: str) -> Iterator[str]:
        """Put right what can be; yield what was done."""
        if (own := self.held(run_id)) is None:
            return
        yield from self._seal(own)
        own = replace(own)
        lost = [name for name in self._broken(own) if name != HASHES]
        for name in sorted(lost, key=lambda name: name != RECORD):
            if (content := self.contents.of(own, name)) is not None:
                Store(self.folder).put({own.folder / name: content})
                yield f"{own.place}/{name} is as it was recorded"
                own = replace(own)
        yield from self._rows(own)

    def _seal(self, own: Held) -> Iterator[str]:
        if (not own.hashes or one.seal_is_at_fault(own)) and (content := self.contents.seal_of(own)) is not None:
            Store(self.folder).put({own.folder / HASHES: content})
            yield f"{own.place}/{HASHES} is as it was recorded"

    def _broken(self, own: Held) -> list[str]:
        return [each.place.removeprefix(f"{own.place}/") for each in one.damages_of_files(own) if each.kind == FILE]

    def _rows(self, own: Held) -> Iterator[str]:
        """Rows of a run whose seal and record are whole."""
        record = own.record
        if record is None or (own.rows.status and not any(each.kind == ROWS for each in one.damages(own))):
            return
        if one.seal_is_at_fault(own):
            return
        tags = {FILES_HASH: sha256(own.contents[HASHES]), **self._names(own)}
        tags |= one.tags_of_later_files(own) if not own.rows.status else one.later_tags(own)
        for name in one.strange_tags(own):
            set_tag(self.database.path, own.rows.run_id, name, "")
        status = "FAILED" if REASON in record["tags"] else "FINISHED"
        restore(self.folder, self.database.path, Restored(own.rows.run_id, record, tags, status, own.rows.ended))
        yield f"run {own.rows.run_id}: its rows are as they were recorded"

    def _names(self, own: Held) -> dict[str, str]:
        """Name and description where they are gone, or do not agree: a person's own stay."""
        record, rows = own.record or {}, own.rows
        found = {NOTE: one.note_of(own)} if record["description"] and NOTE not in rows.tags else {}
        return found if rows.name and rows.name == rows.tags.get(NAME) else {**found, NAME: record["name"]}

    def is_damaged(self, run_id: str) -> bool:
        """Whether anything of a run is not as it was recorded."""
        own = self.held(run_id)
        return own is None or any(each.kind in (FILE, ROWS) for each in one.damages(own))
