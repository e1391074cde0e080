"""MLflow's `evaluate` for a model that carries its threshold: the confusion matrix at its cut, and what its scores say.

MLflow's own classifier evaluator takes one column of labels. This one, which MLflow finds by the name "threshold_lab",
hands it the labels and adds metrics of the score:

    mlflow.models.evaluate(model, data, targets="churned", model_type="classifier", evaluators="threshold_lab")
"""

from collections.abc import Callable, Mapping
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.metrics import MetricValue
from mlflow.models.evaluation import EvaluationMetric, EvaluationResult, ModelEvaluator, make_metric

from threshold_lab.counts import Flags, Reals
from threshold_lab.data.kinds import word
from threshold_lab.errors import DataError
from threshold_lab.scoring import average_precision, brier, log_loss, roc_auc

_TARGET = "true label"

OF_SCORES: Mapping[str, Callable[[Reals, Flags], Reals]] = {"roc_auc": roc_auc, "average_precision": average_precision}
OF_PROBABILITIES: Mapping[str, Callable[[Reals, Flags], Reals]] = {"log_loss": log_loss, "brier": brier}


class ThresholdEvaluator(ModelEvaluator):  # type: ignore[misc]
    """Evaluate a model of a run on raw rows with their labels, at the model's own operating point."""

    @classmethod
    def can_evaluate(cls, *, model_type: str, evaluator_config: Any, **_: Any) -> bool:  # noqa: ARG003 - MLflow's words
        """Return whether it is a classifier."""
        return model_type == "classifier"

    def evaluate(self, *, model: Any, dataset: Any, evaluator_config: Any, **asked: Any) -> EvaluationResult:
        """Predict, and let MLflow's evaluator judge the labels, with the metrics of the score beside it.

        Says nothing of a model that is not one of a run's: MLflow asks every evaluator there is. Raises DataError on a
        label the model does not know.
        """
        known = getattr(getattr(model, "metadata", None), "metadata", None) or {}
        if not {"positive", "negative", "threshold", "tie_rule"} <= set(known):
            return EvaluationResult({}, {})
        positive = known["positive"]
        found = model.predict(dataset.features_data)
        found[_TARGET] = _labels(dataset.labels_data, (known["negative"], positive))
        return mlflow.models.evaluate(
            data=found,
            targets=_TARGET,
            predictions="label",
            model_type="classifier",
            evaluators="classifier",
            evaluator_config={"pos_label": positive, "log_explainer": False} | (evaluator_config or {}),
            extra_metrics=[*_metrics(found, positive), *(asked.get("extra_metrics") or ())],
            custom_artifacts=asked.get("custom_artifacts"),
        )


def _labels(values: Any, known: tuple[str, str]) -> list[str]:
    words = [word(own) for own in values]
    if strange := [row for row, own in enumerate(words) if own not in known]:
        raise DataError(
            f"row {strange[0]}: the label {words[strange[0]]!r} is not one of the model's, {known[0]!r} and "
            f"{known[1]!r}; write it as the model does, or remove the row"
        )
    return words


def _metrics(found: pd.DataFrame, positive: str) -> list[EvaluationMetric]:
    metrics = [_metric(name, of, found["score"], found[_TARGET] == positive) for name, of in OF_SCORES.items()]
    if "probability" in found:
        own = found["probability"]
        metrics += [_metric(name, of, own, found[_TARGET] == positive) for name, of in OF_PROBABILITIES.items()]
    return metrics


def _metric(name: str, of: Callable[[Reals, Flags], Reals], scores: pd.Series, labels: pd.Series) -> EvaluationMetric:
    value = float(of(scores.to_numpy(np.float64)[None], labels.to_numpy(np.bool_))[0])

    def told(_predictions: Any, _targets: Any) -> MetricValue:
        return MetricValue(aggregate_results={name: value})

    return make_metric(eval_fn=told, greater_is_better=name in OF_SCORES, name=name)
