"""Draws of the rows of one class, in resamples of as many: of all rows, or of those in some blocks alone."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from threshold_lab.counts import Reals

Wholes = NDArray[np.int64]

_STREAM = 4  # child of a seed that no training draws from
_KEPT = 2**21  # draws of one class in all resamples, up to which they are kept for who asks next


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of one class: their scores (m,), descending, and how many of them are above each of c cuts, (c,).

    ends (g,): the cuts at which the blocks of rows end, the first of which holds what is above the first cut.
    """

    scores: Reals
    above: Wholes
    ends: NDArray[np.intp]

    @property
    def sizes(self) -> Wholes:
        """Rows of each block, (g,)."""
        return np.diff(self.above[self.ends], prepend=0)

    def __getitem__(self, blocks: slice) -> "Rows":
        """Return the rows of some neighbouring blocks, the cuts within, and those at either edge."""
        first, last = self.ends[blocks.start - 1] if blocks.start else 0, self.ends[blocks.stop - 1]
        begin, end = self.above[first] if blocks.start else 0, self.above[last]
        return Rows(self.scores[begin:end], self.above[first : last + 1] - begin, self.ends[blocks] - first)


class Resampler:
    """Draws the rows of either class in each of some resamples, from a seed: few rows alike for all that ask.

    So the networks of a cell are looked at on the same resamples, and what is drawn for one serves all.
    """

    def __init__(self, seed: int, resamples: int) -> None:
        self.seed, self.resamples = seed, resamples
        self.generator = stream(seed)

    def keeps(self, rows: int) -> bool:
        """Whether so many rows of a class are few."""
        return rows * self.resamples <= _KEPT

    def times(self, rows: int, share: range, *, positive: bool) -> NDArray[Any]:
        """Return how often each row of a class is drawn in some of the resamples, in turn: whole numbers (b, n)."""
        if not self.keeps(rows):
            return times_drawn(rows, len(share), self.generator)
        return _kept(rows, self.resamples, self.seed, positive)[share.start : share.stop]


@lru_cache(maxsize=8)
def _kept(rows: int, resamples: int, seed: int, positive: bool) -> NDArray[np.int32]:
    found = times_drawn(rows, resamples, stream(seed, int(positive))).astype(np.int32)
    found.flags.writeable = False
    return found


def stream(seed: int, *purpose: int) -> np.random.Generator:
    """Return what the resamples of a seed are drawn from."""
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed, spawn_key=(_STREAM, *purpose))))


def times_drawn(rows: int, several: int, generator: np.random.Generator) -> Wholes:
    """Return how often each row of one class is drawn in each of several resamples of as many, (b, n)."""
    kind = np.uint16 if rows < 2**12 else np.int64  # the narrow one is drawn faster, as long as it refuses few
    draws = generator.integers(0, max(rows, 1), (several, rows), kind) + np.arange(several)[:, None] * rows
    return np.bincount(draws.ravel(), minlength=draws.size).reshape(draws.shape)


def fallen_into(sizes: Wholes, several: int, generator: np.random.Generator) -> Wholes:
    """Return how many draws fall into each block of so many rows of one class, (g,) -> (b, g)."""
    fallen, filled = np.zeros((several, len(sizes)), np.int64), sizes > 0
    fallen[:, filled] = generator.multinomial(sizes.sum(), sizes[filled] / sizes.sum(), several)
    return fallen


def times_within(sizes: Wholes, fallen: Wholes, generator: np.random.Generator) -> Wholes:
    """Return how often each row of some blocks is drawn, where so many draws fell into each: (g,), (b, g) -> (b, m)."""
    several, rows = len(fallen), sizes.sum()
    begins = np.arange(several)[:, None] * rows + np.cumsum(sizes) - sizes
    shares = generator.random(fallen.sum())
    shares *= np.repeat(np.tile(sizes, several), fallen.ravel())
    draws = shares.astype(np.intp)
    draws += np.repeat(begins, fallen.ravel())
    return np.bincount(draws, minlength=several * rows).reshape(several, rows)


class Draws:
    """How often each of m rows of one class is drawn in each of b resamples.

    times (b, m). before (b,): draws of rows above these. drawn (b m + 1,): how many draws are before each row, counted
    on from resample to resample.
    """

    def __init__(self, rows: Rows, times: Wholes, before: Wholes | int = 0) -> None:
        self.rows, self.times = rows, times
        self.begins = np.arange(len(times)) * len(rows.scores)
        self.drawn = _running(times)
        self.before = before - self.drawn[self.begins]

    def above(self) -> Wholes:
        """Drawn above each cut, (b, c)."""
        found: Wholes = self.drawn[self.begins[:, None] + self.rows.above]
        found += self.before[:, None]
        return found

    def around(self, cut: NDArray[np.intp]) -> tuple[Reals, Reals]:
        """Lowest score drawn above each resample's cut, inf for none; highest of the others, or -inf: (b,) each."""
        scores = np.concatenate(([np.inf], self.rows.scores, [-np.inf]))
        drawn = self.drawn[self.begins + self.rows.above[cut]]
        upper, lower = (np.searchsorted(self.drawn, drawn, side) - self.begins for side in ("left", "right"))
        return scores[np.maximum(upper, 0)], scores[np.minimum(lower, len(scores) - 1)]

    def left_out(self, threshold: Reals) -> tuple[Wholes, Wholes]:
        """Rows not drawn that are at or above each resample's threshold, and those that are below, (b,) each."""
        undrawn, rows = _running(self.times == 0), len(self.rows.scores)
        positive = rows - np.searchsorted(self.rows.scores[::-1], threshold)
        before, within, all_ = (undrawn[self.begins + own] for own in (0, positive, rows))
        return within - before, all_ - within


def _running(values: NDArray[Any]) -> Wholes:
    """Sums of the first so many, none to all: (b, m) -> (b m + 1,)."""
    running = np.zeros(values.size + 1, np.int64)
    np.cumsum(values, out=running[1:])
    return running
