"""The page with a slider: where it opens, how far its steps are apart, where they end, and what a browser prints."""

import json
from decimal import Decimal
from types import SimpleNamespace

import numpy as np
import pytest
from browsers import a_browser

from threshold_lab import interactive
from threshold_lab.counts import counts_at
from threshold_lab.records import Scores

COUNTS = ["tp", "fp", "fn", "tn"]
LABELS = np.arange(100) % 3 == 0
MARGIN = np.random.default_rng(0).normal(size=(4, 100)) + np.where(LABELS, 1.5, -1.5)
FAR = np.where(np.arange(100) == 3, -9e6, np.where(np.arange(100) == 5, 250_000.0, MARGIN))
"""Two rows far outside: in all networks."""

CASES = {
    "probability": (1 / (1 + np.exp(-MARGIN)), 0.5),
    "saturated": (np.round(1 / (1 + np.exp(-MARGIN)), 1).clip(0, 1), 0.5),
    "margin": (MARGIN, 0.0),
    "far": (FAR, 0.5),
    "cut beside all": (MARGIN / 1000 + 7, 0.5),
    "cut of many digits": (MARGIN / 10_000, 0.00037281),
    "narrow": (1e9 + MARGIN / 1e8, 1e9),
    "huge": (MARGIN * 1e30, 0.0),
    "one score": (np.full((2, 100), 0.5), 0.5),
    "one score below": (np.full((2, 100), 0.2), 0.5),
    "two": (np.where(LABELS, 0.9, 0.3)[None], 0.5),
}


def scores_of(values: np.ndarray) -> Scores:
    return Scores(LABELS, values, values)


def html(values: np.ndarray, threshold: float) -> bytes:
    return interactive.page(scores_of(values), ("no", "yes"), title="own", unit="score", threshold=threshold)


def page(name: str) -> SimpleNamespace:
    """What the page of a case holds: where the slider stands and may go, and its tables."""
    text = html(*CASES[name]).decode()
    spec, _ = json.JSONDecoder().raw_decode(text, text.index("spec = ") + len("spec = "))
    (cut,) = [own for own in spec["params"] if own["name"] == "cut"]
    tables = list(spec["datasets"].values())
    cuts, bars = (next(own for own in tables if key in own[0]) for key in ("threshold", "from"))
    bind = SimpleNamespace(**{key: cut["bind"][key] for key in ("min", "max", "step")})
    return SimpleNamespace(opening=cut["value"], bind=bind, cuts=cuts, bars=bars, text=text)


def stops(bind: SimpleNamespace) -> list[float]:
    """Where a browser lets the slider stand: whole steps from its least, reckoned in decimals."""
    least, most, size = (Decimal(repr(own)) for own in (bind.min, bind.max, bind.step))
    return [float(least + place * size) for place in range(int((most - least) / size) + 1)]


def counts_of(row: dict) -> list[int]:
    return [row[name] for name in COUNTS]


def direct(values: np.ndarray, threshold: float) -> list[int]:
    """Counts of all networks together at a cut."""
    found = counts_at(values, LABELS, np.full(len(values), threshold))
    return [int(getattr(found, name).sum()) for name in COUNTS]


@pytest.mark.parametrize("name", CASES)
def test_the_slider_opens_at_a_step_that_is_the_cut_and_counts_what_the_cut_does(name):
    values, threshold = CASES[name]
    own = page(name)
    (row,) = [row for row in own.cuts if row["threshold"] == threshold]
    assert own.opening == threshold
    assert counts_of(row) == direct(values, threshold)
    movable = interactive.movable(scores_of(values), unit="score", threshold=threshold)
    assert movable.cuts["threshold"][movable.first] == threshold


@pytest.mark.parametrize("name", CASES)
def test_counts_at_every_step_are_those_of_that_cut(name):
    for row in page(name).cuts[::40]:
        assert counts_of(row) == direct(CASES[name][0], row["threshold"])


