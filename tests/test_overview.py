"""The run that stands for a sweep."""

from types import SimpleNamespace

import numpy as np
from conftest import spec

from threshold_lab import overview
from threshold_lab.plan import Job
from threshold_lab.records import Scores
from threshold_lab.tracking import ALONE, PARENT, StoredRun


def test_a_page_of_each_cell_has_a_file_name_of_its_own():
    names = ["sigmoid mse", "a/../b", "a_.._b", "..", "tanh [0.5, 0.1]"]
    found = overview._as_files([SimpleNamespace(name=name) for name in names])
    assert found == ["sigmoid mse", "a_.._b", "a_.._b 2", "_", "tanh _0.5, 0.1_"]


def test_what_no_picture_shows_is_told():
    assert overview._left_out(overview.MOST) == ""
    assert "the first 20 of 21 networks" in overview._left_out(21)


def test_a_job_is_drawn_below_a_sweep_or_alone_where_it_is_the_only_one():
    jobs = [Job(spec(loss=loss), "data", "engine") for loss in ("mse", "hinge")]

    def stored(*tags: str) -> dict[str, StoredRun]:
        return {
            job.key: StoredRun("id", job.key, "FINISHED", {tag: "x"}, {}) for job, tag in zip(jobs, tags, strict=False)
        }

    assert not overview.is_drawn(jobs, stored("none", PARENT))
    assert overview.is_drawn(jobs, stored(PARENT, PARENT))
    assert not overview.is_drawn(jobs, stored(ALONE, ALONE))
    assert overview.is_drawn(jobs[:1], stored(ALONE))
    assert not overview.is_drawn(jobs[:1], stored("none"))


def test_a_label_that_ends_a_script_is_text_on_its_page():
    from threshold_lab import interactive

    scores = np.array([[0.1, 0.8, 0.4]])
    own = Scores(np.array([False, True, True]), scores, scores)
    label = "</script><script>alert(1)</script>"
    found = interactive.page(own, (label, "b"), title="own", unit="probability", threshold=0.5).decode()
    assert "alert(1)" in found
    assert label not in found
    assert found.count("<script>alert") == 0
