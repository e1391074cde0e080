"""What a table of one's own holds is text wherever it is told: no script, no formula, no command, no path."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import spec
from hostile import CELLS, CONTROL, ORIGIN, SCRIPT, said
from test_recording import fit

from threshold_lab import captions, data
from threshold_lab.app.tables import warnings
from threshold_lab.cells import cell_of
from threshold_lab.plan import Job
from threshold_lab.provenance import decisions, engine
from threshold_lab.recording import record_of


@pytest.fixture(scope="module")
def hostile_table(tmp_path_factory) -> Path:
    """Names, texts and labels of a CSV that want to be a script, a formula, a format or a command."""
    path = tmp_path_factory.mktemp("table") / "evil.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([SCRIPT, CONTROL, "n" * 900, "score", "y"])
        for row in range(80):
            text = CELLS[row % len(CELLS)]
            writer.writerow(
                [
                    text,
                    row * 7 % 11 / 3,
                    -999 if row % 9 == 0 else row % 5,
                    row / 80,
                    (SCRIPT, CELLS[2])[row * 3 % 5 % 2],
                ]
            )
    return path


def test_the_cells_of_a_table_are_text_wherever_they_are_told(hostile_table, capsys):
    own = data.load(spec(data={"source": "csv", "path": str(hostile_table), "target": "y", "positive": SCRIPT}).data)
    assert own.suspicions
    lines = warnings(own.suspicions)
    assert all(line.isprintable() for line in lines)
    words = captions.warned(own.suspicions)
    assert all(line.startswith("    ") for line in words.split(":\n", 1)[1].splitlines() if line)
    assert "\x1b" not in words


def test_a_run_of_such_a_table_has_no_formula_in_its_tables_and_no_script_in_its_description(hostile_table):
    own = data.load(spec(data={"source": "csv", "path": str(hostile_table), "target": "y", "positive": SCRIPT}).data)
    job = Job(spec(), own.hash, engine(), decisions())
    fits = [replace(fit(own, seed), model=None) for seed in job.spec.all_seeds]
    record = record_of(job, cell_of(job, fits, own), ORIGIN)
    for name, content in record.files.items():
        if name.endswith(".csv"):
            cells = [cell for row in csv.reader(io.StringIO(content.decode())) for cell in row]
            assert not [cell for cell in cells if cell[:1] in "=@" and cell], name
    described = [line for line in record.description.splitlines() if not line.startswith("    ")]
    assert "<script" not in "\n".join(described)
    assert json.loads(record.files["warnings.json"])
    assert record.tags["warnings"]
    assert all(len(value) < 5000 for value in record.tags.values())


def test_deciding_on_such_a_table_prints_no_escape(hostile_table, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    words = [
        "decide",
        str(hostile_table),
        "--score",
        "score",
        "--label",
        "y",
        "--positive",
        SCRIPT,
        "--set",
        "resamples=20",
    ]
    out, _, code = said(capsys, monkeypatch, *words)
    assert (code, "alert(1)" in out) == (0, True)
    out, err, code = said(capsys, monkeypatch, "decide", str(hostile_table), "--score", CONTROL + "x", "--label", "y")
    assert (code, "unknown column" in err) == (2, True)


@pytest.mark.parametrize("label", [CONTROL, "\x1b]0;title\x07", "a\nb", "\u202eevil"])
def test_a_label_moves_no_cursor(label, capsys, monkeypatch, tmp_path):
    path = tmp_path / "labels.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["s", "y"], *([row / 40, (label, "b")[row * 3 % 5 % 2]] for row in range(40))])
    out, _, code = said(
        capsys, monkeypatch, "decide", str(path), "--score", "s", "--label", "y", "--positive", label, "--set",
        "resamples=20",
    )  # fmt: skip
    assert code == 0
    assert out.replace("\n", "").isprintable()
    _, err, code = said(capsys, monkeypatch, "decide", str(path), "--score", "s", "--label", "y")
    assert (code, "which of them is positive" in err) == (2, True)
