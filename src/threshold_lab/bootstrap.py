"""How sure a chosen threshold is: the rule chooses again on resamples of the rows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from threshold_lab.counts import Counts, Cuts, Flags, Reals, above, between, every_cut
from threshold_lab.thresholds import BEST, Terms, best, corners

_BLOCK = 2**17  # rows of all resamples worked on at once: what stays close to the processor

Wholes = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Resampled:
    """What a rule makes of each of b resamples: its threshold, its value there, and on the rows left out: (b,) each.

    NaN where the rule may choose no cut, or has no value because the rows left out lack a class.
    """

    threshold: Reals
    value: Reals
    left_out: Reals

    @property
    def optimism(self) -> float:
        """How much better the rule looks on the rows it chose on than on those left out."""
        better = self.value - self.left_out
        return float(np.nanmean(better)) if np.isfinite(better).any() else np.nan


def resampled(rule: str, scores: Reals, labels: Flags, terms: Terms, generator: np.random.Generator) -> Resampled:
    """Choose by a rule of `thresholds.BEST` on resamples of scores (n,), as many positives and negatives as there are.

    Source: Efron and Tibshirani 1993, doi:10.1007/978-1-4899-4541-9; stratified as Davison and Hinkley 1997,
    doi:10.1017/CBO9780511802843, section 3.2.
    """
    cuts, classes = corners(rule, every_cut(scores, labels)), [np.sort(scores[labels == own])[::-1] for own in (1, 0)]
    size = max(1, _BLOCK // len(scores))
    found = []
    for start in range(0, terms.settings.resamples, size):
        several = min(size, terms.settings.resamples - start)
        positives, negatives = (_Draws(own, several, generator) for own in classes)
        found.append(_chosen(rule, cuts, terms, positives, negatives))
    return Resampled(*(np.concatenate(own) for own in zip(*found, strict=True)))


def times_drawn(rows: int, several: int, generator: np.random.Generator) -> Wholes:
    """Return how often each row of one class is drawn in each of several resamples of as many, (b, n)."""
    draws = generator.integers(0, max(rows, 1), (several, rows))
    draws += np.arange(several)[:, None] * rows
    return np.bincount(draws.ravel(), minlength=draws.size).reshape(draws.shape)


class _Draws:
    """Resamples of the rows of one class, whose scores (n,) descend.

    drawn and undrawn (b n + 1,): how many draws are before each row, and how many rows are not drawn, counted on from
    resample to resample.
    """

    def __init__(self, scores: Reals, several: int, generator: np.random.Generator) -> None:
        self.scores = scores
        self.rows = len(scores)
        self.begins = np.arange(several) * self.rows
        times = times_drawn(self.rows, several, generator).ravel()
        self.drawn, self.undrawn = _running(times), _running(times == 0)

    def above(self, rows: NDArray[np.intp]) -> Wholes:
        """Drawn among so many highest rows of the sample, (c,) -> (b, c)."""
        found: Wholes = self.drawn[self.begins[:, None] + rows] - self.begins[:, None]
        return found

    def left_out(self, threshold: Reals) -> tuple[Wholes, Wholes]:
        """Rows not drawn that are at or above each resample's threshold, and all of those not drawn, (b,) each."""
        positive = self.rows - np.searchsorted(self.scores[::-1], threshold)
        before = self.undrawn[self.begins]
        return self.undrawn[self.begins + positive] - before, self.undrawn[self.begins + self.rows] - before

    def around(self, rows: NDArray[np.intp]) -> tuple[Reals, Reals]:
        """Lowest score drawn among so many highest of each resample, inf for none; highest of the others, or -inf."""
        drawn = self.drawn[self.begins + rows]
        last = np.searchsorted(self.drawn, drawn, "left") - 1 - self.begins
        following = np.searchsorted(self.drawn, drawn, "right") - 1 - self.begins
        upper = np.where(last < 0, np.inf, self.scores[np.maximum(last, 0)])
        lower = np.where(following >= self.rows, -np.inf, self.scores[np.minimum(following, self.rows - 1)])
        return upper, lower


def _running(values: NDArray[Any]) -> Wholes:
    """Sums of the first so many, none to all: (n,) -> (n + 1,)."""
    running = np.zeros(len(values) + 1, np.int64)
    np.cumsum(values, out=running[1:])
    return running


def _chosen(rule: str, cuts: Cuts, terms: Terms, positives: _Draws, negatives: _Draws) -> tuple[Reals, Reals, Reals]:
    """Threshold, value there, and value on the rows left out, of several resamples, (b,) each."""
    tp, fp = positives.above(cuts.counts.tp), negatives.above(cuts.counts.fp)
    resample = Counts(tp, fp, positives.rows - tp, negatives.rows - fp)
    values = BEST[rule](resample, terms)
    picked = best(values, resample)
    hits, misses = cuts.counts.tp[picked], cuts.counts.fp[picked]
    value = values[np.arange(len(picked)), picked]
    threshold = np.where(np.isnan(value), np.nan, _parting(positives.around(hits), negatives.around(misses)))
    (tp, all_positives), (fp, all_negatives) = positives.left_out(threshold), negatives.left_out(threshold)
    return threshold, value, BEST[rule](Counts(tp, fp, all_positives - tp, all_negatives - fp), terms)


def _parting(positives: tuple[Reals, Reals], negatives: tuple[Reals, Reals]) -> Reals:
    """The threshold between the lowest score called positive and the highest other; near the one where one is none."""
    upper, lower = np.minimum(positives[0], negatives[0]), np.maximum(positives[1], negatives[1])
    inside = np.where(upper == np.inf, above(lower), between(upper, lower))
    return np.where(lower == -np.inf, upper, inside)
