"""A plan that is damaged or gone, written again from the runs that name it."""

import re
from collections.abc import Iterable
from typing import Any

from threshold_lab.tracking import CELL, KEY, RunRows
from threshold_lab.verify.run import NOTE

_MADE_BY = re.compile(r"Made by\n\n    (.*)")


def plan_again(runs: Iterable[RunRows], lanes: dict[str, list[str]]) -> dict[str, Any]:
    """Return what runs of a sweep say of its plan. lanes: the keys of the lanes of each cell, as far as known."""
    jobs = {own.tags[KEY]: own.tags.get(CELL, "") for own in runs if KEY in own.tags}
    found = [_MADE_BY.search(own.tags.get(NOTE, "")) for own in runs]
    commands = [own[1] for own in found if own]
    return {
        "command": commands[0] if commands else "",
        "jobs": [{"key": key, "cell": cell, "lanes": lanes.get(cell, [])} for key, cell in jobs.items()],
    }
