"""What a sweep is run for: somebody's published number, or what this project claims."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, Strict, TypeAdapter
from pydantic.dataclasses import dataclass

from threshold_lab.spec.check import checked
from threshold_lab.spec.fields import CLOSED, Count, Flag, Positive, Real, Share, Text, Whole

Sha256 = Annotated[str, Strict(), Field(pattern="^[0-9a-f]{64}$")]
Chosen = dict[Text, Text | Real | tuple[Real, ...]]
"""Jobs by some of their leaves: {activation: sigmoid, threshold: 0.5}."""


@dataclass(frozen=True, kw_only=True, config=CLOSED)
class File:
    """A public table: its name, the hash of its values (`studies.tables`), its id at OpenML, and how labels are there.

    labels: OpenML's word for a label -> the one in the file.
    """

    name: Text
    sha256: Sha256
    openml: Count
    labels: dict[Text, Text] = Field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, config=CLOSED)
class Published:
    """A number somebody published, of one training or of the mean over folds.

    parts: of the rows it was measured on. train: the same on the training part. spread: its standard deviation over
    folds. one_class: how many of its networks are known to call every row alike. beside: the study whose number it is
    held against. deviations: what the recipe has that is otherwise here.
    counted: as right above a cut at .5, as Keras does now; or where a score rounds to its target, as Keras 2 did.
    """

    claim: Text
    metric: Literal["accuracy", "roc_auc"]
    parts: tuple[Literal["train", "validation", "test"], ...]
    value: Share
    digits: Count = 3
    counted: Literal["keras", "rounded"] = "keras"
    train: Share | None = None
    spread: Share | None = None
    one_class: Whole = 0
    beside: Text | None = None
    deviations: tuple[Text, ...] = ()


@dataclass(frozen=True, kw_only=True, config=CLOSED)
class Claim:
    """What is said of a metric of two jobs, seed by seed: the second's is larger, or equal but for a margin."""

    says: Text
    metric: Text
    first: Chosen
    second: Chosen
    kind: Literal["larger", "equivalent"]
    margin: Positive


@dataclass(frozen=True, kw_only=True, config=CLOSED)
class Study:
    """What a sweep is run for. quick: whether it belongs to the short profile of what is reported."""

    quick: Flag = False
    file: File | None = None
    published: Published | None = None
    claims: tuple[Claim, ...] = ()


_study = TypeAdapter(Study)


def study_spec(config: Mapping[str, Any]) -> Study:
    """Check what a configuration says it is run for. Raises ConfigError with every broken rule, one a line."""
    return checked(_study, Study, config)
