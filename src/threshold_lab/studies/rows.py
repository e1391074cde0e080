"""Results of a study -> the rows that are reported of it: levels, published numbers, and claims about pairs of jobs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from threshold_lab import plan
from threshold_lab.comparison import Asked, Comparison, compare
from threshold_lab.counts import Reals
from threshold_lab.errors import ConfigError
from threshold_lab.naming import apart, data_name, in_words
from threshold_lab.spec import Claim, RunSpec, digest, placeless
from threshold_lab.studies.published import Finding
from threshold_lab.studies.results import Result, is_one_of
from threshold_lab.thresholds import title
from threshold_lab.tracking import SCORES_HASH
from threshold_lab.uncertainty import over_seeds

LEVEL, PUBLISHED, LARGER, EQUIVALENT = KINDS = ("level", "published", "larger", "equivalent")
"""What a row says: what a metric came to, what became of somebody's number, or how two jobs differ."""

AT_EACH_CUT, AT_NO_CUT = ("accuracy", "f1"), ("roc_auc", "brier")
"""The metrics reported of each job, and those reported once of jobs that share their networks."""

_CONFIDENCE = 0.95


@dataclass(frozen=True)
class Row:
    """One number that is reported, on the test part.

    data, spec: hashes of the rows and the specification (two, of a pair). rows: of the test part. mean and sd over
    `seeds`, low to high the interval of the mean (95 %). majority: the baseline of an accuracy. tolerance: of the
    mean, elsewhere than on the same machine: two standard errors of the difference of two such means; of a pair, the
    margin. verdict: of a claim or a published number. scores: hash of all scores it is of.
    """

    study: str
    name: str
    kind: str
    metric: str
    data: str
    spec: str
    rows: int
    seeds: int
    mean: float
    sd: float
    low: float
    high: float
    majority: float
    tolerance: float
    verdict: str
    scores: str


def levels(study: str, results: Sequence[Result]) -> Iterator[Row]:
    """Yield what each metric of each job came to; metrics that are not defined for each seed are left out."""
    by_key = {own.job.key: own for own in results}
    grouped = plan.cells(own.job for own in results)
    for name, jobs in zip(apart([own[0] for own in grouped]), grouped, strict=True):
        cell = in_words(name)
        for job in jobs:
            own, cut = by_key[job.key], title(job.spec.threshold, job.spec.rule)
            yield from _levels(study, f"{cell} at {cut}", own, AT_EACH_CUT)
        yield from _levels(study, cell, by_key[jobs[0].key], AT_NO_CUT)


def _levels(study: str, name: str, own: Result, metrics: Sequence[str]) -> Iterator[Row]:
    for metric in metrics:
        if not np.isnan(values := own.of(metric)).any():
            yield replace(_level(study, own, values), name=name, metric=metric)


def _level(study: str, own: Result, values: Reals) -> Row:
    low, high = (float(end[0]) for end in over_seeds(values[:, None], _CONFIDENCE))
    sd = float(values.std(ddof=1)) if np.ptp(values) else 0.0
    return Row(
        study=study,
        name="",
        kind=LEVEL,
        metric="",
        data=data_named(own),
        spec=named(own.job.spec),
        rows=int(own.counts(["test"])[0].sum()),
        seeds=len(values),
        mean=float(values.mean()),
        sd=sd,
        low=low,
        high=high,
        majority=own.run.metrics["majority"],
        tolerance=two_errors(sd, len(values), sd, len(values)),
        verdict="",
        scores=own.run.tags[SCORES_HASH][:16],
    )


def two_errors(sd: float, seeds: int, other: float, others: int) -> float:
    """Return two standard errors of the difference of two means over seeds."""
    return 2 * float(np.sqrt(sd**2 / seeds + other**2 / others))


def named(spec: RunSpec) -> str:
    """Return the hash of a specification, of a file its name alone: where it lies changes no result."""
    return digest(placeless(spec))[:16]


def data_named(own: Result) -> str:
    """Return the name of a job's data, and the hash of its rows."""
    return f"{data_name(own.job.spec)} {own.job.data[:12]}"


def of_published(found: Finding, results: Sequence[Result]) -> Row:
    """Return what a published number came to, by its own rule."""
    ours, seeds = found.ours["theirs"], results[0].job.spec.seeds
    half = (ours.high - ours.mean) / np.sqrt(seeds + 1)  # of the mean, where that of Spread is of one more value
    return replace(
        _level(found.name, results[0], np.full(seeds, ours.mean)),
        name=found.claim,
        kind=PUBLISHED,
        metric=found.metric,
        sd=ours.sd,
        low=ours.mean - half,
        high=ours.mean + half,
        tolerance=two_errors(ours.sd, seeds, ours.sd, seeds),
        verdict=found.verdict,
        majority=results[0].run.metrics["majority"] if found.majority is None else found.majority,
        scores=_scores(results),
    )


def of_claim(study: str, claim: Claim, results: Sequence[Result]) -> Row:
    """Return what a claim about two jobs came to. Raises ConfigError where it names none, or more than two."""
    first, second = (_the_one(study, chosen, results) for chosen in (claim.first, claim.second))
    found = compare(first.of(claim.metric), second.of(claim.metric), Asked(claim.margin, _CONFIDENCE))
    return replace(
        _level(study, second, second.of(claim.metric) - first.of(claim.metric)),
        name=claim.says,
        kind=claim.kind,
        metric=claim.metric,
        spec=f"{named(first.job.spec)} {named(second.job.spec)}",
        tolerance=claim.margin,
        verdict="holds" if _BORNE_OUT[claim.kind](found) else "fails",
        scores=_scores((first, second)),
    )


def _scores(results: Sequence[Result]) -> str:
    return digest([own.run.tags[SCORES_HASH] for own in results])[:16]


_BORNE_OUT: dict[str, Callable[[Comparison], bool]] = {
    LARGER: lambda found: found.low > 0,
    EQUIVALENT: lambda found: found.p_equivalence < 1 - _CONFIDENCE,
}


def _the_one(study: str, chosen: Mapping[str, Any], results: Sequence[Result]) -> Result:
    own = [one for one in results if is_one_of(one.job.spec, chosen)]
    if len(own) != 1:
        raise ConfigError(f"study {study}: {dict(chosen)} names {len(own)} of its jobs; a claim names one each")
    return own[0]
