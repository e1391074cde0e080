"""What a job is: network, training, and the lanes it needs."""

from dataclasses import fields as dataclass_fields
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator
from pydantic.dataclasses import dataclass

from threshold_lab.spec.canonical import digest
from threshold_lab.spec.data import Data, paths_of
from threshold_lab.spec.fields import CLOSED, Epochs, NotNegative, Positive, Rate, Real, Seeds, Text, Whole, Width
from threshold_lab.spec.optimizer import Optimizer
from threshold_lab.spec.rule import RuleSettings

MOST_WEIGHTS = 50_000_000
"""Between the hidden layers of a network: 200 MB, four times over in a program, and twice more for an optimiser."""


@dataclass(frozen=True, kw_only=True, config=CLOSED)
class Network:
    """Hidden dense layers: their widths (none is a logistic regression), their activation, the dropout after each.

    l2: weight of the sum of all squared kernels, the output layer's among them, in the loss. initializer: of the
    kernels of the hidden layers; the output layer's is Keras's default, Glorot uniform.
    """

    hidden: Annotated[tuple[Width, ...], Field(max_length=64)] = (124, 124)
    activation: Literal["relu", "tanh", "sigmoid", "elu", "selu", "gelu", "silu", "softsign"] = "relu"
    dropout: Annotated[tuple[Rate, ...], Field(max_length=64)] = (0.5, 0.1)
    l2: NotNegative = 0.0
    initializer: Literal["glorot_uniform", "he_uniform", "lecun_uniform"] = "glorot_uniform"

    @model_validator(mode="after")
    def _one_rate_a_layer(self) -> "Network":
        if len(self.hidden) != len(self.dropout):
            raise ValueError(
                f"one dropout rate a hidden layer: network.hidden has {len(self.hidden)} layers, "
                f"network.dropout {len(self.dropout)} rates (0 for none)"
            )
        return self

    @model_validator(mode="after")
    def _fits_into_memory(self) -> "Network":
        weights = sum(inputs * outputs for inputs, outputs in pairwise(self.hidden))
        if weights > MOST_WEIGHTS:
            raise ValueError(
                f"network.hidden has {weights:,} weights between its layers; {MOST_WEIGHTS:,} are the most, as those "
                f"of several networks are held in memory"
            )
        return self


def _negative_then_positive(targets: tuple[int, int]) -> tuple[int, int]:
    if targets not in ((0, 1), (-1, 1)):
        raise ValueError(f"targets must be [0, 1] or [-1, 1], the negative label's first; got {list(targets)}")
    return targets


@dataclass(frozen=True, kw_only=True, config=CLOSED)
class Training:
    """All that decides a network's weights, but for the data and the seed.

    targets: the number each label, negative and positive, is trained towards. label_smoothing: pulls them towards
    0.5. class_weight: of the negative and the positive rows' losses. patience: epochs without a better
    validation loss before training stops, the best weights restored; None never stops. trainer: many lanes stacked
    in one program, or ordinary Keras `fit`, one lane at a time.
    """

    activation: Text
    loss: Text
    network: Network
    optimizer: Optimizer
    batch_size: Epochs
    epochs: Epochs
    patience: Epochs | None = None
    targets: Annotated[tuple[int, int], AfterValidator(_negative_then_positive)] = (0, 1)
    label_smoothing: Rate = 0.0
    class_weight: tuple[Positive, Positive] = (1.0, 1.0)
    trainer: Literal["stacked", "keras"] = "stacked"


@dataclass(frozen=True, kw_only=True, config=CLOSED)
class RunSpec(Training):
    """One job: `seeds` replicates of a training, seeds `seed`, `seed` + 1 ..., and where their scores are cut.

    threshold: a number in the unit of the score, or the name of a rule. rule: what the rules are told.
    """

    threshold: Real | Text
    rule: RuleSettings = RuleSettings()
    seeds: Seeds
    seed: Whole
    data: Data

    @property
    def training(self) -> Training:
        """The part of the job that decides weights."""
        return Training(**{field.name: getattr(self, field.name) for field in dataclass_fields(Training)})

    @property
    def all_seeds(self) -> range:
        """The seed of each replicate."""
        return range(self.seed, self.seed + self.seeds)


@dataclass(frozen=True, config=CLOSED)
class Lane:
    """One network being trained. `data` is the content hash of its splits, `engine` that of the code."""

    training: Training
    seed: int
    data: str
    engine: str

    @property
    def key(self) -> str:
        """The training key: a hash of everything that decides the weights; the threshold is not in it."""
        return digest(self)


def placeless(spec: RunSpec) -> RunSpec:
    """Return a specification with the names of its files alone: where they lie changes no result."""
    names: dict[str, Any] = {field: Path(path).name or path for field, path in paths_of(spec.data).items()}
    return replace(spec, data=replace(spec.data, **names)) if names else spec
