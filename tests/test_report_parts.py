"""What a report is made of: numbers in words, pictures of claims, the picture of the README."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from test_answers import ANSWER

from threshold_lab.claims.answer import Measured, Picture, Series
from threshold_lab.errors import StoreError
from threshold_lab.figures import PALETTE
from threshold_lab.report import pictures
from threshold_lab.report.words import measured, number

TOP = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.0, "0"),
        (3.0, "3"),
        (-12345.0, "-12345"),
        (0.5, "0.5"),
        (0.94631, "0.9463"),
        (0.123456, "0.1235"),
        (16.118096, "16.12"),
        (1234.56, "1235"),
        (6.0123e-8, "6.01e-8"),
        (2.5e300, "2.5e300"),
    ],
)
def test_a_number_is_told_with_four_digits_that_count_and_kept_whole(value, words):
    assert number(value) == (words, repr(value))


def test_a_statistic_has_as_many_decimals_as_its_interval_is_sure_of():
    own = Measured(data="d", statistic="s", value=0.012345, low=-0.0021, high=0.0268, limit="0", holds=True)
    assert [one.words for one in measured(own)] == ["0.012", "-0.002", "0.027"]
    assert [one and one.words for one in measured(replace(own, low=None))] == ["0.01235", None, None]
    assert [one.words for one in measured(replace(own, low=0.012345, high=0.012345))] == ["0.01235"] * 3


def picture(kind: str, x, **changes) -> Picture:
    own = Series(**{"name": "$a_$ <b>", "x": x, "y": (1.0, 2.0), "low": (0.5, 1.5), "high": (1.5, 2.5)} | changes)
    return Picture(kind=kind, title="t", x="across", y="up", series=(own, replace(own, name="other")), mark=1.0)


@pytest.mark.parametrize("kind", ["lines", "points", "bars"])
@pytest.mark.parametrize("x", [(0.0, 1.0), ("$x^2$", "a & b \U0001f600")])
def test_every_kind_of_picture_is_drawn_with_its_words_as_they_are_and_alike_each_time(kind, x):
    own = replace(ANSWER, picture=picture(kind, x))
    drawn = pictures.of_claim(own)
    assert drawn == pictures.of_claim(own)
    for words in ("$a_$ &lt;b&gt;", "up", *(["$x^2$", "a &amp; b"] if isinstance(x[0], str) else ["across"])):
        assert words in drawn.svg
    assert drawn.told == "t. up, by across: $a_$ <b> from 1 to 2; other from 1 to 2. The line across is at 1."
    assert set(re.findall(r"(?:fill|stroke): (#\w{6})", drawn.svg)) <= set(PALETTE.values())
    assert not re.search(r"(?:fill|stroke): #", drawn.on_page())


def test_the_pictures_of_two_claims_share_no_id():
    found = [pictures.of_claim(replace(ANSWER, number=at, picture=picture("bars", (0.0, 1.0)))) for at in (1, 2)]
    first, second = (set(re.findall(r'id="([^"]+)"', own.svg)) for own in found)
    assert first
    assert not first & second


@pytest.mark.parametrize("changes", [{"y": (1.0,)}, {"low": ()}, {"high": (1.0,)}, {"x": (0.0,)}, {"y": (), "x": ()}])
def test_a_series_without_a_value_or_an_end_at_each_point_is_refused(changes):
    with pytest.raises(StoreError, match="the picture of claim 1 cannot be drawn"):
        pictures.of_claim(replace(ANSWER, picture=picture("points", **({"x": (0.0, 1.0)} | changes))))


def test_a_picture_in_a_file_has_a_ground_of_its_own_in_light_and_in_dark():
    own = pictures.of_claim(replace(ANSWER, picture=picture("lines", (0.0, 1.0)))).as_file().decode()
    assert "prefers-color-scheme:dark" in own
    for part in PALETTE:
        assert f'[style*="stroke: {PALETTE[part]}"]{{stroke:{pictures.DARK[part]}!important}}' in own


def test_the_picture_of_the_readme_is_the_reports_and_says_the_numbers_of_its_table():
    """It is a copy of report/answer.png, which `make report` draws; what it shows is in its description."""
    readme = (TOP / "README.md").read_text()
    with Image.open(TOP / "docs" / "answer.png") as own:
        told = own.info["Description"].splitlines()
    table = re.findall(r"^(\w+) +(\w+) +([\d.]+) ± [\d.]+ +([\d.]+) ± ", readme, re.MULTILINE)
    assert len(table) == 8
    cells = [f"{one}, {loss.replace('_', ' ')} {half} at 0.5, {tuned} at youden" for one, loss, half, tuned in table]
    majority = re.search(r"\(majority\) +([0-9.]+)", readme)[1]
    assert told == [*cells, f"majority {majority}"]
