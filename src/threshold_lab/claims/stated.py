"""What a file of conf/claims says: a sentence of the question, what is tested of it, and what decides."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, TypeAdapter
from pydantic.dataclasses import dataclass

from threshold_lab.spec.check import checked
from threshold_lab.spec.fields import CLOSED, Count, NotNegative, Text

KEY = "claim"
"""Of a configuration that is run for a claim."""


@dataclass(frozen=True, kw_only=True, config=CLOSED)
class Stated:
    """A claim before anything is run.

    number: its place among the claims. quote: the words of the question it is about. claim: a sentence that may be
    true or false. experiment: what answers it, a row of `experiments.EXPERIMENTS`. statistic: what is measured.
    decides: by what rule. tolerance: the numbers of that rule, by name. command: what makes the answer.
    also: more jobs than its sweep has, each by the words that a command line would add.
    """

    number: Count
    quote: Text
    claim: Text
    experiment: Text
    statistic: Text
    decides: Text
    tolerance: dict[Text, NotNegative]
    command: Text
    also: tuple[tuple[Text, ...], ...] = Field(default=())


_stated = TypeAdapter(Stated)


def stated(config: Mapping[str, Any]) -> Stated:
    """Check what a configuration states. Raises ConfigError with every broken rule, one a line."""
    return checked(_stated, Stated, config)
