"""The sentences of the question that can be tested: an experiment each, and a verdict that stays in the store."""

from threshold_lab.claims.answer import FILE, LARGEST, Answer, read
from threshold_lab.tracking import Runs


def stored(runs: Runs) -> list[Answer]:
    """Return the newest answer to each claim, by its number. Raises StoreError."""
    found: dict[int, Answer] = {}
    for run in runs.of_kind("claim"):
        own = read(runs.file(run.run_id, FILE, LARGEST))
        found.setdefault(own.number, own)
    return [found[number] for number in sorted(found)]
