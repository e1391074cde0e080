"""`make faults`: faults by the hundred, counted; ARGS="--kills 1000 --training 100 --minutes 60 --seed 1"."""

import argparse
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from faulty import trials
from faulty.ground import Ground, ground
from faulty.trials import Tally

_KILLS_AT_ONCE, _SIZES = 10, 20

Trial = Callable[[Ground, Tally], object]


def asked() -> argparse.Namespace:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--kills", type=int, default=1000, help="at random moments, those in training among them")
    words.add_argument("--training", type=int, default=100, help="of these while networks are trained")
    words.add_argument("--minutes", type=float, default=60.0, help="after which no more is begun")
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--no-points", action="store_true", help="leave out the named points")
    return words.parse_args()


def plan(own: argparse.Namespace) -> Iterator[tuple[str, Trial]]:
    """Yield trials by what they are: the named points, disks, then kills, in training and elsewhere by turns."""
    if not own.no_points:
        for point in trials.points():
            yield f"at {point}", lambda lab, tally, point=point: trials.at_a_point(lab, tally, point)
    yield "disk full", _disks
    seeds = random.Random(own.seed)
    left = {trials.in_training: own.training, trials.at_random: own.kills - own.training}
    while any(left.values()):
        for kill, number in left.items():
            now = min(number, _KILLS_AT_ONCE if kill is trials.at_random else 1)
            left[kill] -= now
            if now:
                seed = seeds.randrange(10**9)
                yield kill.__name__, lambda lab, tally, kill=kill, now=now, seed=seed: kill(lab, tally, now, seed)


def _disks(lab: Ground, tally: Tally) -> None:
    if trials.may_mount(lab.folder):
        trials.disk_full(lab, tally, [size / _SIZES for size in range(_SIZES)])
    else:
        print("disk full: left out, as no file system can be mounted here", flush=True)


def main() -> int:
    own = asked()
    until = time.monotonic() + 60 * own.minutes
    kinds: dict[str, int] = {}
    with ground() as lab:
        tally = trials.tally_of(lab)
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
