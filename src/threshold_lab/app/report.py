"""threshold-lab report: the page of the question's answer; or what this project claims, frozen."""

from collections.abc import Sequence
from pathlib import Path

from threshold_lab.app.hydra_door import composed
from threshold_lab.app.task import PLACES
from threshold_lab.report.written import report, write
from threshold_lab.spec import RunSpec, run_spec


def written(store: Path, *, out: Path, sweep_name: str) -> list[Path]:
    """Write the report of a store, and return the paths of its page and its text. Raises StoreError."""
    return write(report(store, question(), sweep_name), out)


def question() -> list[RunSpec]:
    """Return a job of each cell of the question's sweep; the first is its own model."""
    configs = composed("threshold=0.5")
    return [run_spec({key: value for key, value in own.items() if key not in PLACES}) for own in configs]


def freeze(store: Path, workers: int | None, folders: Sequence[Path]) -> list[Path]:
    """Write reported/. Raises LabError."""
    from threshold_lab.app.reported import freeze as write_down  # noqa: PLC0415 - it can train, a page cannot
    from threshold_lab.sweep import Place  # noqa: PLC0415

    return write_down(Place(store, workers), folders)
