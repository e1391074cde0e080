"""The optimisers, with the fields and defaults Keras gives them."""

from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from threshold_lab.spec.fields import CLOSED, Flag, Positive, Rate


@dataclass(frozen=True, kw_only=True, config=CLOSED)
class Sgd:
    """Stochastic gradient descent, with momentum as Polyak has it or as Nesterov."""

    name: Literal["sgd"] = "sgd"
    learning_rate: Positive = 0.01
    momentum: Rate = 0.0
    nesterov: Flag = False


@dataclass(frozen=True, kw_only=True, config=CLOSED)
class Adam:
    """Adam. Source: Kingma and Ba 2015, https://arxiv.org/abs/1412.6980, with its "epsilon hat"."""

    name: Literal["adam"] = "adam"
    learning_rate: Positive = 0.001
    beta_1: Rate = 0.9
    beta_2: Rate = 0.999
    epsilon: Positive = 1e-7


@dataclass(frozen=True, kw_only=True, config=CLOSED)
class RmsProp:
    """RMSprop, not centred. Source: Tieleman and Hinton 2012, lecture 6.5 of Neural Networks for Machine Learning."""

    name: Literal["rmsprop"] = "rmsprop"
    learning_rate: Positive = 0.001
    rho: Rate = 0.9
    momentum: Rate = 0.0
    epsilon: Positive = 1e-7


Optimizer = Annotated[Sgd | Adam | RmsProp, Field(discriminator="name")]
