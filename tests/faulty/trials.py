"""Everything else that a sweep may meet: signals, other sweeps, readers, a server that goes away, a clock, disks."""

import os
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from unittest.mock import patch

from faulty.away import ENVIRONMENT, away, cutting, free_port, served
from faulty.disks import files_full
from faulty.ground import JOBS, Case, Ground, Said
from faulty.kills import KILLED, in_a_worker
from faulty.tally import Tally

from threshold_lab.errors import StoreError
from threshold_lab.store import Store
from threshold_lab.tracking import Runs, server_command
from threshold_lab.verify import verify
from threshold_lab.watching import Watch

CUT = {"POST runs/create", "POST runs/update", "POST runs/log-batch", "POST runs/log-inputs", "POST runs/set-tag"}
CUT |= {"POST experiments/create", "PUT mlflow-artifacts"}
"""Calls that change what a server holds, each of which a sweep makes again where it hears no answer."""

_READS = 40


def _signalled(ground: Ground, tally: Tally, code: int, acknowledged: int, **order: object) -> None:
    """A signal ends a sweep with its exit code, and after the run at hand."""
    case = ground.case(trained="in_training" not in order)
    said = case.sweep(rehearse=str(ground.control), **order)
    if (said.code, len(said.acknowledged)) != (code, acknowledged):
        tally.wrong.append(f"{order}: code {said.code}, {len(said.acknowledged)} acknowledged, {said.error}")
    _recovered(case, tally, str(order), rehearse=str(ground.control))


def _at_once(ground: Ground, tally: Tally, number: int, killed: int = 0) -> None:
    """Sweeps at once wait for each other and do each job once; those that are killed leave the rest to the others."""
    case = ground.case()
    once = str(ground.folder / f"{case.folder.name}-once")
    kill = {"point": "commit.after", "action": "kill", "job": 2, "once": once} if killed else {}
    crowd = case.crowd(*[kill] * number)
    name = f"{number} at once, {killed} killed"
    if sorted(said.code for said in crowd) != [KILLED] * killed + [0] * (number - killed):
        tally.wrong.append(f"{name}: codes {[said.code for said in crowd]}, {[said.error for said in crowd]}")
    told = Counter(key for said in crowd for key in said.acknowledged)
    tally.duplicated += [f"{name}: {key} acknowledged {times} times" for key, times in told.items() if times > 1]
    if sum(said.waiting == f"another sweep is at work in {case.store}" for said in crowd) != number - 1:
        tally.not_reached.append(f"{name}: waited {[said.waiting for said in crowd]}")
    _recovered(case, tally, name)


def _read_meanwhile(ground: Ground, tally: Tally) -> None:
    """Nobody who reads is told that the database is locked, and neither is a sweep."""
    case, port = ground.case(), free_port()
    case.sweep(point="commit.after", action="kill", job=1)
    with away(*server_command(case.store, "127.0.0.1", port), port) as server:
        sweep, reader = case.crowd({}, {"read": _READS, "pages": server.address})
    if sweep.code or reader.code or reader.refused:
        tally.wrong.append(f"read meanwhile: {sweep.error}, {reader.refused}")
    _recovered(case, tally, "read meanwhile")


def _server_away(ground: Ground, tally: Tally) -> None:
    """A server that is killed and comes back, and first answers that are lost, cost nothing and double nothing."""
    case, port = ground.case(), free_port()
    with (
        away(served(case.store / "mlflow.db", case.store / "artifacts", port), {}, port) as server,
        cutting(port) as (address, cut),
    ):
        order = {"environment": ENVIRONMENT | {"MLFLOW_TRACKING_URI": address}}
        with ThreadPoolExecutor(1) as thread:
            going = thread.submit(case.sweep, **order)
            _until_recorded(case, going.done)
            server.kill()
            server.start()
            said: Said = going.result()
        if said.finished != JOBS or not str(said.waiting).startswith("the runs cannot be reached"):
            tally.wrong.append(f"server away: code {said.code}, {said.error}; waited: {said.waiting}")
        tally.not_reached += [f"no answer to {call} was cut off" for call in CUT - cut.cut]
        tally.after_fault(case, "server away")
        tally.after_recovery(case, "server away", **order)
        tally.wrong += _said_by_verify(case, server.address)
    case.drop()


