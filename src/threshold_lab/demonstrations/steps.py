"""A threshold as the output activation."""

from typing import Any

import keras
import numpy as np

from threshold_lab.demonstrations.plain import initial, matches, plain
from threshold_lab.records import Parts, Shown
from threshold_lab.spec import RunSpec


def compared(logit: Any) -> Any:
    """A step, as one would write it: 1 from a logit of 0 on."""
    return keras.ops.cast(logit >= 0, "float32")


def signed(logit: Any) -> Any:
    """The same step, but at 0 itself, of a function whose gradient Keras has: zero."""
    return (keras.ops.sign(logit) + 1) / 2


def learning_through(spec: RunSpec, parts: Parts) -> Shown:
    """Train through the job's activation; a step by `signed`, after a try by `compared`.

    before, after: accuracy on the test part. moved: the largest change of a weight. refusal: what Keras says to the
    try, empty where it trains.
    """
    step, (train, test) = spec.activation == "step", (parts["train"], parts["test"])
    own = plain(spec.training, train.features.shape[1], signed if step else spec.activation)
    refusal = _refusal(spec, parts) if step else ""
    rows = []
    for seed in spec.all_seeds:
        start = initial(spec, train, seed)
        own.start(start)
        before = matches(own.scores(test), test)
        own.fit(spec, train, seed)
        moved = max(float(np.abs(now - then).max()) for now, then in zip(own.weights, start, strict=True))
        rows.append((before, matches(own.scores(test), test), moved))
    columns = np.array(rows, np.float64).T
    return Shown(dict(zip(("before", "after", "moved"), columns, strict=True)), {"refusal": (refusal,) * spec.seeds})


def _refusal(spec: RunSpec, parts: Parts) -> str:
    own, train = plain(spec.training, parts["train"].features.shape[1], compared), parts["train"]
    own.start(initial(spec, train, spec.seed))
    try:
        own.fit(spec, train, spec.seed)
    except ValueError as error:
        return str(error).splitlines()[0]
    return ""
