"""Fits of one cell -> scores -> thresholds -> metrics: what its networks say, worked out once for all its jobs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from threshold_lab import calibration, figures, metrics
from threshold_lab.arrays import arrays_in, npz
from threshold_lab.counts import Reals
from threshold_lab.decisions import OperatingPoint, operating_point, undecided
from threshold_lab.errors import DataError, StoreError
from threshold_lab.figures import ThresholdPictures
from threshold_lab.heads import Head, head_of, logit
from threshold_lab.influence import influences
from threshold_lab.metrics import Histogram
from threshold_lab.plan import Job
from threshold_lab.records import Fit, Raw, Scores, Splits
from threshold_lab.scoring import score_metrics
from threshold_lab.spec import RuleSettings, RunSpec
from threshold_lab.thresholds import Terms
from threshold_lab.tracking.model import Parts, packed
from threshold_lab.uncertainty import Interval, by_resamples, of_scores, varying

TEST_LOGITS = "test_logits.npz"
"""Labels bool (n,) of the test part and logits float32 (r, n, units), in the order of the seeds."""

WEIGHTS = "weights.npz"
"""seed_{seed}/layer_{number}/kernel and bias, of every network."""

DIVERGED = "diverged"
"""What the reason of a job begins with whose networks would diverge again."""


@dataclass(frozen=True, eq=False)
class Cell:
    """What the networks of one cell say. files: what each of its jobs records alike, by name.
    model: the files of an MLflow model of the first network, without an operating point.
    """

    head: Head
    splits: Splits
    fits: Sequence[Fit]
    scores: Mapping[str, Scores]
    scored: Mapping[str, Mapping[str, Reals]]
    influences: Mapping[str, Mapping[str, Reals]]
    histogram: Histogram
    pictures: ThresholdPictures
    files: Mapping[str, bytes]
    model: Mapping[str, bytes]
    points: dict[tuple[float | str, RuleSettings], OperatingPoint] = field(default_factory=dict)
    intervals: dict[tuple[str, float], Mapping[str, Interval]] = field(default_factory=dict)

    @cached_property
    def shared(self) -> Histogram:
        """Counts of the test part on the bins that all jobs share."""
        return metrics.comparable(self.scores["test"], self.head.scale)

    def point(self, threshold: float | str, spec: RunSpec) -> OperatingPoint:
        """Return the decision of each network on the validation part. Raises DataError where there is none."""
        key = threshold, spec.rule
        if key not in self.points:
            validation = self.scores["validation"]
            self.points[key] = operating_point(threshold, validation, self._terms(spec), spec.all_seeds)
        return self.points[key]

    def estimates(self, tidy: pd.DataFrame, point: OperatingPoint, spec: RunSpec) -> pd.DataFrame:
        """Return the numbers of each part at an operating point, with both their uncertainties."""
        rows = {part: self._over_rows(part, point, spec) for part in self.scores}
        return metrics.estimates(tidy, point.rule, rows, spec.rule.confidence)

    def _over_rows(self, part: str, point: OperatingPoint, spec: RunSpec) -> dict[str, Interval]:
        own = self.scores[part]
        rates = by_resamples(own.scores >= point.threshold[:, None], own.labels, spec.rule, spec.seed)
        return varying({**rates, **self._of_scores(part, spec.rule.confidence)})

    def _of_scores(self, part: str, confidence: float) -> Mapping[str, Interval]:
        """The same at every threshold."""
        key = part, confidence
        if key not in self.intervals:
            labels = self.scores[part].labels
            self.intervals[key] = of_scores(self.scored[part], self.influences[part], labels, confidence)
        return self.intervals[key]

    def compared(self, threshold: float | str, spec: RunSpec) -> OperatingPoint:
        """Return a decision beside the job's own, blank where there is none."""
        try:
            return self.point(threshold, spec)
        except DataError:
            return undecided(threshold, spec.rule, len(self.fits))

    def _terms(self, spec: RunSpec) -> Terms:
        return Terms(spec.rule, float(self.splits.train.labels.mean()), self.head.scale)


