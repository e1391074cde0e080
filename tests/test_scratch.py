"""Temporary files of a sweep: gone with it, or with the next."""

import shutil
import tempfile
from pathlib import Path

import pytest

from threshold_lab import scratch
from threshold_lab.scratch import Scratch


def test_what_a_dead_process_left_in_the_temporary_folder_is_removed_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    names = ("threshold-lab-dead0000", "threshold-lab-empty000", "threshold-lab-foreign0", "threshold-lab-my-data")
    left, empty, foreign, named = (tmp_path / name for name in names)
    for folder in (left, empty, foreign, named):
        folder.mkdir()
    (left / "held").touch()
    (foreign / "data.csv").touch()
    with Scratch() as alive:
        assert Path(tempfile.gettempdir()).parent == alive
        with monkeypatch.context() as patch:
            patch.setattr("tempfile.tempdir", str(tmp_path))
            scratch.clear()
        assert set(tmp_path.iterdir()) == {alive, foreign, named}
    assert not alive.exists()
    assert tempfile.gettempdir() == str(tmp_path)


def test_a_removal_that_is_cut_off_is_finished_later(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with monkeypatch.context() as patch:
        own = Scratch()
        (own.folder / "splits").mkdir()
        patch.setattr(Path, "unlink", _stopped)
        patch.setattr("shutil.rmtree", _once_then(_stopped, shutil.rmtree))
        with pytest.raises(KeyboardInterrupt):
            own.close()
    own._lock.close()
    assert own.folder.exists()
    scratch.clear()
    assert not own.folder.exists()


def _stopped(*_, **__):
    raise KeyboardInterrupt


def _once_then(last, first):
    """What does its work once, and then the other's."""
    calls = []

    def call(*words, **named):
        calls.append(words)
        return first(*words, **named) if len(calls) == 1 else last(*words, **named)

    return call
