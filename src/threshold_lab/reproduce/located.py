"""The files of a stored specification, found where the user says that data are, and nowhere else."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from threshold_lab.reproduce.stored import CannotError
from threshold_lab.spec import RunSpec, paths_of


def located(spec: RunSpec, folders: Sequence[Path]) -> RunSpec:
    """Return a specification whose files lie in some folders: as it names them, else of the same name.

    Raises CannotError where one is in none of them: a stored path is never followed out of them.
    """
    found: dict[str, Any] = {name: str(_found(Path(path), folders)) for name, path in paths_of(spec.data).items()}
    return replace(spec, data=replace(spec.data, **found)) if found else spec


def _found(path: Path, folders: Sequence[Path]) -> Path:
    for folder in folders:
        for own in (folder / path, folder / path.name):
            if own.is_file() and own.resolve().is_relative_to(folder.resolve()):
                return own
    places = ", ".join(str(folder.resolve()) for folder in folders)
    raise CannotError(f"its data {str(path)[:200]!r} are not in {places}; name their folder with --data FOLDER")
