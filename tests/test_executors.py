"""Workers: same bits from one or two as from this process, a death costs one program, and none outlives its driver."""

import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures.process import _ExecutorManagerThread
from pathlib import Path

import pytest
from conftest import bits, fits_of, lane
from faulty import rehearsed

from threshold_lab import process
from threshold_lab.errors import ConfigError
from threshold_lab.executors import TRIES, LocalPool
from threshold_lab.plan import Program
from threshold_lab.process import Limits, TimeLimitError, WorkerDiedError
from threshold_lab.records import Splits
from threshold_lab.store import Store
from threshold_lab.worker import TrainingError


def program(seed: int, **changes: object) -> Program:
    return Program((lane(seed, **changes),))


def everything(outcomes) -> dict[str, bytes]:
    return {fit.key: bits(fit) for _, fits in outcomes for fit in fits}


def trained(workers: int, programs: list[Program], splits: Splits, checkpoint=lambda: None):
    with LocalPool(workers) as pool:
        pool.share({"data": splits})
        return list(pool.train(programs, lambda _: checkpoint()))


def trained_here(programs: list[Program], splits: Splits) -> dict[str, bytes]:
    """The same lanes in this process, as one program."""
    return {fit.key: bits(fit) for fit in fits_of([own.lanes[0] for own in programs], splits)}


def test_two_workers_and_this_process_give_the_same_bits(splits):
    programs = [program(seed) for seed in range(3)]
    assert everything(trained(2, programs, splits)) == trained_here(programs, splits)


def killer(pool: LocalPool, when) -> tuple[list[int], object]:
    """A checkpoint that kills the worker at work on a program, again and again; and the workers it killed."""
    killed: list[int] = []

    def checkpoint() -> None:
        for worker in pool.workers:
            if worker.tasks and when(worker) and worker.process not in (None, *killed):
                killed.append(worker.process)
                os.kill(killed[-1], signal.SIGKILL)
                return

    return killed, checkpoint


def test_a_worker_that_dies_costs_only_its_program_a_second_try(splits):
    """It dies with another program given to it, which is not begun."""
    programs = [program(seed, epochs=400) for seed in range(6)]
    with LocalPool(2) as pool:
        pool.share({"data": splits})
        killed, kill = killer(pool, lambda worker: len(worker.tasks) == 2)
        outcomes = list(pool.train(programs, lambda _: killed or kill()))
    assert len(killed) == 1
    assert sorted(own.lanes[0].seed for own, _ in outcomes) == list(range(6))
    assert everything(outcomes) == trained_here(programs, splits)


def test_a_worker_that_dies_while_the_driver_is_elsewhere_costs_no_more(splits):
    programs = [program(seed, epochs=200) for seed in range(4)]
    with LocalPool(1) as pool:
        pool.share({"data": splits})
        outcomes, running = [], pool.train(programs, lambda _: None)
        outcomes.append(next(running))
        os.kill(pool.workers[0].process, signal.SIGKILL)
        time.sleep(1)
        outcomes += running
        desks = list(pool._exchange.folder.glob("tmp*"))
    assert sorted(own.lanes[0].seed for own, _ in outcomes) == list(range(4))
    assert everything(outcomes) == trained_here(programs, splits)
    assert not desks


@pytest.fixture
def rehearsed_programs(splits, tmp_path, monkeypatch) -> list[Program]:
    """Programs whose fits workers hand out, which are there at once, as they import no TensorFlow."""
    programs = [program(seed) for seed in range(4)]
    store = Store(tmp_path / "control")
    store.save(*fits_of([own.lanes[0] for own in programs], splits))
    monkeypatch.setenv(rehearsed.VARIABLE, str(store.folder))
    monkeypatch.setenv(rehearsed.LOG, str(tmp_path / "log"))
    monkeypatch.setattr(process, "prepare", rehearsed.prepare)
    return programs


def test_a_death_that_the_pool_itself_does_not_survive_is_noticed(rehearsed_programs, splits, monkeypatch):
    """What is to tell the driver of a death may end without having told."""
    monkeypatch.setattr(_ExecutorManagerThread, "terminate_broken", lambda self, cause: None)
    programs = rehearsed_programs
    with LocalPool(1) as pool:
        pool.share({"data": splits})
        killed, kill = killer(pool, lambda worker: True)
        began = time.monotonic()

        def look(_) -> None:
            assert time.monotonic() - began < 120
            killed or kill()

        outcomes = list(pool.train(programs, look))
        desks = list(pool._exchange.folder.glob("tmp*"))
    assert len(killed) == 1
    assert everything(outcomes) == trained_here(programs, splits)
    assert not desks


