"""The run that stands for a sweep."""

from types import SimpleNamespace

from threshold_lab import overview


def test_a_page_of_each_cell_has_a_file_name_of_its_own():
    names = ["sigmoid mse", "a/../b", "a_.._b", "..", "tanh [0.5, 0.1]"]
    found = overview._as_files([SimpleNamespace(name=name) for name in names])
    assert found == ["sigmoid mse", "a_.._b", "a_.._b 2", "_", "tanh _0.5, 0.1_"]


def test_what_no_picture_shows_is_told():
    assert overview._left_out(overview.MOST) == ""
    assert "the first 20 of 21 networks" in overview._left_out(21)
