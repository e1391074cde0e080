"""The decision half, on one core: cuts, resamples, and all that a sweep decides."""

import time
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any

import numpy as np
from sklearn.metrics import precision_recall_curve, roc_curve

from threshold_lab import calibration, metrics
from threshold_lab.bootstrap import resampled
from threshold_lab.counts import every_cut
from threshold_lab.decisions import OperatingPoint, operating_point
from threshold_lab.heads import SCALES, sigmoid
from threshold_lab.influence import influences
from threshold_lab.records import Scores
from threshold_lab.scoring import score_metrics
from threshold_lab.spec import RuleSettings
from threshold_lab.thresholds import BEST, Terms, at_a_cut, best
from threshold_lab.uncertainty import by_resamples, of_scores

REPETITIONS, RESAMPLES = 5, 1000
TERMS = Terms(RuleSettings(resamples=RESAMPLES, at_least=0.5), 0.5, SCALES["probability"])


def figures() -> dict[str, Any]:
    """Every figure of the decisions, by its key."""
    return _cuts() | _bootstrap() | _sweep()


def _cuts() -> dict[str, Any]:
    """All rules and metrics at every cut of a million scores, and scikit-learn's two curves on them."""
    scores, labels = _scored(1_000_000)
    found = _in_turns(
        ours=lambda: _all_rules(scores, labels),
        sklearn=lambda: (roc_curve(labels, scores), precision_recall_curve(labels, scores)),
    )
    return {"cuts_seconds": found, "cuts_ratio": found["ours"] / found["sklearn"]}


def _all_rules(scores: np.ndarray, labels: np.ndarray) -> None:
    cuts = every_cut(scores, labels)
    for rule in BEST.values():
        best(rule(cuts.counts, TERMS)[None], cuts.counts[None])
    at_a_cut(cuts.counts, TERMS.settings.cost)


def _bootstrap() -> dict[str, Any]:
    """A thousand resamples of 100,000 scores, and a hundredth of them by a loop over scikit-learn."""
    scores, labels = _scored(100_000)
    generator = np.random.default_rng(0)
    found = _in_turns(
        ours=lambda: resampled("youden", scores, labels, TERMS, seed=0),
        sklearn=lambda: [_youden_of_a_resample(scores, labels, generator) for _ in range(RESAMPLES // 100)],
    )
    return {"bootstrap_seconds": found["ours"], "bootstrap_ratio": 100 * found["sklearn"] / found["ours"]}


def _youden_of_a_resample(
    scores: np.ndarray, labels: np.ndarray, generator: np.random.Generator
) -> tuple[float, float]:
    rows = generator.integers(0, len(scores), len(scores))
    fpr, tpr, cuts = roc_curve(labels[rows], scores[rows])
    index = int(np.argmax(tpr - fpr))
    return cuts[index], tpr[index] - fpr[index]


def _sweep() -> dict[str, Any]:
    """What a sweep of 80 jobs decides: 8 cells of 20 seeds on 500 rows a part, 10 thresholds each."""
    cells = [
        {part: _stacked(labels, seed=10 * cell + index) for index, (part, labels) in enumerate(_labels().items())}
        for cell in range(8)
    ]
    return {"decisions_seconds": _in_turns(ours=lambda: [_cell(own) for own in cells])["ours"]}


def _cell(parts: dict[str, Scores]) -> None:
    seeds, test = range(20), parts["test"]
    scored = {name: score_metrics(own) for name, own in parts.items()}
    moved = {name: influences(own) for name, own in parts.items()}
    found = calibration.on_test(parts["validation"], test, probability=True)
    calibration.table(found, test.labels, seeds)
    calibration.curves(found, test.labels, seeds)
    sure = {name: of_scores(scored[name], moved[name], own.labels, 0.95) for name, own in parts.items()}
    half, tuned = (operating_point(own, parts["validation"], TERMS, seeds) for own in (0.5, "youden"))
    for number in range(1, 11):
        own = operating_point(number / 11, parts["validation"], TERMS, seeds)
        tidy = metrics.table(parts, scored, [own, half, tuned], seeds, TERMS.settings.cost)
        rows = {name: {**_rates(part, own), **sure[name]} for name, part in parts.items()}
        found = metrics.estimates(tidy, own.rule, rows, 0.95)
        for part in ("test", "validation"):
            metrics.told(found, part)


def _rates(part: Scores, point: OperatingPoint) -> Mapping[str, tuple[float, float]]:
    return by_resamples(part.scores >= point.threshold[:, None], part.labels, TERMS.settings, 0)


def _scored(rows: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    labels = generator.random(rows) < 0.5
    return sigmoid(1.5 * labels - 0.75 + generator.standard_normal(rows)), labels


def _labels() -> dict[str, np.ndarray]:
    return {part: _scored(500)[1] for part in ("train", "validation", "test")}


def _stacked(labels: np.ndarray, seed: int) -> Scores:
    logits = 1.5 * labels - 0.75 + np.random.default_rng(seed).standard_normal((20, len(labels)))
    return Scores(labels, logits, sigmoid(logits))


def _in_turns(**contestants: Callable[[], object]) -> dict[str, float]:
    """Median seconds of each, taken in turns."""
    found: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(REPETITIONS):
        for name, own in contestants.items():
            started = time.perf_counter()
            own()
            found[name].append(time.perf_counter() - started)
    return {name: median(own) for name, own in found.items()}
