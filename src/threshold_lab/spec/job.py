"""What a job is: network, optimiser, training, and the lanes it needs."""

from dataclasses import fields as dataclass_fields
from typing import Literal

from pydantic import model_validator
from pydantic.dataclasses import dataclass

from threshold_lab.spec.canonical import digest
from threshold_lab.spec.data import Data
from threshold_lab.spec.fields import CLOSED, Count, Positive, Rate, Real, Text, Whole

WIDTH = 16
"""Lanes of a program. Fixed, because XLA compiles another width to other bits."""


@dataclass(frozen=True, kw_only=True, config=CLOSED)
class Network:
    """Hidden relu layers: their widths, and the dropout rate after each."""

    hidden: tuple[Count, ...] = (124, 124)
    dropout: tuple[Rate, ...] = (0.5, 0.1)

    @model_validator(mode="after")
    def _one_rate_a_layer(self) -> "Network":
        if len(self.hidden) != len(self.dropout):
            raise ValueError(
                f"one dropout rate a hidden layer: network.hidden has {len(self.hidden)} layers, "
                f"network.dropout {len(self.dropout)} rates (0 for none)"
            )
        return self


@dataclass(frozen=True, kw_only=True, config=CLOSED)
class Optimizer:
    """Stochastic gradient descent as Keras has it."""

    name: Literal["sgd"] = "sgd"
    learning_rate: Positive = 0.1
    momentum: Rate = 0.0


@dataclass(frozen=True, kw_only=True, config=CLOSED)
class Training:
    """All that decides a network's weights, but for the data and the seed."""

    activation: Text
    loss: Text
    network: Network
    optimizer: Optimizer
    batch_size: Count
    epochs: Count


@dataclass(frozen=True, kw_only=True, config=CLOSED)
class RunSpec(Training):
    """One job: `seeds` replicates of a training, seeds `seed`, `seed` + 1 ..., and where their scores are cut.

    threshold: a number in the unit of the score, or the name of a rule that reads the validation part.
    """

    threshold: Real | Text
    seeds: Count
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
