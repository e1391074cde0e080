"""`make faults`: faults by the hundred, counted; ARGS="--kills 1000 --training 100 --minutes 60 --seed 1"."""

import argparse
import random
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from faulty.disks import disk_full, may_mount
from faulty.ground import Ground, ground
from faulty.kills import at_a_point, at_random, points
from faulty.tally import Tally, tally_of
from faulty.trials import TRIALS

_KILLS_AT_ONCE, _SIZES = 10, 20

Trial = Callable[[Ground, Tally], object]


def asked() -> argparse.Namespace:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--kills", type=int, default=1000, help="at random moments, those in training among them")
    words.add_argument("--training", type=int, default=100, help="of these while networks are trained")
    words.add_argument("--minutes", type=float, default=60.0, help="after which no more is begun")
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--no-points", action="store_true", help="leave out the named points and all but kills")
    return words.parse_args()


def plan(own: argparse.Namespace) -> Iterator[tuple[str, Trial]]:
    """Yield trials by what they are: the named points, all else, then kills, in training and elsewhere by turns."""
    if not own.no_points:
        for point in points():
            yield f"at {point}", partial(at_a_point, point=point)
        yield from TRIALS.items()
        yield "disk full", _disks
    seeds = random.Random(own.seed)
    left = {True: own.training, False: own.kills - own.training}
    while any(left.values()):
        for trains, number in left.items():
            now = min(number, 1 if trains else _KILLS_AT_ONCE)
            left[trains] -= now
            if now:
                name = "at random, in training" if trains else "at random"
                yield name, partial(at_random, number=now, seed=seeds.randrange(10**9), trains=trains)


def _disks(lab: Ground, tally: Tally) -> None:
    if may_mount(lab.folder):
        disk_full(lab, tally, [size / _SIZES for size in range(_SIZES)])
    else:
        print("disk full: left out, as no file system can be mounted here", flush=True)


def main() -> int:
    own = asked()
    until = time.monotonic() + 60 * own.minutes
    kinds: dict[str, int] = {}
    with ground() as lab:
        tally = tally_of(lab)
        for name, trial in plan(own):
            if time.monotonic() > until:
                print(f"{own.minutes:g} minutes are over: the rest is left out", flush=True)
                break
            before, problems = tally.injected, len(tally.problems)
            trial(lab, tally)
            kinds[name] = kinds.get(name, 0) + tally.injected - before
            print("\n".join([f"{name}: {tally}", *tally.problems[problems:]]), flush=True)
    print("\n".join(f"{count:6} {name}" for name, count in kinds.items()))
    print(tally)
    return bool(tally.problems)


if __name__ == "__main__":
    sys.exit(main())
