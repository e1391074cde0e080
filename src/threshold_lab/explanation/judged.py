"""A model as it is compiled: what its output stands for, by all that `heads` knows of activation and loss."""

from dataclasses import dataclass
from functools import cached_property

from threshold_lab.explanation.compiled import CLASSIFYING, CompiledLoss, CompiledMetric
from threshold_lab.explanation.labels import Labels
from threshold_lab.explanation.output import Output
from threshold_lab.explanation.promised import REGRESSIONS, head_of, loss_asked
from threshold_lab.heads import Contract, Head, contract_of

_TWO = 2


@dataclass(frozen=True)
class Judged:
    """A model: its output, what it was compiled with, and its labels where they are known."""

    output: Output
    loss: CompiledLoss | None
    metrics: tuple[CompiledMetric, ...]
    labels: Labels | None = None

    @cached_property
    def head(self) -> Head | None:
        """Activation and loss together."""
        return head_of(self.output, self.loss, self.labels.low if self.labels else 0)

    @cached_property
    def contract(self) -> Contract | None:
        """What they come to."""
        if self.head is None:
            return None
        return contract_of(self.head, self.output.activation, self.loss.name if self.loss else "")

    @property
    def regression(self) -> bool:
        """Whether nothing speaks of classes."""
        if self.loss is None or self.loss.name not in REGRESSIONS or self.output.units > 1:
            return False
        if self.labels is not None:
            return not self.labels.binary
        confined = self.head is not None and self.head.confined
        return not confined and not any(own.resolved in CLASSIFYING for own in self.metrics)

    @property
    def returns(self) -> str:
        """What `predict` returns."""
        if self.loss is None or self.output.activation == "step":
            return "neither"
        if self.regression:
            return "score"
        if self.contract is not None:
            return self.contract.returns
        if self.output.units > _TWO and (asked := loss_asked(self.loss)) is not None:
            softmax = self.output.activation == "softmax"
            return "probability" if softmax else "logit" if asked.from_logits else "score"
        return "score" if not self.loss.known and self.output.activation != "unknown" else "neither"

    @property
    def half(self) -> float | None:
        """The score at which P(y = 1) is one half."""
        return None if self.contract is None or self.regression else self.contract.half

    @property
    def probability_of_the_larger(self) -> float | None:
        """P(y = 1) where both of two outputs are alike, from where on the second is the larger."""
        return None if self.head is None or self.head.scale.probability is None or self.half is None else 0.5

    def probability_at(self, score: float) -> float | None:
        """Return P(y = 1) at a score; None where a score stands for none."""
        if self.half is None or self.head is None or self.head.scale.probability is None:
            return None
        return self.head.scale.probability(score)
