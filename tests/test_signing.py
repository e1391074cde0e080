"""A file that was changed anywhere, or lies under another name, is told from one that is as it was written."""

import numpy as np
import pytest

from threshold_lab.arrays import arrays_in, npz
from threshold_lab.errors import StoreError
from threshold_lab.signing import is_signed, plan_in, require_whole, signed, signed_plan

KEY = "ab" * 32
ARCHIVE = npz({"weights/0": np.arange(6.0)})
PLAN = {"command": "sweep", "jobs": [{"key": "k", "cell": "c", "lanes": ["l"]}], "after": ""}


def test_numpy_reads_a_signed_archive_as_before():
    content = signed(KEY, ARCHIVE)
    require_whole(KEY, content)
    assert arrays_in(content)["weights/0"].tolist() == arrays_in(ARCHIVE)["weights/0"].tolist()
    assert (is_signed(content), is_signed(ARCHIVE)) == (True, False)


def test_every_changed_byte_and_every_cut_of_a_signed_archive_is_told():
    content = signed(KEY, ARCHIVE)
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= 1
        for damaged in (bytes(changed), content[:place] or b"!"):
            with pytest.raises(StoreError):
                require_whole(KEY, damaged)


def test_an_archive_under_another_key_is_told():
    with pytest.raises(StoreError, match="another's"):
        require_whole("cd" * 32, signed(KEY, ARCHIVE))


def test_an_archive_from_before_archives_were_signed_is_taken_as_it_is():
    require_whole(KEY, ARCHIVE)


def test_a_plan_comes_back_and_every_changed_byte_of_it_is_told():
    content = signed_plan("first", PLAN)
    assert plan_in("first", content) == {"sweep": "first", **PLAN}
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= 1
        with pytest.raises(StoreError):
            plan_in("first", bytes(changed))
    with pytest.raises(StoreError, match="another's: it was written as first"):
        plan_in("second", content)


def test_a_plan_from_before_plans_were_signed_is_taken_as_it_is():
    assert plan_in("old", b'{"command": "", "jobs": []}') == {"command": "", "jobs": []}
