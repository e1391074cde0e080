"""What the rules that choose a threshold can be told."""

from pydantic import model_validator
from pydantic.dataclasses import dataclass

from threshold_lab.spec.fields import CLOSED, Amount, Beta, Flag, Fraction, Resamples, Share


@dataclass(frozen=True, kw_only=True, config=CLOSED)
class Cost:
    """What a row costs by label and call; a negative cost is a gain. A wrong call costs more than a right one."""

    fp: Amount = 1.0
    fn: Amount = 1.0
    tp: Amount = 0.0
    tn: Amount = 0.0

    @model_validator(mode="after")
    def _errors_cost(self) -> "Cost":
        if self.fp <= self.tn or self.fn <= self.tp:
            raise ValueError(
                f"a wrong call must cost more than a right one: cost.fp > cost.tn and cost.fn > cost.tp; got "
                f"fp {self.fp:g}, tn {self.tn:g}, fn {self.fn:g}, tp {self.tp:g}"
            )
        return self


@dataclass(frozen=True, kw_only=True, config=CLOSED)
class RuleSettings:
    """Settings of the rules.

    beta: of fbeta. at_least: what recall_at_least and its like hold. cost: of cost and elkan. resamples: of the
    bootstrap that says how sure a chosen threshold is; 0 for none. confidence: of its intervals. smoothed: take the
    median of its thresholds for the threshold.
    """

    beta: Beta = 2.0
    at_least: Share = 0.9
    cost: Cost = Cost()
    resamples: Resamples = 1000
    confidence: Fraction = 0.95
    smoothed: Flag = False

    @model_validator(mode="after")
    def _smoothed_by_resamples(self) -> "RuleSettings":
        if self.smoothed and not self.resamples:
            raise ValueError("smoothed takes the median over resamples, of which there are 0; set rule.resamples=1000")
        return self