def cell_of(job: Job, fits: Sequence[Fit], splits: Splits) -> Cell:
    """Work out a cell from its fits, one a seed, all finite."""
    own = head_of(job.spec)
    logits = {name: np.stack([fit.logits[name] for fit in fits]) for name, _ in splits.parts()}
    scores = {name: scores_of(own, logits[name], part.labels) for name, part in splits.parts()}
    scored = {name: score_metrics(part, probability=own.probability, low=own.low) for name, part in scores.items()}
    moved = {name: influences(part, probability=own.probability, low=own.low) for name, part in scores.items()}
    files = {
        **_calibration(job, scores, own),
        TEST_LOGITS: npz({"logits": logits["test"], "labels": splits.test.labels}),
        WEIGHTS: npz(_weights(job, fits)),
    }
    counts, words = metrics.histogram(scores["test"]), (splits.negative, splits.positive)
    rows = f"rows of the test part, {job.spec.seeds} seeds"
    pictures = ThresholdPictures(counts, labels=words, unit=own.unit(splits.positive), rows=rows)
    return Cell(own, splits, fits, scores, scored, moved, counts, pictures, files, _model(fits[0], splits.raw))


def _weights(job: Job, fits: Sequence[Fit]) -> dict[str, Any]:
    return {
        f"seed_{seed}/layer_{index // 2}/{('kernel', 'bias')[index % 2]}": array
        for seed, fit in zip(job.spec.all_seeds, fits, strict=True)
        for index, array in enumerate(fit.weights)
    }


def _model(fit: Fit, raw: Raw) -> Mapping[str, bytes]:
    return packed(Parts(fit.model, raw.encoder, raw.numbers, raw.texts)) if fit.model else {}


def scores_of(own: Head, logits: NDArray[np.float32], labels: NDArray[np.bool_]) -> Scores:
    """Return the scores of r networks: logits (r, n, units), labels (n,)."""
    exact = logits.astype(np.float64)
    return Scores(labels, logit(exact), own.activation.score(exact))


def stored_scores(content: bytes, own: Head) -> Scores:
    """Return the scores of the test part from the bytes of TEST_LOGITS. Raises StoreError where they are damaged."""
    stored = arrays_in(content)
    if not {"logits", "labels"} <= set(stored):
        raise StoreError(f"{TEST_LOGITS} holds no logits and labels; run the job again")
    return scores_of(own, stored["logits"], stored["labels"])


def _calibration(job: Job, scores: Mapping[str, Scores], own: Head) -> dict[str, bytes]:
    """What recalibration comes to, and the reliability curves with their picture."""
    seeds, labels = job.spec.all_seeds, scores["test"].labels
    found = calibration.on_test(scores["validation"], scores["test"], probability=own.probability, centred=own.centred)
    curves = calibration.curves(found, labels, seeds)
    title = f"{job.spec.activation}, {job.spec.loss}: test part, {job.spec.seeds} seeds"
    return {
        "calibration.csv": calibration.table(found, labels, seeds).to_csv(index=False).encode(),
        "reliability.csv": curves.to_csv(index=False).encode(),
        "reliability.png": figures.png(figures.reliability(curves, title=title)),
    }


def diverged(job: Job, fits: Sequence[Fit]) -> str:
    """Say which networks have no finite score; empty where all have."""
    own = head_of(job.spec)
    lost = [
        str(seed) for fit, seed in zip(fits, job.spec.all_seeds, strict=True) if not _finite(fit, own.activation.score)
    ]
    return f"{DIVERGED}: not finite after training, seeds {', '.join(lost)}; {own.remedy}" if lost else ""


def _finite(fit: Fit, score: Callable[[Reals], Reals]) -> bool:
    scores = (score(logits.astype(np.float64)) for logits in fit.logits.values())
    return fit.finite and all(bool(np.isfinite(own).all()) for own in scores)
