"""The report's page in a real browser: its slider, on a phone, in light and in dark, and what it asks for: nothing."""

import json
import re
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from browsers import a_browser
from stored_answers import a_store, files_of, hostile_files

from threshold_lab.report.written import PAGE
from threshold_lab.tracking import Runs

folder = pytest.fixture(scope="module")(a_store)
files = pytest.fixture(scope="module")(files_of)
hostile = pytest.fixture(scope="module")(hostile_files)


browser = pytest.fixture(scope="module")(a_browser)


@pytest.fixture
def opened(browser, tmp_path):
    """Opens a report's page from its file as a reader may have it; what it asks for or complains of is a failure."""
    said, contexts = [], []

    def look(files, *, model=True, **settings):
        (tmp_path / PAGE).write_bytes(files[PAGE])
        contexts.append(browser.new_context(**settings))
        contexts[-1].set_default_timeout(60_000)
        tab = contexts[-1].new_page()
        tab.on("request", lambda own: said.append(own.url) if not own.url.endswith(PAGE) else None)
        tab.on("console", lambda own: said.append(own.text))
        tab.on("pageerror", lambda own: said.append(str(own)))
        tab.goto((tmp_path / PAGE).as_uri())
        if model:
            tab.locator("#chart-1 svg").wait_for()
        return tab

    yield look
    for context in contexts:
        context.close()
    assert said == []


def test_the_slider_moves_the_counts_and_the_line_also_by_keys(files, folder, opened):
    tab = opened(files, viewport={"width": 1200, "height": 900})
    tidy = pd.read_csv(next((folder / "mlruns" / "artifacts" / "moons").rglob("seeds.csv")), dtype={"rule": str})
    half = tidy[(tidy["part"] == "test") & (tidy["rule"] == "0.5")]
    counts = {name: tab.locator(f"#count-{name}") for name in ("tp", "fp", "fn", "tn", "accuracy")}
    rows = half[["tp", "fp", "fn", "tn"]].to_numpy().sum()
    assert sum(int(counts[name].inner_text()) for name in ("tp", "fp", "fn", "tn")) == rows
    slider, line = tab.get_by_label("Threshold", exact=True), tab.locator("#chart-0 .threshold_marks line")
    before = line.get_attribute("transform")
    slider.focus()
    slider.press("End")
    assert counts["tp"].inner_text() == counts["fp"].inner_text() == "0"
    last = json.loads(tab.locator("#model-data").text_content())["cuts"]["threshold"][-1]
    assert tab.locator("#cut").inner_text() == slider.get_attribute("aria-valuetext") == f"{last:.3f}"
    tab.wait_for_function(
        "before => document.querySelector('#chart-0 .threshold_marks line').getAttribute('transform') !== before",
        arg=before,
    )
    slider.press("Home")
    assert counts["fn"].inner_text() == counts["tn"].inner_text() == "0"
    tab.get_by_role("button", name="0.5, where P is one half").click()
    assert float(counts["accuracy"].inner_text()) == pytest.approx(half_of_first(folder), abs=5e-4)


def half_of_first(folder: Path) -> float:
    """Accuracy at .5 of the question's own networks, counted together."""
    runs = Runs(folder / "mlruns")
    with runs.downloaded(runs.of_kind("sweep")[0].run_id, "table.csv") as path:
        table = pd.read_csv(path)
    return float(table[table["run"] == "sigmoid binary_crossentropy 0.5"]["test_accuracy"].iloc[0])


def test_nothing_sticks_out_on_a_phone(files, hostile, opened):
    for own, model in ((files, True), (hostile, False)):
        tab = opened(own, model=model, viewport={"width": 360, "height": 740})
        assert tab.evaluate("document.documentElement.scrollWidth") == 360
        assert tab.evaluate("window.hacked") is None


CONTRAST = """() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => parts(colour).slice(0, 3).map((own) => own / 255)
    .map((own) => (own <= 0.04045 ? own / 12.92 : ((own + 0.055) / 1.055) ** 2.4))
    .reduce((sum, own, at) => sum + own * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = (own) => {
    for (let at = own; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (parts(colour)[3] !== 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const told = [...document.querySelectorAll("main *, header *, footer *")].filter((own) =>
    own.checkVisibility() && [...own.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
  return told.map((own) => {
    const style = getComputedStyle(own);
    const pair = [light(own.closest("svg") ? style.fill : style.color), light(ground(own))].sort((a, b) => b - a);
    return [(pair[0] + 0.05) / (pair[1] + 0.05), own.tagName + " " + own.textContent.slice(0, 30)];
  }).sort((a, b) => a[0] - b[0])[0];
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_can_be_read_in_light_and_in_dark(files, opened, scheme):
    tab = opened(files, color_scheme=scheme, viewport={"width": 1200, "height": 900})
    ground = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", ground)[:3])) < 128) == (scheme == "dark")
    least, where = tab.evaluate(CONTRAST)
    assert least >= 4.5, where


def test_headings_go_down_by_one_and_every_picture_has_words(files, opened):
    tab = opened(files)
    levels = tab.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(own => Number(own.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    pictures = tab.evaluate("[...document.querySelectorAll('svg')].map(own => own.closest('[aria-label]')?.ariaLabel)")
    assert len(pictures) == 5
    assert all(pictures)
    assert tab.evaluate("new Set([...document.querySelectorAll('[id]')].map(own => own.id)).size") == tab.evaluate(
        "document.querySelectorAll('[id]').length"
    )