def test_a_program_whose_worker_always_dies_fails_alone_after_three_tries(rehearsed_programs, splits):
    programs = rehearsed_programs
    with LocalPool(1) as pool:
        pool.share({"data": splits})
        killed, kill = killer(pool, lambda worker: worker.tasks[0].program == programs[0])
        outcomes = dict(pool.train(programs, lambda _: kill()))
    assert len(killed) == TRIES == 3
    died = outcomes.pop(programs[0])
    assert isinstance(died, WorkerDiedError)
    assert "died, 3 times" in str(died)
    assert [len(fits) for fits in outcomes.values()] == [1, 1, 1]


def test_a_worker_that_stands_still_past_its_lease_and_one_that_takes_too_long_are_ended(splits):
    """The first has its program done again, the second fails alone, and so does one that gets no memory."""
    still, slow, last = program(0, epochs=400), program(1, epochs=10**6), program(3)
    hungry = program(2, network={"hidden": [64, 32]})  # which is yet to be compiled
    never, done = Limits(None), set()
    with LocalPool(1, never) as pool:
        pool.share({"data": splits})
        (worker,) = pool.workers

        def look(_) -> None:
            own = worker.tasks[0] if worker.tasks and worker.tasks[0].desk.epochs() else None
            pool.limits = never
            if own and own.program == still and still not in done:
                os.kill(worker.process, signal.SIGSTOP)
                done.add(still)
                own.stopped = True
            if own and getattr(own, "stopped", False):
                pool.limits = Limits(1.0)
            if own and own.program == slow:
                pool.limits = Limits(None, 0.5)
            if worker.tasks and worker.tasks[0].program == hungry and worker.process:
                resource.prlimit(worker.process, resource.RLIMIT_AS, (2**20, 2**20))

        outcomes = dict(pool.train([still, slow, last, hungry], look))
    assert done == {still}
    assert everything([(still, outcomes[still])]) == {fit.key: bits(fit) for fit in fits_of(list(still.lanes), splits)}
    assert isinstance(outcomes[slow], TimeLimitError)
    assert str(outcomes[slow]) == "not done after the 0.5 s of executor.time_limit"
    assert isinstance(outcomes[hungry], WorkerDiedError | TrainingError), outcomes[hungry]
    assert len(outcomes[last]) == 1


def test_what_stops_one_program_is_told_with_it_and_the_others_go_on(splits):
    wrong = program(0, activation="nonsense")
    outcomes = dict(trained(1, [wrong, program(1)], splits))
    assert isinstance(outcomes[wrong], ConfigError)
    assert len(outcomes[program(1)]) == 1


def test_a_checkpoint_that_raises_ends_the_workers(splits):
    def checkpoint():
        if multiprocessing.active_children():
            raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        trained(2, [program(seed) for seed in range(3)], splits, checkpoint)
    assert not multiprocessing.active_children()
    assert time.monotonic() - started < 60


ORPHANS = """
import os, sys, threading, time
sys.path.insert(0, {tests!r})
import numpy as np
from conftest import lane
from threshold_lab.executors import LocalPool
from threshold_lab.plan import Program
from threshold_lab.records import Part, Splits
part = Part(np.zeros((40, 2), np.float32), np.arange(40) % 2 == 0, np.arange(40))
splits = Splits(part, part, part, "data", ("x", "y"), "1", "0", None)

def tell_and_die():
    import multiprocessing
    while not multiprocessing.active_children():
        time.sleep(0.05)
    time.sleep(0.5)
    print(*[child.pid for child in multiprocessing.active_children()], flush=True)
    os.kill(os.getpid(), 9)

if __name__ == "__main__":
    threading.Thread(target=tell_and_die).start()
    with LocalPool(1) as pool:
        pool.share({{"data": splits}})
        list(pool.train([Program((lane(0),))], lambda _: None))
"""


def test_no_worker_outlives_its_driver(tmp_path):
    script = tmp_path / "driver.py"
    script.write_text(ORPHANS.format(tests=str(Path(__file__).parent)))
    own = os.environ | {"TMPDIR": str(tmp_path)}
    driver = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, env=own, timeout=120)
    assert driver.returncode == -signal.SIGKILL
    (worker,) = map(int, driver.stdout.split())
    deadline = time.monotonic() + 30
    while alive(worker) and time.monotonic() < deadline:
        threading.Event().wait(0.1)
    assert not alive(worker)


def alive(process: int) -> bool:
    state = Path(f"/proc/{process}/stat")
    if Path("/proc/self/stat").exists():
        return state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] != "Z"
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_worker_has_no_gpu_whatever_its_driver_may_see():
    code = "import os; from threshold_lab.worker import prepare; prepare(); print(os.environ['CUDA_VISIBLE_DEVICES'])"
    own = os.environ | {"CUDA_VISIBLE_DEVICES": "0"}
    assert subprocess.run([sys.executable, "-c", code], env=own, capture_output=True, text=True).stdout == "-1\n"
