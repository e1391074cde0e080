"""What is found in a store -> all that a report tells, in words and numbers, for every form of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from threshold_lab.claims.answer import VERDICTS, Answer
from threshold_lab.report import pictures, words
from threshold_lab.report.found import Found, Sweep
from threshold_lab.report.pictures import Drawn
from threshold_lab.report.words import Number, counted, listed

QUESTION = "In a Keras binary classifier, what do the output activation, the loss and the threshold each decide?"
TRAINING = 1
"""The number of the claim that a threshold is used in training."""

_HOLDS = {True: "yes", False: "no", None: "not decided"}
_ENVIRONMENT = ("tensorflow", "keras", "backend")
NO_SWEEP = "The question's sweep is not in this store, so its comparison and the model to play with are missing here."
NO_CLAIMS = "No answer to a claim is in this store, so the verdicts are missing here."


@dataclass(frozen=True)
class Measure:
    """A row of what was measured."""

    data: str
    statistic: str
    value: Number
    low: Number | None
    high: Number | None
    confidence: str
    seeds: int
    limit: str
    holds: str


@dataclass(frozen=True)
class Claim:
    """A claim as it is told. kind: of the verdict, one word."""

    answer: Answer
    kind: str
    picture: Drawn
    measured: Sequence[Measure]
    headings: Sequence[str]
    table: Sequence[Sequence[Number]]
    environment: str


@dataclass(frozen=True)
class Line:
    """A row of the comparison: what tells the cell apart, and mean and standard deviation of each column."""

    names: Sequence[str]
    numbers: Sequence[tuple[Number, Number | None] | None]
    clipped: bool = False


@dataclass(frozen=True)
class Comparison:
    """The cells of a sweep, the baselines first."""

    names: Sequence[str]
    headings: Sequence[str]
    baselines: Sequence[Line]
    lines: Sequence[Line]
    picture: Drawn

    @property
    def clipped(self) -> bool:
        """Whether any score lies outside [0, 1]."""
        return any(own.clipped for own in self.lines)


@dataclass(frozen=True)
class View:
    """All that is told. missing: what is not there, with the command that makes it."""

    question: str
    answer: Sequence[str]
    claims: Sequence[Claim]
    verdicts: Sequence[tuple[str, int]]
    comparison: Comparison | None
    missing: Sequence[tuple[str, str]]


def view(own: Found, comparison: Comparison | None) -> View:
    """Return all that a report tells of what was found. Raises StoreError where a picture cannot be drawn."""
    claims = [_claim(answer) for answer in own.answers]
    counts = [(verdict, sum(one.verdict == verdict for one in own.answers)) for verdict in VERDICTS]
    verdicts = [(verdict, count) for verdict, count in counts if count]
    return View(QUESTION, list(_answer(own, verdicts)), claims, verdicts, comparison, list(_missing(own)))


def _missing(own: Found) -> Iterator[tuple[str, str]]:
    if own.sweep is None:
        yield NO_SWEEP, "threshold-lab sweep"
    if not own.answers:
        yield NO_CLAIMS, "threshold-lab claims"


def _answer(own: Found, verdicts: Sequence[tuple[str, int]]) -> Iterator[str]:
    """The answer, in sentences whose numbers are stored."""
    training = next((one for one in own.answers if one.number == TRAINING), None)
    if training is not None:
        no = "Keras uses no threshold in training. " if training.verdict == "refuted" else ""
        yield f"{no}{training.says}"
    if own.sweep is not None:
        yield from _of_sweep(own.sweep)
    if verdicts:
        told = listed([f"{count} {verdict}" for verdict, count in verdicts])
        yield f"Of {counted(len(own.answers), 'claim')} in the question and its answers the verdicts are: {told}."


def _of_sweep(own: Sweep) -> Iterator[str]:
    row, rule = own.rows[own.own], own.rule
    half, tuned = (_mean(row.accuracy.get(name)) for name in (next(iter(row.accuracy)), rule))
    yield (
        f"The question's own model ({_named(row.name)}) returns scores: cut at 0.5 they are right on {half} of the "
        f"rows held out, cut where the rule {rule} says on the validation part ({_mean(row.threshold.get(rule))}) on "
        f"{tuned}; always giving the more frequent label is right on {row.majority:.3f}."
    )
    moved = [one for one in own.rows if {"0.5", rule} <= set(one.accuracy)]
    if moved:
        most = max(moved, key=lambda one: abs(one.accuracy[rule][0] - one.accuracy["0.5"][0]))
        yield (
            f"The cut matters most to {_named(most.name)}: the same networks go from {_mean(most.accuracy['0.5'])} to "
            f"{_mean(most.accuracy[rule])}, and no weight is trained anew."
        )


def _named(name: Mapping[str, str]) -> str:
    """A cell in a sentence: linear on mse."""
    own = dict(name)
    first = f"{own.pop('activation')} trained on {own.pop('loss')}"
    return ", ".join([first, *(f"{key} {value}" for key, value in own.items())])


def _mean(own: tuple[float, float] | None) -> str:
    return "no number" if own is None else f"{own[0]:.3f}"


def _claim(answer: Answer) -> Claim:
    headings = list(dict.fromkeys(key for row in answer.table for key in row))
    return Claim(
        answer=answer,
        kind=answer.verdict.replace(" ", "-"),
        picture=pictures.of_claim(answer),
        measured=list(_measured(answer)),
        headings=headings,
        table=[[words.text(row.get(key)) for key in headings] for row in answer.table],
        environment=_environment(answer.environment),
    )


def _measured(answer: Answer) -> Iterator[Measure]:
    for own in answer.measured:
        value, low, high = words.measured(own)
        sure = "" if own.confidence is None or low is None else f"{100 * own.confidence:g} %"
        yield Measure(own.data, own.statistic, value, low, high, sure, own.seeds, own.limit, _HOLDS[own.holds])


def _environment(own: Mapping[str, str]) -> str:
    """Versions on one line, those that decide first."""
    names = [*(name for name in _ENVIRONMENT if name in own), *sorted(set(own) - set(_ENVIRONMENT))]
    return ", ".join(f"{name} {own[name]}" for name in names)
