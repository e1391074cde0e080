"""The state of a lab's folder: whether anything was planned in it, and what became of that."""

import re
from pathlib import Path
from typing import Any

from threshold_lab.errors import StoreError, as_recorded, short
from threshold_lab.store import Store
from threshold_lab.tracking import Runs, own_database

_KEY = re.compile(r"[0-9a-f]{64}")


def opened(folder: Path) -> Runs:
    """Return the runs of a folder in which something was planned, or those of a server. Raises StoreError."""
    if own_database(folder):
        _planned(Store(folder))
    return Runs(folder)


def _planned(store: Store) -> tuple[dict[str, Any], bool]:
    if (last := store.last_plan()) is None:
        raise StoreError(f"no sweep was planned in {store.folder.resolve()}; make one with: threshold-lab sweep")
    return last


def status(folder: Path) -> dict[str, int]:
    """Return counts of the last sweep planned in a folder: jobs and what became of them, lanes, and fits stored.

    running: jobs without a run yet, of a sweep that is alive. Raises StoreError where nothing was planned.
    """
    store = Store(folder)
    planned, alive = _planned(store)
    with as_recorded(f"the last plan in {folder}"):
        jobs = {job["key"]: job["cell"] for job in planned["jobs"]}
        lanes = {lane for job in planned["jobs"] for lane in job["lanes"]}
        if strange := [own for own in {*jobs, *jobs.values(), *lanes} if not _KEY.fullmatch(own)]:
            raise ValueError(f"{short(strange[0])} is no key")
    stored = Runs(folder).of_cells(dict.fromkeys(jobs.values()))
    statuses = [stored[key].status for key in jobs if key in stored]
    finished, failed = statuses.count("FINISHED"), statuses.count("FAILED")
    return {
        "jobs": len(jobs),
        "finished": finished,
        "failed": failed,
        "running": len(jobs) - finished - failed if alive else 0,
        "lanes": len(lanes),
        "fits": sum(store.has(lane) for lane in lanes),
    }
