"""Rows and what is trained go from process to process by files."""

import numpy as np
import pytest
from conftest import rows_of

from threshold_lab.errors import StoreError
from threshold_lab.exchange import Exchange
from threshold_lab.records import PARTS, Fit


def test_rows_that_do_not_fit_are_told_with_what_to_do(splits, tmp_path):
    with pytest.raises(StoreError, match=r"cannot hold the rows to train on: .*TMPDIR=FOLDER"):
        Exchange(tmp_path / "nowhere").give({"data": splits})


def test_shared_rows_are_the_same_and_large_ones_are_mapped(tmp_path):
    large = rows_of("large", train=200_000)
    given = Exchange(tmp_path).give({"large": large})["large"]
    assert np.array_equal(given.train.features, large.train.features)
    assert np.array_equal(given.test.labels, large.test.labels)
    assert isinstance(given.train.features, np.memmap)
    assert not isinstance(given.test.features, np.memmap)


def test_no_room_for_what_is_trained_is_told_with_what_to_do(tmp_path):
    desk = Exchange(tmp_path).desk()
    desk.clear()
    desk.epoch()
    with pytest.raises(StoreError, match=r"cannot hold the logits .*TMPDIR=FOLDER"):
        desk.put("lane", "test", np.zeros((3, 1), np.float32))
    with pytest.raises(StoreError, match=r"cannot hold what was trained: .*TMPDIR=FOLDER"):
        desk.lay([Fit("lane", (), {})])
    with pytest.raises(StoreError, match=r"cannot hold a folder .*TMPDIR=FOLDER"):
        Exchange(tmp_path / "nowhere").desk()


def test_a_desk_hands_over_what_was_put_there_in_turn_and_is_cleared(tmp_path):
    desk = Exchange(tmp_path).desk()
    several = [np.arange(6, dtype=np.float32).reshape(3, 2), np.ones((200_000, 2), np.float32)]
    for part in PARTS:
        for rows in several:
            desk.put("lane", part, rows)
    desk.epoch()
    assert desk.epochs() == 1
    left = Fit("lane", (np.ones((5, 2)), np.zeros(2)), {"loss": np.arange(3)}, model=b"a model")
    desk.lay([left])
    (fit,) = desk.take(["lane"])
    assert (fit.key, fit.model) == (left.key, left.model)
    assert [own.tolist() for own in fit.weights] == [own.tolist() for own in left.weights]
    assert fit.history["loss"].tolist() == [0, 1, 2]
    assert all(np.array_equal(logits, np.concatenate(several)) for logits in fit.logits.values())
    assert list(fit.logits) == list(PARTS)
    assert not list(tmp_path.iterdir())
