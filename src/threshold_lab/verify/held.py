"""One run as it is: its rows in the database, and its files."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from threshold_lab.sealing import HASHES, sha256
from threshold_lab.sealing import ROWS as RECORD
from threshold_lab.tracking import FILES_HASH, KEY, RunRows


@dataclass(frozen=True, eq=False)
class Held:
    """A run with its files at hand. place: their folder, as it is named to a person."""

    rows: RunRows
    folder: Path
    place: str

    @cached_property
    def contents(self) -> dict[str, bytes]:
        """The bytes of every regular file by its name."""
        return {name: path.read_bytes() for name, path in self._walked.items() if is_regular(path)}

    @cached_property
    def strays(self) -> list[str]:
        """The names of links, pipes and empty folders."""
        return [name for name, path in self._walked.items() if not is_regular(path)]

    @cached_property
    def _walked(self) -> dict[str, Path]:
        paths = sorted(self.folder.rglob("*"))
        return {
            path.relative_to(self.folder).as_posix(): path
            for path in paths
            if path.is_symlink() or not path.is_dir() or not any(path.iterdir())
        }

    @cached_property
    def hashes(self) -> dict[str, str]:
        """The hashes the run was sealed with; empty where it was not, or they cannot be read."""
        found = mapping(self.contents.get(HASHES, b""))
        return found if all(isinstance(own, str) for own in found.values()) else {}

    @cached_property
    def record(self) -> dict[str, Any] | None:
        """What the database held when the run was sealed; None where that is not there as it was."""
        content = self.contents.get(RECORD, b"")
        return mapping(content) if sha256(content) == self.hashes.get(RECORD) else None

    @property
    def is_the_lab_s(self) -> bool:
        """Whether the lab recorded it, and not somebody else in the same database."""
        return any(name.startswith("lab.") for name in self.rows.tags) or bool(self.hashes)

    @property
    def is_sealed(self) -> bool:
        """Whether it was sealed at all: runs of sweeps and failed runs were not, once."""
        return FILES_HASH in self.rows.tags or HASHES in self.contents

    @property
    def is_job(self) -> bool:
        """Whether it is the run of a job, by its tags or its seal."""
        return KEY in self.rows.tags or KEY in (self.record or {}).get("tags", {})


def mapping(content: bytes) -> dict[str, Any]:
    """Return a mapping of its JSON; an empty one where it is none."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def is_regular(path: Path) -> bool:
    """Whether it is a file of its own: no link, and nothing that a read may wait for."""
    return path.is_file() and not path.is_symlink()