def _said_by_verify(case: Case, address: str) -> list[str]:
    """What is found wrong with runs that a server tells of, one of which holds no file that it never held."""
    with patch.dict(os.environ, ENVIRONMENT | {"MLFLOW_TRACKING_URI": address}):
        own = verify(case.store, _Looking())
        runs = Runs(case.store)
        try:
            runs.file(next(iter(runs.served().ids())), "nothing")
        except StoreError as error:
            return [*map(str, own.damages), *own.remarks, *([] if "holds no nothing" in str(error) else [str(error)])]
    return ["a file that is nowhere was read"]


class _Looking(Watch):
    """Looks on at a check."""

    def looking(self, at: str, done: int, total: int) -> None: ...


def _until_recorded(case: Case, is_over: Callable[[], bool]) -> None:
    while not is_over() and not (case.log.exists() and '"recorded"' in case.log.read_text().partition("planned")[2]):
        time.sleep(0.01)


def _clock_set_back(ground: Ground, tally: Tally) -> None:
    """A clock that goes back misleads nobody: plans stay in their order."""
    case = ground.case()
    case.sweep(point="commit.after", action="kill", job=1)
    case.sweep(clock=400 * 24 * 3600.0)
    first, second = sorted(path.stem for path in case.store.glob("plans/*.json"))
    last, _ = Store(case.store).last_plan()
    if (second, last["sweep"], last["after"]) != (f"{first}+0002", second, first):
        tally.wrong.append(f"clock set back: plan {second} after {first}, {last}")
    _recovered(case, tally, "clock set back")


def _turns_read_only(ground: Ground, tally: Tally) -> None:
    """A folder that turns read-only is told, with what to do."""
    case = ground.case()
    said = case.sweep(point="create.after", action="read only", job=2, bound=True)
    for folder in (case.store, *case.store.rglob("*/")):
        folder.chmod(0o755)
    if said.code != 2 or "the same command goes on from there" not in said.error:
        tally.wrong.append(f"read-only: code {said.code}, {said.error}")
    _recovered(case, tally, "read-only")


def _recovered(case: Case, tally: Tally, name: str, **order: object) -> None:
    tally.after_fault(case, name)
    tally.after_recovery(case, name, **order)
    case.drop()


TRIALS: Mapping[str, Callable[[Ground, Tally], object]] = {
    "SIGINT while a run is written": partial(
        _signalled, code=130, acknowledged=2, point="create.after", action="interrupt", job=2
    ),
    "SIGTERM while a run is written": partial(
        _signalled, code=143, acknowledged=2, point="create.after", action="terminate", job=2
    ),
    "SIGINT twice while a run is written": partial(
        _signalled, code=130, acknowledged=1, point="create.after", action="interrupt twice", job=2
    ),
    "SIGINT in training": partial(_signalled, code=130, acknowledged=0, in_training="SIGINT"),
    "SIGTERM in training": partial(_signalled, code=143, acknowledged=0, in_training="SIGTERM"),
    "SIGTERM while the comparison is drawn": partial(
        _signalled, code=0, acknowledged=JOBS, point="adopt.before", action="terminate"
    ),
    "a worker killed before it trains": partial(in_a_worker, point="train.before"),
    "a worker killed when it has trained": partial(in_a_worker, point="train.after"),
    "a worker stopped past its lease": partial(in_a_worker, point="train.after", action="stop", lease=10.0),
    "2 sweeps at once": partial(_at_once, number=2),
    "3 sweeps at once, one killed": partial(_at_once, number=3, killed=1),
    "4 sweeps at once": partial(_at_once, number=4),
    "MLflow's pages read meanwhile": _read_meanwhile,
    "the tracking server away and back": _server_away,
    "the clock set back": _clock_set_back,
    "a folder that turns read-only": _turns_read_only,
    "files that may not grow": partial(files_full, limits=(2**14, 2**17, 2**20)),
}
"""What a sweep meets, and how that is tried."""
