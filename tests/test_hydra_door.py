"""An unknown key, or a group that no job has by itself, is told with what to type, whatever else is typed."""

import pytest
from test_bad_configurations import said

GROUPS = {
    "add one with +case=moons; known: circles, imbalanced, moons, question": "case=moons",
    "add one with +case=moons,circles; known: circles": "case=moons,circles",
    "add one with +case=choice(moons,circles); known: circles": "case=choice(moons,circles)",
    "add one with +published=circles_hinge; known: circles_bce": "published=circles_hinge",
    "add one with +claims=recipe; known: accuracy_on_logits": "~data claims=recipe",
}

KEYS = {
    "did you mean 'epochs'?": [
        "data=choice(moons,circles)",
        "data=glob(m*)",
        "data=glob(zz*)",
        "data=[moons],[circles]",
    ],
    "did you mean 'data.factor'?": ["+case=circles data.facto=1", "data=glob(c*s) data.facto=1"],
    "Could not find 'data/mooons'": ["data=mooons,moons"],
    "Could not find 'case/mooons'": ["+case=mooons,moons"],
    "must be a string or a list. Got": ["data=null,moons", "data=1,2", "data=range(1,3)"],
    "Could not override 'data'": ["data={a:3}"],
    "add one with +case=NAME": ["case@network=moons"],
}
"""What is told of a sweep that has `epoch=3` as well; of two mistakes, the one without which no key is known."""


@pytest.mark.parametrize("words", GROUPS)
def test_a_group_that_is_not_chosen_is_added_with_a_plus_as_one_line_says(words, capsys, monkeypatch, folder):
    told = said(capsys, monkeypatch, "sweep", *GROUPS[words].split())
    assert words in told
    assert len(told.splitlines()) == 1
    assert list(folder.iterdir()) == []


def test_one_job_is_told_the_same(capsys, monkeypatch, folder):
    assert "add one with +case=moons; known: circles" in said(capsys, monkeypatch, "run", "case=moons")


@pytest.mark.parametrize("words", GROUPS)
def test_a_group_that_is_not_chosen_is_told_beside_an_unknown_key(words, capsys, monkeypatch, folder):
    assert words in said(capsys, monkeypatch, "sweep", *GROUPS[words].split(), "epoch=3")


@pytest.mark.parametrize(("words", "line"), [(words, line) for words, lines in KEYS.items() for line in lines])
def test_an_unknown_key_is_told_whatever_groups_are_chosen(words, line, capsys, monkeypatch, folder):
    assert words in said(capsys, monkeypatch, "sweep", *line.split(), "epoch=3")
    assert list(folder.iterdir()) == []
