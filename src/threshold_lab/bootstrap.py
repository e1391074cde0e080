"""How sure a chosen threshold is: the rule chooses again on resamples of the rows.

Of many rows only those near the chosen cut decide where it lies. So they are parted into blocks: how many draws fall
into each is drawn first, and then the rows of those blocks alone that may hold the cut.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from threshold_lab.counts import Counts, Cuts, Flags, Reals, above, between, every_cut, some
from threshold_lab.draws import Draws, Resampler, Rows, Wholes, fallen_into, times_within
from threshold_lab.thresholds import BEST, TIE, Terms, best, rises

_AT_ONCE = 2**16  # rows or blocks of all resamples worked on at once: what stays close to the processor
_MANY = 2**14  # so many rows are drawn by blocks
_BLOCKS = 160  # more take longer to draw, fewer leave more rows to draw
_IN_FULL = 100  # resamples of many rows of which all are drawn, for those left out

Found = tuple[Reals, Reals, Reals]


@dataclass(frozen=True, eq=False)
class Resampled:
    """What a rule makes of each of b resamples: its threshold, its value there, and on the rows left out: (b,) each.

    NaN where the rule may choose no cut, or has no value because the rows left out lack a class. Of 16,384 rows or more
    those left out are known in the first hundred resamples only, and NaN in the others; but for `prevalence`.
    """

    threshold: Reals
    value: Reals
    left_out: Reals

    @property
    def optimism(self) -> float:
        """How much better the rule looks on the rows it chose on than on those left out, where these are known."""
        better = self.value - self.left_out
        return float(np.nanmean(better)) if np.isfinite(better).any() else np.nan


def resampled(rule: str, scores: Reals, labels: Flags, terms: Terms, seed: int) -> Resampled:
    """Choose by a rule of `thresholds.BEST` on resamples of scores (n,), as many positives and negatives as there are.

    Source: Efron and Tibshirani 1993, doi:10.1007/978-1-4899-4541-9; stratified as Davison and Hinkley 1997,
    doi:10.1017/CBO9780511802843, section 3.2.
    """
    search, resamples = _search(rule, scores, labels, terms), terms.settings.resamples
    in_full = min(_IN_FULL, resamples) if len(scores) >= _MANY and rises(rule) else resamples
    own = Resampler(seed, in_full)
    found = [*_by_rows(search, own), *_by_blocks(search, resamples - in_full, own.generator)]
    return Resampled(*(np.concatenate(own) for own in zip(*found, strict=True)))


@dataclass(frozen=True, eq=False)
class _Search:
    """A rule, what it asks for, and the rows of either class, parted by the cuts that it may choose.

    orders: where each of these rows is among those of its class as they came.
    """

    rule: str
    terms: Terms
    positives: Rows
    negatives: Rows
    orders: tuple[NDArray[np.intp], ...]

    def counts(self, true: Wholes, false: Wholes) -> Counts:
        """Return the counts at cuts of resamples, which hold as many rows of each class as the sample."""
        tp, fp = (own.astype(np.float64) for own in (true, false))  # whole numbers are divided more slowly
        return Counts(tp, fp, len(self.positives.scores) - tp, len(self.negatives.scores) - fp)

    def values(self, own: Counts) -> Reals:
        """Return what the rule makes as large as it can."""
        return BEST[self.rule](own, self.terms)


def _search(rule: str, scores: Reals, labels: Flags, terms: Terms) -> _Search:
    counts = _corners(rule, every_cut(scores, labels)).counts
    ends = np.unique(np.linspace(0, len(counts.tp) - 1, _BLOCKS).astype(np.intp))
    orders = [np.argsort(scores[own], kind="stable")[::-1] for own in (labels, ~labels)]
    positives = Rows(scores[labels][orders[0]], counts.tp, ends)
    negatives = Rows(scores[~labels][orders[1]], counts.fp, ends)
    return _Search(rule, terms, positives, negatives, tuple(orders))


def _corners(rule: str, cuts: Cuts) -> Cuts:
    """Return the cuts that a rule may choose on resamples of the rows: the corners of the ROC curve, and its ends.

    Between two corners either the positives or the negatives called so change alone, and a rule that rises is as good
    or better at one of the two.
    """
    if not rises(rule):
        return cuts
    tp, fp = (np.diff(own) for own in (cuts.counts.tp, cuts.counts.fp))
    turns = (tp[:-1] > 0) & (fp[1:] > 0)
    return some(cuts, np.r_[True, turns, True])


def _by_rows(search: _Search, resampler: Resampler) -> Iterator[Found]:
    """Threshold, value there, and value on the rows left out, of resamples whose rows are all drawn."""
    classes = [(search.positives, search.orders[0], True), (search.negatives, search.orders[1], False)]
    for share in _shares(resampler.resamples, sum(len(rows.scores) for rows, _, _ in classes)):
        draws = [
            Draws(rows, resampler.times(len(order), share, positive=positive)[:, order])
            for rows, order, positive in classes
        ]
        threshold, value = _chosen(search, *draws)
        (tp, fn), (fp, tn) = (own.left_out(threshold) for own in draws)
        yield threshold, value, search.values(Counts(tp, fp, fn, tn))


def _by_blocks(search: _Search, resamples: int, generator: np.random.Generator) -> Iterator[Found]:
    """The same, but only the rows near what may be chosen are drawn; NaN for the value on the rows left out."""
    classes = [search.positives, search.negatives]
    for share in _shares(resamples, len(search.positives.ends)):
        fallen = [fallen_into(own.sizes, len(share), generator) for own in classes]
        near = _near(search, *fallen)
        for part in _shares(len(share), sum(len(own[near].scores) for own in classes)):
            draws = [_drawn_in(own, near, each[part], generator) for own, each in zip(classes, fallen, strict=True)]
            yield *_chosen(search, *draws), np.full(len(part), np.nan)


def _shares(resamples: int, size: int) -> Iterator[range]:
    """The resamples, each of this size, that are worked on at once."""
    most = max(1, _AT_ONCE // max(1, size))
    return (range(start, min(start + most, resamples)) for start in range(0, resamples, most))


def _drawn_in(rows: Rows, blocks: slice, fallen: Wholes, generator: np.random.Generator) -> Draws:
    """Draws in some neighbouring blocks, where so many draws fell into each of all, (b, g)."""
    times = times_within(rows.sizes[blocks], fallen[:, blocks], generator)
    return Draws(rows[blocks], times, fallen[:, : blocks.start].sum(axis=1))


def _near(search: _Search, positives: Wholes, negatives: Wholes) -> slice:
    """The blocks with every cut that any resample may choose and the drawn rows next to it, by draws in each, (b, g).

    A rule that rises is nowhere in a block better than it were with the true positives at the end of the block and the
    false ones at its begin. Where that is less than the best at the ends of all blocks, no cut of the block is chosen.
    At the edge of a block that no drawn row parts from the chosen cut the rule is as good, so that block is kept too.
    """
    tp, fp = np.cumsum(positives, axis=1), np.cumsum(negatives, axis=1)
    reached = np.fmax.reduce(search.values(search.counts(tp, fp)), axis=1, initial=-np.inf)
    possible = search.values(search.counts(tp, fp - negatives)) >= reached[:, None] - 2 * TIE
    kept = np.flatnonzero(possible.any(axis=0))
    return slice(kept[0], kept[-1] + 1) if len(kept) else slice(0, 1)


def _chosen(search: _Search, positives: Draws, negatives: Draws) -> tuple[Reals, Reals]:
    """Threshold and value there of several resamples, (b,) each."""
    resample = search.counts(positives.above(), negatives.above())
    values = search.values(resample)
    picked = best(values, resample)
    value = values[np.arange(len(picked)), picked]
    return np.where(np.isnan(value), np.nan, _parting(positives.around(picked), negatives.around(picked))), value


def _parting(positives: tuple[Reals, Reals], negatives: tuple[Reals, Reals]) -> Reals:
    """The threshold between the lowest score called positive and the highest other; near the one where one is none."""
    upper, lower = np.minimum(positives[0], negatives[0]), np.maximum(positives[1], negatives[1])
    inside = np.where(upper == np.inf, above(lower), between(upper, lower))
    return np.where(lower == -np.inf, upper, inside)
