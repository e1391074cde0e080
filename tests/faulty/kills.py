"""Sweeps that are killed: at each named point, at random moments, and while they train."""

import random

from faulty.ground import JOBS, Case, Ground
from faulty.tally import Tally

from threshold_lab import faults

IN_A_WORKER = {"train"}
"""Points that only a process that trains comes past."""

FIT_BY_FIT = {"keep", "rename"}
"""Points that are passed only if networks were not stored before."""

OF_ONE_JOB = {"annotate"}
"""Points of a sweep that has one job."""

_EACH_JOB = ({"job": 1}, {"job": (1 + JOBS) // 2}, {"job": JOBS})
_EACH_TIME = ({"occurrence": 1}, {"occurrence": 2}, {"occurrence": 3})
_ONCE = ({},)
TURNS = {
    "claim": _ONCE,
    "clear": _EACH_TIME,
    "plan": _ONCE,
    "introduce": _ONCE,
    "database": _ONCE,
    "annotate": _ONCE,
    "adopt.before": ({"occurrence": 1}, {"occurrence": 2}, {"occurrence": 2}),
    "adopt.after": ({"occurrence": 1},) * JOBS,
}
"""When a kill comes at points that have no job's turn, sweep by sweep; what a sweep passes once has one, and of
`adopt` the second and third are of the jobs that are left. All others: of the first, the middle and the last job."""

KILLED = -9
_WHOM = {True: ("driver", "group", "worker"), False: (*("driver", "group") * 4, "worker")}
"""Who is killed at random, where networks are trained and where not: a worker costs a case of its own."""


def points() -> list[str]:
    """Return the points that a driver comes past."""
    return [own for own in faults.POINTS if own.split(".")[0] not in IN_A_WORKER]


def at_a_point(ground: Ground, tally: Tally, point: str) -> None:
    """End a sweep at a point of its first job, the next at its middle one, the next at its last one; and recover."""
    name = point.split(".")[0]
    case = ground.case(trained=name not in FIT_BY_FIT, database=name != "database")
    order = {"replay": str(ground.control)} if name in FIT_BY_FIT else {}
    order |= {"jobs": 1} if name in OF_ONE_JOB else {}
    for turn in TURNS.get(point, TURNS.get(name, _EACH_JOB)):
        if name == "supersede":
            case.sweep(point="commit.before", action="kill", **turn, **order)
        own = {} if name == "supersede" else turn
        said = case.sweep(point=point, action="kill", **own, **order)
        if said.code != KILLED:
            tally.not_reached.append(f"{point} at {turn}: code {said.code}, {said.error}")
        tally.after_fault(case, f"{point}, {turn}")
    tally.after_recovery(case, point, **order)
    case.drop()


def in_a_worker(ground: Ground, tally: Tally, point: str, action: str = "kill", **order: object) -> None:
    """Have a worker end, or stop, at a point of its first program; in another sweep one at the middle program, and
    the one that comes after it at the last; what each had is done again."""
    for occurrence, workers in ((1, 2),) if action == "stop" else ((1, 2), (2, 3)):
        case = ground.case(trained=False)
        once = f":{ground.folder / f'{case.folder.name}-once'}" if occurrence == 1 else ""
        fault = {faults.VARIABLE: f"{point}:{occurrence}:{action}{once}"}
        said = case.sweep(environment=fault, rehearse=str(ground.control), **order)
        if (said.workers, said.finished) != (workers, JOBS):
            tally.not_reached.append(f"{point} {occurrence}: {said.workers} workers, code {said.code}, {said.error}")
        tally.after_fault(case, f"{action} of a worker at {point}, {occurrence}")
        tally.injected += workers - 2
        tally.after_recovery(case, f"{action} of a worker at {point}, {occurrence}")
        case.drop()


def at_random(ground: Ground, tally: Tally, number: int, seed: int, *, trains: bool = False) -> None:
    """Kill sweeps at random moments, each store again and again until it is whole: the driver, its group, its workers.

    trains: networks are trained for real; else fits are handed out, by a worker where that is what is killed.
    """
    chance, case, killed = random.Random(seed), None, 0
    while killed < number:
        case = case or ground.case(trained=False if trains else chance.random() < 0.5)
        whom = chance.choice(_WHOM[trains])
        own = ground.case(trained=False) if whom == "worker" else case
        after = chance.uniform(1, 20) if trains else chance.uniform(0.01, 1.2)
        said = own.sweep(kill_after=after, whom=whom, **_fits(ground, trains, whom))
        struck = said.struck is not None and (whom == "worker" or said.code == KILLED)
        killed += struck
        if struck:
            tally.after_fault(own, f"{whom} at random, {seed}")
        if not struck or whom == "worker" or chance.random() < 0.1:
            _recovered(own, tally, f"{whom} at random, {seed}", **_fits(ground, trains, "driver"))
            case = None if own is case else case
    if case is not None:
        _recovered(case, tally, f"at random, {seed}", **_fits(ground, trains, "driver"))


def _recovered(case: Case, tally: Tally, name: str, **order: object) -> None:
    tally.after_recovery(case, name, **order)
    case.drop()


def _fits(ground: Ground, trains: bool, whom: str) -> dict[str, str]:
    """Where fits come from."""
    return {} if trains else {"rehearse" if whom == "worker" else "replay": str(ground.control)}
