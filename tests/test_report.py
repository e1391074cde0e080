"""The report: one page and one text of all that is stored, the same to the byte; looked at in a real browser."""

import json
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import NO_TENSORFLOW, SMALL, lab
from markdown_it import MarkdownIt
from test_answers import ANSWER
from test_browser import CHROMIUM

from threshold_lab.app.hydra_door import composed
from threshold_lab.app.task import PLACES
from threshold_lab.claims.answer import Measured, Picture, Series, written
from threshold_lab.claims.kept import keep as keep_answer
from threshold_lab.errors import StoreError
from threshold_lab.report.words import estimate, measured, number
from threshold_lab.report.written import GLANCE, PAGE, TEXT, report
from threshold_lab.spec import run_spec
from threshold_lab.tracking import Runs

WORDS = ["activation=sigmoid,linear", "loss=binary_crossentropy,mse"]
HOSTILE = (
    """</script><script>window.hacked=1</script>"'><img src=x onerror="window.hacked=2"> | `b` [l](x) {{7*7}} $x$"""
)
GAIN = Measured(
    data="moons", statistic="gain", value=0.012345, low=-0.0021, high=0.0268, confidence=0.95, limit="0", holds=None
)
ANSWERS = [
    ANSWER,
    replace(
        ANSWER,
        number=9,
        name="tuned_cut",
        verdict="not decided",
        claim="A tuned cut gains nothing.",
        measured=(GAIN,),
        picture=Picture(
            kind="points",
            title="Gain",
            x="data",
            y="gain",
            mark=0.0,
            series=(Series(name="gain", x=("moons", "circles"), y=(0.1, 0.2), low=(0.0, 0.1), high=(0.2, 0.3)),),
        ),
    ),
]


def keep(answers, folder: Path) -> None:
    runs = Runs(folder)
    for own in answers:
        keep_answer(runs, own, own.name)


def specs(*words: str):
    configs = composed("threshold=0.5", *words)
    return [run_spec({key: value for key, value in own.items() if key not in PLACES}) for own in configs]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a small sweep and two answers."""
    place = tmp_path_factory.mktemp("reported")
    done = lab("sweep", *WORDS, "threshold=0.5,youden", *SMALL, folder=place)
    assert done.returncode == 0, done.stderr
    keep(ANSWERS, place / "mlruns")
    return place


@pytest.fixture(scope="module")
def question():
    return specs(*WORDS, *SMALL)


@pytest.fixture(scope="module")
def files(folder, question):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        yield report(Path("mlruns"), question)


class Text(HTMLParser):
    """The words of a page that a reader sees, the tags of its elements, and the numbers it says it has."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.words, self.tags, self.numbers, self._silent = [], [], [], 0
        self.feed(page.decode())

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self._silent += tag in ("script", "style", "svg")
        self.numbers += [value for name, value in attrs if (tag, name) == ("data", "value")]

    def handle_endtag(self, tag):
        self._silent -= tag in ("script", "style", "svg")

    def handle_data(self, data):
        self.words += [] if self._silent else [data]


def decimals(words: str) -> set[str]:
    return set(re.findall(r"-?\d*\.\d+(?:e-?\d+)?", words))


def test_the_same_store_gives_the_same_bytes_also_from_the_command_line_without_tensorflow(folder, files):
    table = Runs(folder / "mlruns").of_kind("sweep")[0].tags["lab.sweep"]
    done = lab("report", "--sweep", table, "--out", "again", folder=folder, **NO_TENSORFLOW)
    assert done.returncode == 0, done.stderr
    assert not re.search(r"\|\s+(tensorflow|keras)$", done.stderr, re.MULTILINE)
    assert set(done.stdout.split()) == {f"again/{name}" for name in files}
    assert {name: (folder / "again" / name).read_bytes() for name in files} == files


def test_every_number_of_the_page_is_stored(folder, files, question):
    from threshold_lab.report.found import found

    own = found(Runs(folder / "mlruns"), question)
    rows = own.sweep.rows
    pairs = [pair for row in rows for pair in (*row.accuracy.values(), *row.threshold.values(), row.roc_auc, row.brier)]
    told = [one for pair in pairs for one in estimate(pair)]
    told += [one for answer in ANSWERS for own_ in answer.measured for one in measured(own_) if one]
    told += [number(value) for row in ANSWER.table for value in row.values() if not isinstance(value, str)]
    told += [estimate((row.majority, np.nan))[0] for row in rows]
    page = Text(files[PAGE])
    assert set(page.numbers) == {one.exact for one in told}
    parts = re.split(r'<section id="model"|<section id="evidence"', files[PAGE].decode())
    seen = decimals(" ".join(Text((parts[0] + parts[2]).encode()).words))
    stored = decimals(" ".join([*(written(answer).decode() for answer in ANSWERS), json.dumps(own.sweep.provenance)]))
    assert seen <= {one.words for one in told} | stored | {"0.5"}


