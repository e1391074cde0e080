"""What became of a claim: what is stored of it, and all that a page about it may tell."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from threshold_lab.errors import StoreError
from threshold_lab.spec.fields import CLOSED, Count, Flag, Text

Verdict = Literal["supported", "refuted", "imprecise", "not decided"]
VERDICTS: tuple[Verdict, ...] = ("supported", "refuted", "imprecise", "not decided")

FILE = "answer.json"
"""Where a claim's run keeps its answer."""

LARGEST = 2**22
"""Bytes of an answer at most."""

Number = Annotated[float, Field(allow_inf_nan=False)]
Cell = str | Number | None


@dataclass(frozen=True, kw_only=True, config=CLOSED)
class Measured:
    """One statistic of one experiment, in the unit that its words say.

    data: the data set. low to high: its interval at `confidence`, None where it is exact. seeds: networks it is of.
    limit: what it was held to, fixed before the experiment; holds: whether it does, None where that is not decided.
    """

    data: Text
    statistic: Text
    value: Number
    low: Number | None = None
    high: Number | None = None
    confidence: Number | None = None
    seeds: Count = 1
    limit: Text
    holds: Flag | None


@dataclass(frozen=True, kw_only=True, config=CLOSED)
class Series:
    """A line or a set of points or bars of a picture: y at x, and the interval of y where there is one.

    x: numbers, or the words of categories.
    """

    name: Text
    x: tuple[Number, ...] | tuple[str, ...]
    y: tuple[Number, ...]
    low: tuple[Number, ...] = ()
    high: tuple[Number, ...] = ()


@dataclass(frozen=True, kw_only=True, config=CLOSED)
class Picture:
    """What is drawn of a claim. kind: lines, points with their intervals, or bars side by side; mark: a line across."""

    kind: Literal["lines", "points", "bars"]
    title: Text
    x: Text
    y: Text
    series: Annotated[tuple[Series, ...], Field(min_length=1)]
    mark: Number | None = None


@dataclass(frozen=True, kw_only=True, config=CLOSED)
class Answer:
    """A claim, what was measured, and the verdict.

    number: its place among the claims. name: its file in conf/claims. quote: the words of the question it is about.
    claim: what is tested, a sentence that may be true or false. says: what was found, in one sentence. method: what
    was done, and what decides. table: more numbers, a row each. command: what makes it again. environment: the
    versions it holds for, of keras, its backend and tensorflow among them. runs: ids of the runs it is read from.
    """

    number: Count
    name: Text
    quote: Text
    claim: Text
    verdict: Verdict
    says: Text
    method: Text
    measured: tuple[Measured, ...]
    picture: Picture
    table: tuple[dict[str, Cell], ...] = ()
    command: Text
    environment: Mapping[str, str]
    runs: tuple[str, ...] = ()


_answer = TypeAdapter(Answer)


def written(answer: Answer) -> bytes:
    """Return an answer as it is stored: JSON with all digits."""
    return _answer.dump_json(answer, indent=1)


def read(content: bytes) -> Answer:
    """Return a stored answer. Raises StoreError where it is too large, or not as it was written."""
    if len(content) > LARGEST:
        raise StoreError(f"{FILE} has {len(content)} bytes; an answer has at most {LARGEST}")
    try:
        return _answer.validate_json(content)
    except ValidationError as error:
        raise StoreError(f"{FILE} is not as it was written: {error.errors()[0]['msg']}") from None
