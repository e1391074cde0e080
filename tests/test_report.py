"""The report: one page and one text of all that is stored, the same to the byte."""

import json
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from conftest import NO_TENSORFLOW, lab
from markdown_it import MarkdownIt
from stored_answers import ANSWERS, GAIN, HOSTILE, QUESTION, a_store, files_of, hostile_files, keep, specs
from test_answers import ANSWER

from threshold_lab.claims.answer import written
from threshold_lab.errors import StoreError
from threshold_lab.report.words import estimate, measured, number
from threshold_lab.report.written import GLANCE, PAGE, TEXT, report
from threshold_lab.tracking import Runs

folder = pytest.fixture(scope="module")(a_store)
files = pytest.fixture(scope="module")(files_of)
hostile = pytest.fixture(scope="module")(hostile_files)


@pytest.fixture(scope="module")
def question():
    return specs(*QUESTION)


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


def test_stored_words_stay_words(hostile):
    page = Text(hostile[PAGE])
    assert "script" not in page.tags
    assert "img" not in page.tags
    assert " ".join(page.words).count(HOSTILE) >= 9
    assert str(777 * 777).encode() not in hostile[TEXT]
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
