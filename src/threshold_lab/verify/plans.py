"""A plan that is damaged or gone, written again from the runs that name it."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from threshold_lab.arrays import plain_bytes
from threshold_lab.errors import StoreError
from threshold_lab.signing import RUNS, plan_in
from threshold_lab.tracking import CELL, KEY, RunRows
from threshold_lab.verify.run import NOTE

_MADE_BY = re.compile(r"Made by\n\n    (.*)")


def made_by(own: RunRows) -> str:
    """Return the command that a run says it was made by; empty where it says none."""
    found = _MADE_BY.search(own.tags.get(NOTE, ""))
    return found[1] if found else ""


def planned(plan: Path) -> list[str]:
    """Return the ids of all runs that a plan says it came to; none where it cannot be read, or tells none."""
    try:
        return [str(own) for own in plan_in(plan.stem, plain_bytes(plan)).get(RUNS, {}).values()]
    except (StoreError, OSError, ValueError, AttributeError):
        return []


def plan_again(runs: Iterable[RunRows], lanes: dict[str, list[str]]) -> dict[str, Any]:
    """Return what runs of a sweep say of its plan. lanes: the keys of the lanes of each cell, as far as known."""
    jobs = {own.tags[KEY]: own.tags.get(CELL, "") for own in runs if KEY in own.tags}
    return {
        "command": next(filter(None, map(made_by, runs)), ""),
        "jobs": [{"key": key, "cell": cell, "lanes": lanes.get(cell, [])} for key, cell in jobs.items()],
    }
