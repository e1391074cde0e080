"""Jobs of claims that the lab's engine trains: all of them one sweep, and read back from its runs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from threshold_lab.cells import TEST_LOGITS, stored_scores
from threshold_lab.claims.trial import Trial
from threshold_lab.errors import DataError
from threshold_lab.heads import head_of
from threshold_lab.plan import Job
from threshold_lab.spec import RunSpec
from threshold_lab.studies.results import Result, results
from threshold_lab.sweep import Outcome, Place, sweep
from threshold_lab.tracking import Runs
from threshold_lab.watching import Watch

STUDY = "claims"
"""The study of all of them, as they share jobs."""


class _Bare(Runs):
    """Runs of jobs that are no comparison of their own: nothing sums them up."""

    shown = False


def trained(
    claims: Mapping[str, Sequence[RunSpec]], place: Place, watch: Watch, command: str
) -> Mapping[str, list[Trial] | DataError]:
    """Run the jobs of claims as one sweep, and return the trials of each by its name, or why it has not all of them.

    Raises LabError.
    """
    specs = [spec for own in claims.values() for spec in own]
    if not specs:
        return {}
    place = replace(place, studies=dict.fromkeys(specs, STUDY))
    outcome = sweep(specs, place, watch, command, lambda: _Bare(place.folder))
    runs = Runs(place.folder)
    stored = runs.of_cells(dict.fromkeys(job.cell for job in outcome.jobs))
    by_key = {own.job.key: _trial(own, runs) for own in results(outcome.jobs, stored, runs)}
    asked = iter(outcome.asked)
    keys = {name: [next(asked) for _ in own] for name, own in claims.items()}
    return {name: _all_of(own, by_key, outcome) for name, own in keys.items()}


def _all_of(keys: Sequence[str], known: Mapping[str, Trial], outcome: Outcome) -> list[Trial] | DataError:
    """The trials of jobs; of a job that two claims ask for, the same one."""
    if missing := [outcome.failed.get(key, "its run is gone") for key in keys if key not in known]:
        return DataError(f"{len(missing)} of its {len(keys)} jobs have no result: {missing[0]}")
    return [known[key] for key in dict.fromkeys(keys)]


def _trial(own: Result, runs: Runs) -> Trial:
    names = [str(name) for name in own.numbers if name not in ("part", "rule")]
    numbers = {name: np.asarray(own.of(name)) for name in names}
    job: Job = own.job
    scores = stored_scores(runs.file(own.run.run_id, TEST_LOGITS), head_of(job.spec))
    return Trial(job.spec, numbers, scores=scores, run=own.run.run_id)
