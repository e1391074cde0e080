"""Claims -> jobs -> trials -> answers -> runs: what is not answered yet is run, and nothing twice."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial

from threshold_lab import data
from threshold_lab.claims import kept
from threshold_lab.claims.answer import Answer
from threshold_lab.claims.demonstrated import DemonstrationError, PlainKeras, trials_of
from threshold_lab.claims.experiments import Experiment, experiment_of
from threshold_lab.claims.rules import verdict
from threshold_lab.claims.stated import Stated
from threshold_lab.claims.trained import trained
from threshold_lab.claims.trial import Trial, Trials, cases
from threshold_lab.errors import DataError
from threshold_lab.plan import Job
from threshold_lab.provenance import answers, decisions, engine, provenance
from threshold_lab.records import Splits
from threshold_lab.spec import Data, RunSpec, digest
from threshold_lab.store import Store
from threshold_lab.sweep import Place
from threshold_lab.tracking import Runs
from threshold_lab.watching import Watch

Told = Callable[[Answer], None]

BACKEND = "tensorflow"
"""What the lab's engine is written in; a demonstration says which backend Keras had."""


@dataclass(frozen=True, eq=False)
class Claim:
    """A claim whose jobs are known, and the rows of their data."""

    name: str
    stated: Stated
    specs: tuple[RunSpec, ...]
    splits: Mapping[Data, Splits] = field(repr=False)

    @property
    def experiment(self) -> Experiment:
        """What answers it."""
        return experiment_of(self.stated)

    @cached_property
    def content(self) -> str:
        """Hash of all that decides its answer: what is stated, jobs, rows, and the code that trains and answers."""
        on = [(spec, self.splits[spec.data]) for spec in self.specs]
        jobs = [Job(spec, own.hash, engine(), decisions(), files=own.files).key for spec, own in on]
        return digest(self.name, self.stated, jobs, answers())


@dataclass
class Answered:
    """What became of claims, by name: answers, those that were known before among them, and why others have none."""

    answers: dict[str, Answer] = field(default_factory=dict)
    new: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def loaded(specs: Sequence[RunSpec]) -> Mapping[Data, Splits]:
    """Return the rows of the data of jobs, each read once. Raises DataError."""
    return {source: data.load(source) for source in dict.fromkeys(spec.data for spec in specs)}


def answered(claims: Sequence[Claim], place: Place, watch: Watch, command: str, told: Told) -> Answered:
    """Answer claims: from the store what is there, else by running it. Raises LabError, and what `watch` raises.

    told: called with each answer that is new, once it is stored.
    """
    found = Answered()
    Store(place.folder).create()
    runs = Runs(place.folder, kept.ABOUT)
    before = kept.known(runs)
    found.answers |= {own.name: before[own.content] for own in claims if own.content in before}
    missing = [own for own in claims if own.name not in found.answers]
    keep = _keeper(runs, found, told)
    _demonstrate([own for own in missing if own.experiment.shown], place, watch, keep)
    _train([own for own in missing if not own.experiment.shown], place, watch, command, keep)
    return found


Keep = Callable[[Claim, Callable[[], Trials]], None]


def _keeper(runs: Runs, found: Answered, told: Told) -> Keep:
    """What stores the answer of a claim from its trials, or notes why there is none."""

    def keep(own: Claim, trials: Callable[[], Trials]) -> None:
        try:
            answer = answer_of(own, trials())
        except (DataError, DemonstrationError) as error:
            found.failed[own.name] = str(error)
            return
        kept.keep(runs, answer, own.content)
        found.answers[own.name] = answer
        found.new.append(own.name)
        told(answer)

    return keep


def _demonstrate(claims: Sequence[Claim], place: Place, watch: Watch, keep: Keep) -> None:
    """Have plain Keras show what claims ask for; each is stored as soon as it is shown."""
    if not claims:
        return
    with PlainKeras(place.workers) as keras:
        asked = [
            [keras.ask(str(own.experiment.shown), spec, dict(own.splits[spec.data].parts())) for spec in own.specs]
            for own in claims
        ]
        for own, futures in zip(claims, asked, strict=True):
            keep(own, partial(trials_of, own.specs, futures, watch.checkpoint))


def _train(claims: Sequence[Claim], place: Place, watch: Watch, command: str, keep: Keep) -> None:
    """Train what claims ask for in one sweep, and store their answers."""
    trials = trained({own.name: own.specs for own in claims}, place, watch, command)
    for own in claims:
        watch.checkpoint()
        keep(own, partial(_or_raise, trials[own.name]))


def _or_raise(trials: list[Trial] | DataError) -> Trials:
    if isinstance(trials, DataError):
        raise trials
    return trials


def answer_of(own: Claim, trials: Trials) -> Answer:
    """Return the answer of a claim from its trials: the verdict follows from the numbers alone."""
    said = own.stated
    found = own.experiment.found(trials, said.tolerance)
    return Answer(
        number=said.number,
        name=own.name,
        quote=said.quote,
        claim=said.claim,
        verdict=verdict(found.holds, found.invalid),
        says=f"{found.says} It could not have told: {found.invalid}." if found.invalid else found.says,
        method=f"{said.statistic} {said.decides} {_of(trials)}",
        measured=found.measured,
        table=found.table,
        picture=found.picture,
        command=said.command,
        environment=environment(trials),
        runs=tuple(trial.run for trial in trials if trial.run),
    )


def _of(trials: Trials) -> str:
    """Data and seeds, in words."""
    seeds = trials[0].spec.all_seeds
    return f"On {'; '.join(cases(trials))}; seeds {seeds[0]} to {seeds[-1]}, paired."


def environment(trials: Trials) -> dict[str, str]:
    """Return what an answer holds for: versions of the libraries that train, backend, Python and platform."""
    own = provenance()
    libraries = {name: own.libraries[name] for name in ("keras", "tensorflow", "numpy")}
    backend = trials[0].words.get("backend", (BACKEND,))[0]
    return {**libraries, "backend": backend, "python": own.python, "platform": own.machine, "cpu": own.cpu}
