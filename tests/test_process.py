"""What a driver makes of the time that its workers take."""

from concurrent.futures import Future

from conftest import lane

from threshold_lab.exchange import Exchange
from threshold_lab.plan import Program
from threshold_lab.process import Limits, Task, TimeLimitError, Worker, WorkerDiedError

PROGRAM = Program((lane(),))


class SilentDesk:
    """One where nothing is put."""

    bytes = ()

    def progress(self):
        return self.bytes


def test_a_silent_program_is_ended_after_its_lease_and_told_why():
    task = Task(PROGRAM, SilentDesk(), Future())
    limits = Limits(lease=10.0, time_limit=100.0)
    for _ in range(12):
        task.tick(1.0, limits)
    assert isinstance(task.ended, WorkerDiedError)
    assert "made no progress for 10 s" in str(task.ended)
    assert "raise executor.lease" in str(task.ended)


def test_a_program_that_gets_on_is_left_alone_until_its_time_is_over():
    task = Task(PROGRAM, SilentDesk(), Future())
    for second in range(100):
        task.desk.bytes = [second]
        task.tick(1.0, Limits(lease=10.0, time_limit=99.5))
        assert (task.ended is None) == (second < 99)
    assert isinstance(task.ended, TimeLimitError)


def test_a_program_whose_process_is_gone_died_and_did_not_take_too_long(tmp_path):
    worker = Worker(Exchange(tmp_path))
    worker.tasks.append(Task(PROGRAM, worker.exchange.desk(), Future()))
    for _ in range(10):
        worker.tick(1.0, Limits(lease=2.0, time_limit=3.0))
    ((_, died),) = worker.take_finished()
    assert isinstance(died, WorkerDiedError)
    assert str(died).startswith("died")
