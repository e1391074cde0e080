"""Jobs of a sweep -> what is said of their experiments, and known of them, once a run is written into each."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from threshold_lab import captions
from threshold_lab.naming import by_experiment, known
from threshold_lab.plan import Job
from threshold_lab.recording import Origin
from threshold_lab.records import Splits
from threshold_lab.spec import digest
from threshold_lab.tracking import Introduction, Records


def introduce(jobs: Sequence[Job], splits: Mapping[str, Splits], runs: Records, origin: Origin) -> Origin:
    """Have it said of each experiment what it is, and return the origin with what names have to tell in it."""
    grouped = by_experiment(jobs)
    before = runs.noted()
    found = {name: known(before.get(name, "")).beside(own) for name, own in grouped.items()}
    for name, own in grouped.items():
        about = captions.introduction(own, splits, origin.sweep, origin.command, origin.store)
        runs.introduce(name, Introduction(about, found[name].text(), found[name].varied))
    return replace(origin, known=found)


def shared_data(jobs: Sequence[Job], splits: Mapping[str, Splits]) -> Mapping[str, Any]:
    """Return what is said of the data of several jobs; of several splits of each, with a hash of them all."""
    each = {job.data: captions.data_of(job, splits[job.data]) for job in jobs}
    first, *others = each.values()
    if not others:
        return first
    common = {key: own for key, own in first["spec"].items() if all(other["spec"].get(key) == own for other in others)}
    return {"hash": digest(list(each)), "spec": common, "splits": list(each.values())}
