"""A job of a claim and what came of it, whether the lab's engine trained it or plain Keras."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from threshold_lab.counts import Reals
from threshold_lab.errors import ConfigError
from threshold_lab.records import Scores
from threshold_lab.spec import BreastCancer, Classification, Data, RunSpec, leaves


@dataclass(frozen=True, eq=False)
class Trial:
    """What came of a job. numbers: of the test part at the job's cut, or of a demonstration, a row a seed where they
    are of seeds. words: one a seed. scores: of the test part. run: the id of the job's run.
    """

    spec: RunSpec
    numbers: Mapping[str, Reals] = field(default_factory=dict)
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    scores: Scores | None = None
    run: str = ""

    def of(self, name: str) -> Reals:
        """Return numbers by their name."""
        return self.numbers[name]

    @property
    def tested(self) -> Scores:
        """The scores of the test part. Raises ConfigError for a demonstration, which keeps none."""
        if self.scores is None:
            raise ConfigError("this experiment reads the scores of the test part, which a demonstration keeps none of")
        return self.scores

    @property
    def called(self) -> NDArray[np.bool_]:
        """What each network calls each row of the test part, (r, n)."""
        return np.asarray(self.tested.scores >= self.of("threshold")[:, None])


Trials = Sequence[Trial]


def cases(trials: Trials) -> dict[str, Trials]:
    """Return trials by the name of their data, in their order."""
    found: dict[str, list[Trial]] = {}
    for own in trials:
        found.setdefault(named(own.spec.data), []).append(own)
    return {name: tuple(own) for name, own in found.items()}


def the(trials: Trials, **chosen: Any) -> Trial:
    """Return the one trial whose job has these leaves; `__` for the dot. Raises ConfigError where it is not one."""
    wanted = {name.replace("__", "."): value for name, value in chosen.items()}
    own = [one for one in trials if wanted.items() <= _leaves(one.spec).items()]
    if len(own) != 1:
        raise ConfigError(f"the experiment of this claim needs one job with {wanted}; its sweep has {len(own)}")
    return own[0]


def _leaves(spec: RunSpec) -> dict[str, Any]:
    return {name: tuple(own) if isinstance(own, list) else own for name, own in leaves(spec).items()}


def named(data: Data) -> str:
    """Return the name of a job's data: its source, and what tells it from others of that source."""
    if isinstance(data, BreastCancer) and data.features is not None:
        return f"{data.source}, {len(data.features)} features"
    if isinstance(data, Classification):
        return f"{data.source}, {data.positives:.0%} positive"
    return data.source
