"""Runs that cannot be put right in place: put away and recorded again, from fits that are whole, without training."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from threshold_lab.naming import study_of
from threshold_lab.overview import TABLE
from threshold_lab.plan import Job
from threshold_lab.provenance import decisions, engine
from threshold_lab.reproduce.located import located
from threshold_lab.spec import digest
from threshold_lab.sweep import Place, sweep
from threshold_lab.tracking import KEY, KIND, PARENT, SUMS, SWEEP, TABLE_HASH, RunRows, Runs, own_database, set_tag
from threshold_lab.verify.check import Onlooker
from threshold_lab.verify.contents import Contents
from threshold_lab.verify.family import listed
from threshold_lab.verify.held import Held
from threshold_lab.verify.plans import made_by, planned
from threshold_lab.watching import Watch

COMMAND = "threshold-lab verify --repair"


@dataclass(eq=False)
class _Watch(Watch):
    """Looks on at a sweep that trains nothing."""

    onlooker: Onlooker
    done: int = 0
    jobs: int = 0

    def planned(self, *, jobs: int, recorded: int, **_: int) -> None:
        self.jobs = jobs - recorded

    def recorded(self, _key: str) -> None:
        self.done += 1
        self.onlooker.looking("runs recorded", self.done, self.jobs)


@dataclass(eq=False)
class Anew:
    """Records runs of a store again."""

    folder: Path
    contents: Contents
    onlooker: Onlooker

    def why_not(self, own: Held) -> str:
        """Say why a run cannot be recorded again, and what to do; empty where it can."""
        if own.rows.tags.get(KIND) == "sweep":
            held = self._summed_up(own) or self._below(own)
            known = all(self.job_of(each) for each in held)
            return "" if known else "the jobs of the sweep cannot all be read; mend their runs first"
        if (job := self.job_of(own)) is None:
            return (
                "its specification, its data or the code that recorded it are not at hand; see threshold-lab reproduce"
            )
        return "" if self.contents.fits_of(job) else "its fits are gone too; train them again with: the command below"

    def job_of(self, own: Held) -> Job | None:
        """Return a run's job, where the present code on the present data would record just that."""
        if (spec := self.contents.spec_of(own)) is None:
            return None
        tags = own.rows.tags
        old = Job(spec, tags.get("data", ""), engine(), decisions(), files=tags.get(TABLE_HASH, ""))
        old = replace(old, study=study_of(own.rows.experiment, old))
        splits = self.contents.splits_of(old)
        same = old.key == tags.get(KEY) and splits is not None and splits.files == old.files
        return replace(old, spec=located(spec, [Path()])) if same else None

    def record(self, own: Held) -> str:
        """Put a run away, and record what it was of again; return what was done. Raises LabError."""
        is_sweep = own.rows.tags.get(KIND) == "sweep"
        found = [self.job_of(each) for each in (self._summed_up(own) if is_sweep else [own])]
        if is_sweep:
            self._take_off(own)
        Runs(self.folder).supersede(own.rows.run_id)
        if not found:
            return f"is put away; its jobs are summed up again by {made_by(own.rows) or 'the command of their sweep'}"
        jobs = [job for job in found if job]
        place = Place(self.folder, 1, studies={job.spec: job.study for job in jobs})
        sweep([job.spec for job in jobs], place, _Watch(self.onlooker), COMMAND)
        return "is put away, and its sweep summed up again" if is_sweep else "is put away, and its job recorded again"

    def _take_off(self, own: Held) -> None:
        """Take runs from below one that sums up a sweep, so that they are summed up again."""
        if (database := own_database(self.folder)) is not None:
            for each in self._below(own):
                set_tag(database, each.rows.run_id, PARENT, "")

    def _below(self, own: Held) -> Sequence[Held]:
        return [each for each in self.contents.runs() if each.rows.tags.get(PARENT) == own.rows.run_id]

    def _summed_up(self, own: Held) -> Sequence[Held]:
        """The runs that one sums up, by its table or else by the plan; none where these are not all it was about."""
        runs = {each.rows.run_id: each for each in self.contents.runs()}
        plan = planned(self.folder / "plans" / f"{Path(own.rows.tags.get(SWEEP, '')).name}.json")
        beside = [
            run_id for run_id in plan if run_id in runs and _is_finished_in(own.rows.experiment, runs[run_id].rows)
        ]
        for ids in (listed(own.contents.get(TABLE)) or [], beside):
            if digest(sorted(ids)) == own.rows.tags.get(SUMS) and set(ids) <= set(runs):
                return [runs[run_id] for run_id in ids]
        return []


def _is_finished_in(experiment: str, own: RunRows) -> bool:
    return own.experiment == experiment and own.status == "FINISHED"