@pytest.mark.parametrize("name", CASES)
def test_steps_are_one_round_number_apart_and_a_few_hundred_at_most(name):
    own = page(name)
    thresholds = [Decimal(repr(row["threshold"])) for row in own.cuts]
    (size,) = set(np.diff(thresholds))
    assert size == Decimal(repr(own.bind.step))
    assert size.normalize().as_tuple().digits in ((1,), (2,), (5,))
    assert (own.bind.min, own.bind.max) == (own.cuts[0]["threshold"], own.cuts[-1]["threshold"])
    assert 2 <= len(thresholds) <= 252


@pytest.mark.parametrize("name", CASES)
def test_wherever_the_slider_stands_there_is_one_step(name):
    own = page(name)
    thresholds = np.array([row["threshold"] for row in own.cuts])
    places = np.array(stops(own.bind))
    assert f"abs(datum.threshold - cut) < {own.bind.step / 2}" in own.text.replace("\\u003c", "<")
    assert ((np.abs(thresholds - places[:, None]) < own.bind.step / 2).sum(axis=1) == 1).all()
    assert places.tolist() == thresholds.tolist()


def test_a_probability_has_steps_of_five_thousandths():
    assert page("probability").bind.step == 0.005


def test_rows_far_outside_do_not_widen_the_steps():
    assert page("far").bind.step <= 2 * page("margin").bind.step


@pytest.mark.parametrize("name", CASES)
def test_at_the_ends_all_rows_are_called_positive_or_none_but_those_far_outside(name):
    own, far = page(name), len(FAR) * (name == "far")
    assert own.cuts[0]["fn"] + own.cuts[0]["tn"] == far
    assert own.cuts[-1]["tp"] + own.cuts[-1]["fp"] == far


@pytest.mark.parametrize("rare", [1, 2])
def test_a_class_of_few_rows_is_not_far_outside(rare):
    labels = np.arange(100) < rare
    values = np.where(labels, 8.0, np.linspace(-6, -5, 100))[None]
    found = interactive.movable(Scores(labels, values, values), unit="score", threshold=0.0).cuts
    assert found["tp"][-1] == 0
    assert max(found["threshold"]) > 8


@pytest.mark.parametrize("name", ["probability", "margin", "far"])
def test_bars_hold_every_row_and_begin_and_end_at_short_numbers(name):
    own = page(name)
    assert sum(bar["rows"] for bar in own.bars) == CASES[name][0].size
    assert max(len(repr(bar[end])) for bar in own.bars for end in ("from", "to")) <= 6


def test_bars_are_where_the_slider_goes_and_the_axis_says_where_rows_beyond_are():
    own = page("far")
    assert min(bar["from"] for bar in own.bars) >= own.bind.min - 1
    assert max(bar["to"] for bar in own.bars) <= own.bind.max + 1
    assert "the bars at the ends hold all rows beyond" in own.text
    assert "rows beyond" not in page("margin").text


browser = pytest.fixture(scope="module")(a_browser)


PRINTED = """own => Array.from({length: Math.round((own.max - own.min) / own.step) + 1}, (_, place) => {
    if (place) own.stepUp(); else own.value = own.min;
    own.dispatchEvent(new Event('input'));
    return own.parentElement.textContent.replace('threshold', '').trim();
})"""
"""All that is printed beside the slider on its way from its least to its most."""


@pytest.mark.parametrize("name", ["probability", "margin", "far", "cut of many digits", "one score"])
def test_a_browser_prints_each_step_as_it_is_and_its_counts(name, browser, tmp_path):
    (tmp_path / "own.html").write_bytes(html(*CASES[name]))
    tab, own = browser.new_page(), page(name)
    tab.goto((tmp_path / "own.html").as_uri())
    slider = tab.locator("input[type=range]")
    slider.wait_for()
    opened = slider.evaluate("own => own.parentElement.textContent")
    assert Decimal(opened.removeprefix("threshold")) == Decimal(repr(CASES[name][1]))
    printed = slider.evaluate(PRINTED)
    assert [Decimal(text) for text in printed] == [Decimal(repr(row["threshold"])) for row in own.cuts]
    assert max(map(len, printed)) <= 11
    for row in own.cuts[:: max(1, len(own.cuts) // 5)]:
        slider.evaluate("(own, at) => { own.value = at; own.dispatchEvent(new Event('input')); }", row["threshold"])
        for count in COUNTS:
            tab.get_by_text(f"{count} {row[count]}", exact=True).wait_for()
    tab.close()
