"""What progress says, line by line where there is no terminal."""

import pytest

from threshold_lab.app import terminal
from threshold_lab.app.interrupt import Interrupt
from threshold_lab.executors import AtWork


@pytest.fixture
def watch(monkeypatch):
    monkeypatch.setattr(terminal, "_PLAIN_EVERY_SECONDS", 0.0)
    with terminal.TerminalWatch(Interrupt()) as own:
        own.planned(jobs=8, recorded=0, lanes=32, trained=0, programs=2)
        yield own


def last_line(capsys) -> str:
    return capsys.readouterr().out.strip().splitlines()[-1]


def test_what_is_waited_for_before_the_first_epoch_is_said(watch, capsys):
    watch.training(AtWork(False, 0.0))
    assert "programs trained 0 of 2 (starting TensorFlow" in last_line(capsys)
    watch.training(AtWork(True, 0.0))
    assert "programs trained 0 of 2 (compiling" in last_line(capsys)
    watch.training(AtWork(True, 0.3))
    assert "compiling" not in last_line(capsys)


def test_progress_never_says_more_than_is_done_nor_goes_back(watch, capsys):
    watch.training(AtWork(True, 1.9))
    assert "programs trained 1 of 2" in last_line(capsys)
    watch.trained(16)
    assert "programs trained 1 of 2 (" in last_line(capsys)
    assert watch._progress.tasks[0].completed == pytest.approx(1.9)
    watch.trained(16)
    assert "programs" not in last_line(capsys)