def test_a_stored_number_that_changes_changes_the_page_the_text_and_the_picture(folder, files, question, tmp_path):
    shutil.copytree(folder / "mlruns", tmp_path / "mlruns")
    for path in (tmp_path / "mlruns" / "artifacts").rglob("seeds.csv"):
        table = pd.read_csv(path, dtype={"rule": str})
        table["accuracy"] = 0.123
        table.to_csv(path, index=False)
    keep([replace(ANSWERS[1], measured=(replace(GAIN, value=0.0456789),))], tmp_path / "mlruns")
    changed = report(tmp_path / "mlruns", question)
    for name in (PAGE, TEXT):
        assert b"0.123" in changed[name]
        assert b"0.123 " not in files[name].replace(b"0.1234", b"")
        assert b"0.046" in changed[name]
        assert b"0.012" in files[name]
    assert changed[GLANCE] != files[GLANCE]
    assert changed["pictures/comparison.svg"] != files["pictures/comparison.svg"]


def test_the_text_has_the_numbers_of_the_page(files):
    without = re.sub(r'(?s)<section id="model".*?</section>', "", files[PAGE].decode())
    seen = re.sub(r"!\[.*\]\(pictures/", "](pictures/", files[TEXT].decode())
    assert decimals(" ".join(Text(without.encode()).words)) == decimals(seen)
    named = re.findall(r"\]\((pictures/[^)]+)\)", files[TEXT].decode())
    assert {f"pictures/{name}.svg" for name in ("claim-1", "claim-9", "comparison")} == set(named) <= set(files)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """The files of a store whose every word is hostile, and that holds no sweep."""
    folder = tmp_path_factory.mktemp("hostile")
    series = (Series(name=HOSTILE, x=(HOSTILE, "b\n# c"), y=(1.0, 2.0)),)
    own = replace(
        ANSWER,
        quote=HOSTILE,
        claim=HOSTILE,
        says=f"# {HOSTILE}\n\n# x",
        method=HOSTILE,
        command=HOSTILE,
        environment={HOSTILE: HOSTILE},
        measured=(replace(ANSWER.measured[0], data=HOSTILE, statistic=HOSTILE, limit=HOSTILE),),
        table=({HOSTILE: HOSTILE, "b": 1.5},),
        picture=Picture(kind="bars", title=HOSTILE, x=HOSTILE, y=HOSTILE, series=series),
        runs=(HOSTILE,),
    )
    keep([own], folder)
    return report(folder, specs())


def test_stored_words_stay_words(hostile):
    page = Text(hostile[PAGE])
    assert "script" not in page.tags
    assert "img" not in page.tags
    assert " ".join(page.words).count(HOSTILE) >= 9
    assert b"49" not in hostile[TEXT]
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(hostile[TEXT].decode())
    text = Text(html.encode())
    assert not {"script", "b"} & set(text.tags)
    assert text.tags.count("img") == 1
    assert text.tags.count("h1") == 1
    assert "a" not in text.tags
    for table in re.findall(r"(?s)<table>.*?</table>", html):
        assert len({row.count("<td") + row.count("<th>") + row.count("<th ") for row in table.split("<tr>")[1:]}) == 1
    assert b"<script" not in hostile["pictures/claim-1.svg"]


def test_without_a_sweep_or_without_claims_the_page_says_what_makes_them(hostile, folder, question, tmp_path):
    assert b"threshold-lab sweep" in hostile[PAGE]
    assert b"threshold-lab sweep" in hostile[TEXT]
    assert GLANCE not in hostile
    shutil.copytree(folder / "mlruns", tmp_path / "mlruns")
    client = Runs(tmp_path / "mlruns")
    for run in client.of_kind("claim"):
        client.supersede(run.run_id)
    alone = report(tmp_path / "mlruns", question)
    assert "threshold-lab claims" in alone[PAGE].decode()
    assert GLANCE in alone
    with pytest.raises(StoreError, match="make them with: threshold-lab sweep, threshold-lab claims"):
        report(tmp_path / "mlruns", specs())
    with pytest.raises(StoreError, match=r"no sweep of two jobs or more is named 'other'; there are: \d{8}-"):
        report(tmp_path / "mlruns", question, "other")
    with pytest.raises(StoreError, match=r"no runs in .*; make them with: threshold-lab sweep, threshold-lab claims"):
        report(tmp_path / "none", question)


# ---- in a browser


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("no browser is found: install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as drivers:
        yield drivers.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])


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
    assert tab.locator("#cut").inner_text() == slider.get_attribute("aria-valuetext") == "1.000"
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
