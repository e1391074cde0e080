"""What a recipe of somebody else comes to here, over many seeds -> whether their number is one of those it gives."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import stats

from threshold_lab.comparison import Asked, compare
from threshold_lab.counts import Reals
from threshold_lab.spec import Published
from threshold_lab.studies.results import Result

REPRODUCED, DEVIATING, NOT_REPRODUCED, INVALID, CANNOT = (
    "reproduced",
    "reproduced with a stated deviation",
    "not reproduced",
    "claim invalid",
    "cannot",
)

VERDICTS = (CANNOT, NOT_REPRODUCED, INVALID, DEVIATING, REPRODUCED)
"""The worst first."""

_CONFIDENCE = 0.95
_POINT = 0.01
_RULES = {"theirs": "keras", "natural": "natural", "tuned": "accuracy"}
"""What cuts are called here, and in the studies: of tuned, the one of most accuracy on the validation part."""

_ROUNDS_TO_NEGATIVE = -0.5

_CUTS = {
    "keras": "a cut at .5, of an output that is no probability",
    "rounded": "Keras 2, which rounded an output to count it: between -.5 and .5 it was wrong of either class",
}


@dataclass(frozen=True)
class Spread:
    """Over replicates of the whole recipe: mean, standard deviation, and where one more would lie (95 %)."""

    mean: float
    sd: float
    low: float
    high: float


@dataclass(frozen=True)
class OneClass:
    """Networks that call every row alike, of the `nets` of a repetition: on average, and at most.

    median: of a metric over the nets of a repetition, the mean over repetitions.
    """

    nets: int
    mean: float
    most: int
    median: float


@dataclass(frozen=True)
class Gap:
    """How far a study lies below the one it is held against, by where both are cut; `published` as it was printed.

    loss, cut: shares of the gap under their rule that stay at the natural thresholds, and that go.
    """

    published: float
    theirs: float
    natural: float
    tuned: float
    loss: float
    cut: float


@dataclass(frozen=True)
class Finding:
    """What became of a published number. ours: by how scores are cut (theirs is the recipe's own way).

    majority: of an accuracy, that of calling every row as most are.
    """

    name: str
    verdict: str
    claim: str
    reasons: tuple[str, ...] = ()
    metric: str = ""
    published: float = math.nan
    ours: Mapping[str, Spread] = field(default_factory=dict)
    train: tuple[float, Spread] | None = None
    spread: tuple[float, float] | None = None
    one_class: OneClass | None = None
    gap: Gap | None = None
    majority: float | None = None


def judged(name: str, said: Published, own: Sequence[Result], other: "Beside | None" = None) -> Finding:
    """Hold a published number against what its recipe gives here. own: all jobs of the study."""
    by_rule = _shares(own, said)
    ours = {rule: spread_of(values) for rule, values in by_rule.items()}
    recipe = _of_rule(own, _RULES["theirs"])
    train = _shares(own, replace(said, parts=("train",)))["theirs"]
    told = None if said.train is None else (said.train, spread_of(train))
    alike = _one_class(recipe, said) if len(recipe) > 1 else None
    invalid = [*_by_the_cut(by_rule, said), *_by_nets(alike, said)]
    missed = [
        *_missed("", said.value, ours["theirs"], said),
        *(_missed("on the training part, ", *told, said) if told else []),
    ]
    return Finding(
        name,
        _verdict(invalid, missed, said.deviations),
        said.claim,
        (*invalid, *missed, *said.deviations),
        said.metric,
        said.value,
        ours,
        told,
        None if said.spread is None else (said.spread, _over_folds(recipe, said)),
        alike,
        None if other is None else _gap(said, by_rule, other),
        _majority(recipe, said) if said.metric == "accuracy" else None,
    )


@dataclass(frozen=True, eq=False)
class Beside:
    """The study a gap is told to: what it says, and its jobs."""

    said: Published
    results: Sequence[Result]


def _shares(own: Sequence[Result], said: Published) -> dict[str, Reals]:
    """What each repetition comes to, (seeds,), by how scores are cut."""
    found = {word: _of_rule(own, rule) for word, rule in _RULES.items()}
    shares = {word: _replicates(_values(results, said)) for word, results in found.items() if results}
    if said.counted == "rounded":
        shares["theirs"] = _replicates(_rounded(found["theirs"], _of_rule(own, _ROUNDS_TO_NEGATIVE), said))
    return shares


def _of_rule(own: Sequence[Result], rule: float | str) -> list[Result]:
    return [one for one in own if one.job.spec.threshold == rule]


def _values(found: Sequence[Result], said: Published) -> Reals:
    """The metric of each network, (folds, seeds)."""
    if said.metric == "accuracy":
        counts = np.array([one.counts(said.parts) for one in found])
        return np.asarray((counts[..., 0] + counts[..., 3]) / counts.sum(axis=-1))
    return np.array([one.of(said.metric) for one in found])


def _majority(recipe: Sequence[Result], said: Published) -> float:
    """Share of the rows that are of the larger class, the mean over folds."""
    counts = np.array([one.counts(said.parts)[0] for one in recipe])
    positive = (counts[:, 0] + counts[:, 2]) / counts.sum(axis=1)
    return float(np.maximum(positive, 1 - positive).mean())


def _rounded(above: Sequence[Result], below: Sequence[Result], said: Published) -> Reals:
    """Share of rows whose score rounds to its target of -1 or 1: above .5 (true positives) or below -.5 (negatives)."""
    positive = np.array([one.counts(said.parts) for one in above])
    negative = np.array([one.counts(said.parts) for one in below])
    return np.asarray((positive[..., 0] + negative[..., 3]) / positive.sum(axis=-1))


def _replicates(values: Reals) -> Reals:
    """What each repetition of the recipe comes to, (seeds,): its mean over folds."""
    return np.asarray(_nets(values).mean(axis=0))


def _nets(values: Reals) -> Reals:
    """The networks of each repetition, (folds, seeds): in fold f of the s-th seed s + f, so that none begin alike."""
    return np.array([np.roll(own, -fold) for fold, own in enumerate(values)])


def spread_of(values: Reals) -> Spread:
    """Return mean and deviation of values (r,), r > 1, and the interval one more lies in, were they normal.

    Source: Hahn and Meeker 1991, doi:10.1002/9780470316771, section 4.8.
    """
    mean, sd = float(values.mean()), float(values.std(ddof=1))
    half = float(stats.t.ppf((1 + _CONFIDENCE) / 2, len(values) - 1)) * sd * math.sqrt(1 + 1 / len(values))
    return Spread(mean, sd, mean - half, mean + half)


def _over_folds(recipe: Sequence[Result], said: Published) -> float:
    """Standard deviation over folds, the mean over repetitions."""
    return float(_nets(_values(recipe, said)).std(axis=0).mean())


def _one_class(recipe: Sequence[Result], said: Published) -> OneClass:
    counts = np.array([one.counts(said.parts) for one in recipe])
    called = counts[..., 0] + counts[..., 1]
    alike = _nets((called == 0) | (called == counts.sum(axis=-1))).sum(axis=0)
    median = float(np.median(_nets(_values(recipe, said)), axis=0).mean())
    return OneClass(len(recipe), float(alike.mean()), int(alike.max()), median)


def _by_the_cut(by_rule: Mapping[str, Reals], said: Published) -> list[str]:
    """Why a number speaks of the cut, where networks are better by a point or more, surely, at their natural one."""
    if "natural" not in by_rule:
        return []
    gain = compare(by_rule["theirs"], by_rule["natural"], Asked(_POINT, _CONFIDENCE))
    if gain.low < _POINT:
        return []
    return [
        f"the number is that of {_CUTS[said.counted]}: the same networks, cut where their loss has both classes as "
        f"likely, are right on {by_rule['natural'].mean():.3f} of the rows, not on {by_rule['theirs'].mean():.3f}"
    ]


def _by_nets(alike: OneClass | None, said: Published) -> list[str]:
    """Why a mean speaks of no classifier, where one or more of its networks, theirs or ours, is none."""
    if alike is None or max(alike.mean, said.one_class) < 1:
        return []
    return [
        f"of the {alike.nets} networks {said.one_class} of theirs and {alike.mean:.1f} of ours (at most {alike.most}) "
        f"call every row alike: a mean with them is of no classifier; the median of ours is {alike.median:.3f}"
    ]


def _missed(where: str, number: float, ours: Spread, said: Published) -> list[str]:
    """Why a published number is none of ours: it lies outside where one more replicate would, but for its rounding."""
    rounding = 0.5 * 10.0**-said.digits
    if ours.low - rounding <= number <= ours.high + rounding:
        return []
    return [
        f"{where}{number:g} was published; here it is {ours.mean:.3f}, "
        f"one more of ours {ours.low:.3f} to {ours.high:.3f}"
    ]


def _verdict(invalid: Sequence[str], missed: Sequence[str], deviations: Sequence[str]) -> str:
    if invalid:
        return INVALID
    if missed:
        return NOT_REPRODUCED
    return DEVIATING if deviations else REPRODUCED


def _gap(said: Published, by_rule: Mapping[str, Reals], other: Beside) -> Gap:
    theirs = _shares(other.results, other.said)
    gaps = {rule: float(theirs[rule].mean() - by_rule[rule].mean()) for rule in _RULES}
    loss = gaps["natural"] / gaps["theirs"] if gaps["theirs"] else math.nan
    return Gap(other.said.value - said.value, gaps["theirs"], gaps["natural"], gaps["tuned"], loss, 1 - loss)
