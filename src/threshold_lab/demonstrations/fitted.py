"""What `fit`, `evaluate` and `predict` do with a threshold, and with a loss."""

import numpy as np

from threshold_lab.demonstrations.plain import Plain, initial, matches, plain, sha256
from threshold_lab.records import Parts, Shown
from threshold_lab.spec import RunSpec

BINS = 20
"""Of the histogram of what `predict` returns, from 0 to 1."""


def weights_at_a_threshold(spec: RunSpec, parts: Parts) -> Shown:
    """Train with an accuracy at the job's threshold among the metrics.

    weights: the hash of each seed's trained weights. printed: the accuracy that `fit` prints.
    """
    own, train = plain(spec.training, _features(parts), spec.activation, (float(spec.threshold),)), parts["train"]
    printed, weights = [], []
    for seed in spec.all_seeds:
        own.start(initial(spec, train, seed))
        printed.append(own.fit(spec, train, seed)["accuracy"])
        weights.append(sha256(own.weights))
    return Shown({"printed": np.array(printed)}, {"weights": tuple(weights)})


def predictions_under_a_loss(spec: RunSpec, parts: Parts) -> Shown:
    """Compile with the job's loss; predict before training, from weights that are the same under any loss; then train.

    predicted: the hash of what `predict` returns. weights: of the trained weights. metric: what 'accuracy' resolved to.
    cut: its threshold. whole: the share of predictions that are exactly 0 or 1.
    """
    own, train = plain(spec.training, _features(parts), spec.activation), parts["train"]
    predicted, weights, whole = [], [], []
    for seed in spec.all_seeds:
        own.start(initial(spec, train, seed))
        scores = own.predict(parts["test"])
        predicted.append(sha256([scores]))
        whole.append(_whole(scores))
        own.fit(spec, train, seed)
        weights.append(sha256(own.weights))
    name, cut = _resolved(own)
    words = {"predicted": tuple(predicted), "weights": tuple(weights), "metric": (name,) * spec.seeds}
    return Shown({"whole": np.array(whole), "cut": np.full(spec.seeds, cut)}, words)


def _resolved(own: Plain) -> tuple[str, float]:
    """What Keras made of 'accuracy' once it had seen the shapes, and its threshold."""
    (metrics,) = (metric for metric in own.model.metrics if hasattr(metric, "metrics"))
    (found,) = metrics.metrics
    return type(found).__name__, float(getattr(found, "threshold", np.nan))


def predict_and_evaluate(spec: RunSpec, parts: Parts) -> Shown:
    """Train, then ask `evaluate` and `predict` about the test part.

    printed: accuracy by `evaluate`. counted: share of rows that are right when predictions above .5 are called
    positive. whole: share of predictions that are exactly 0 or 1. distinct: different predictions a row. histogram:
    share of predictions in each of BINS bins, (r, BINS).
    """
    own, (train, test) = plain(spec.training, _features(parts), spec.activation), (parts["train"], parts["test"])
    targets, rows = test.labels[:, None].astype(np.float32), len(test.labels)
    found: dict[str, list[object]] = {name: [] for name in ("printed", "counted", "whole", "distinct", "histogram")}
    for seed in spec.all_seeds:
        own.start(initial(spec, train, seed))
        own.fit(spec, train, seed)
        scores = own.predict(test)
        _, printed = own.model.evaluate(test.features, targets, batch_size=1024, verbose=0)
        found["printed"].append(printed)
        found["counted"].append(matches(scores, test))
        found["whole"].append(_whole(scores))
        found["distinct"].append(len(np.unique(scores)) / rows)
        found["histogram"].append(np.histogram(scores, BINS, (0, 1))[0] / rows)
    return Shown({name: np.array(values, np.float64) for name, values in found.items()})


def _whole(scores: np.ndarray) -> float:
    return float(np.mean((scores == 0) | (scores == 1)))


def _features(parts: Parts) -> int:
    return int(parts["train"].features.shape[1])
