"""A model as it is compiled: what its output stands for, by all that `heads` knows of activation and loss."""

from dataclasses import dataclass
from functools import cached_property

from threshold_lab.explanation.compiled import CLASSIFYING, CompiledLoss, CompiledMetric
from threshold_lab.explanation.labels import Labels
from threshold_lab.explanation.output import Output
from threshold_lab.explanation.promised import REGRESSIONS, calls_of, differs, head_of, lopsided, loss_asked
from threshold_lab.heads import Contract, Head, Loss, contract_of

_TWO = 2
_CONFINED = {"sigmoid", "softmax", "hard_sigmoid", "step"}


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
        if self.loss is None or self.loss.name not in REGRESSIONS:
            return False
        if self.labels is not None:
            return not self.labels.of_classes
        return self.output.activation not in _CONFINED and not any(own.resolved in CLASSIFYING for own in self.metrics)

    @property
    def returns(self) -> str:
        """What `predict` returns."""
        if self.loss is None or self.output.activation == "step":
            return "neither"
        if self.regression:
            return "score"
        if self.contract is not None:
            return self._returned(self.contract)
        if self.output.units > _TWO and self._asked is not None:
            return self._returned_of_each(self._asked)
        return "score" if not self.loss.known and self.output.activation != "unknown" else "neither"

    def _returned(self, contract: Contract) -> str:
        if self._apart:
            return "neither"
        return "score" if self._lopsided and contract.returns in ("probability", "logit") else contract.returns

    def _returned_of_each(self, asked: Loss) -> str:
        """Of more than two units."""
        own, alone = self.output.activation, 1 in asked.units
        if own == "softmax" or (own == "sigmoid" and alone and asked.claim != "margin"):
            return "probability"
        if asked.claim != "probability":
            return asked.claim
        return "score" if alone and not asked.cross_entropy else "neither"

    @property
    def compares(self) -> bool:
        """Whether units are of classes that exclude each other."""
        return self.output.activation == "softmax" or (self._asked is not None and 1 not in self._asked.units)

    @property
    def each(self) -> bool:
        """Whether there are several units, each with a target of its own."""
        several = self.output.units > _TWO or (self.labels is not None and self.labels.of_several)
        return several and self._asked is not None and not self.compares and not self.regression

    @property
    def _asked(self) -> Loss | None:
        return loss_asked(self.loss) if self.loss else None

    @property
    def _apart(self) -> bool:
        """Whether the loss compares two units for a probability, and nothing makes them sum to one."""
        own = self.head
        shares = self.output.activation == "softmax"
        return own is not None and 1 not in own.loss.units and own.probability and not shares

    @property
    def _lopsided(self) -> bool:
        return self.output.units == 1 and self.loss is not None and lopsided(self.loss)

    @property
    def half(self) -> float | None:
        """The score at which P(y = 1) is one half."""
        unsaid = self.regression or self._apart or self._lopsided
        return None if self.contract is None or unsaid else self.contract.half

    @property
    def calls(self) -> str | None:
        """The code that calls rows where P(y = 1) is one half."""
        if self.half is None:
            return None
        return calls_of(self.output.units == 1 or self.each, differs(self.head), self.half)

    @property
    def smooth(self) -> str:
        """An activation whose slope is nowhere zero, and whose range is that of this one."""
        nonnegative = self.head is None or self.head.activation.low >= 0
        return "softplus" if nonnegative else "linear"

    @property
    def probability_of_the_larger(self) -> float | None:
        """P(y = 1) where both of two outputs are alike, from where on the second is the larger."""
        return None if self.head is None or self.head.scale.probability is None or self.half is None else 0.5

    def probability_at(self, score: float) -> float | None:
        """Return P(y = 1) at a score; None where a score stands for none."""
        if self.half is None or self.head is None or self.head.scale.probability is None:
            return None
        return self.head.scale.probability(score)
