"""threshold-lab decide: from a file of scores to an operating point."""

import json
from pathlib import Path

import pytest
from conftest import lab, lab_here
from test_shared_data import FOLDER

ROWS = [(0.1, "no"), (0.3, "no"), (0.4, "yes"), (0.6, "no"), (0.7, "yes"), (0.9, "yes")]
KEYS = {"threshold", "tp", "fp", "tn", "fn", "threshold_ci", "metrics"}


@pytest.fixture
def scores(tmp_path) -> Path:
    path = tmp_path / "scores.csv"
    path.write_text("p,y\n" + "".join(f"{score},{label}\n" for score, label in ROWS))
    return path


def asked(path: Path, *words: str, status: int = 0):
    done = lab_here("decide", path.name, "--score", "p", "--label", "y", *words, folder=path.parent)
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    return done


def test_a_program_reads_counts_intervals_and_metrics(scores):
    found = json.loads(asked(scores, "--rule", "cost", "--json", "--set", "cost.fp=1", "cost.fn=5").stdout)
    assert set(found) > KEYS
    assert found["threshold"] == pytest.approx(0.35)
    assert [found[name] for name in ("tp", "fp", "tn", "fn")] == [3, 1, 2, 0]
    assert found["metrics"]["expected_cost"] == pytest.approx(1 / 6)
    assert found["metrics"]["recall"] == 1
    low, high = found["threshold_ci"]
    assert low <= found["threshold"] <= high
    assert found["metrics_ci"]["specificity"][0] < 2 / 3 < found["metrics_ci"]["specificity"][1]


def test_a_person_reads_a_table(scores):
    said = asked(scores).stdout
    assert "youden: positive (yes) is a score of 0.65 or more" in said
    assert "6 rows: tp 2, fp 0, tn 3, fn 1" in said
    assert "always saying the more frequent label is right on 0.500" in said
    assert "roc_auc" in said


def test_a_number_is_a_rule_too_and_nothing_undefined_is_printed_as_a_number(scores):
    found = json.loads(asked(scores, "--rule", "2", "--positive", "no", "--json").stdout)
    assert (found["threshold"], found["positive"]) == (2, "no")
    assert found["threshold_ci"] == [None, None]
    assert found["metrics"]["precision"] is None


def test_a_score_that_is_no_probability_has_no_metric_of_one(scores):
    scores.write_text("p,y\n-3,0\n-1,1\n2,0\n4,1\n")
    found = json.loads(asked(scores, "--rule", "natural", "--json").stdout)
    assert found["threshold"] == 0
    assert "brier" not in found["metrics"]
    logit = json.loads(asked(scores, "--rule", "elkan", "--unit", "logit", "--set", "cost.fn=3", "--json").stdout)
    assert logit["threshold"] == pytest.approx(-1.0986, abs=1e-4)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--rule", "yuden"], "did you mean 'youden'?"),
        (["--rule", "precision_at_least", "--set", "at_least=2.0"], "at_least must be 1 or less"),
        (["--set", "cost.fb=1.0"], "unknown key 'cost.fb'"),
        (["--set", "cost"], "got 'cost'"),
        (["--set", "beta=1", "beta.gamma=2"], "got 'beta.gamma=2'"),
        (["--set", "cost.=="], "unknown key 'cost.'"),
        (["--set", "cost.fp=NaN"], "cost.fp must be a finite number"),
        (["--set", "cost.fp=${oc.env:HOME}"], "cost.fp must be a number; got '${oc.env:HOME}'"),
        (["--positive", "maybe"], "'maybe' is not in column 'y'"),
        (["--unit", "margin", "--rule", "elkan", "--set", "cost.fn=2.0"], "a margin stands for no probability"),
    ],
)
def test_what_cannot_be_is_told_with_what_to_do(scores, words, problem):
    assert problem in asked(scores, *words, status=2).stderr


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("p,y\n0.1,0\nhigh,1\n", "scores.csv, row 3, column 'p': 'high' is not a number"),
        ("p,y\n0.1,0\n,1\n", "scores.csv, row 3, column 'p': 'nan' is not a number"),
        ("p,y\n0.1,0\n0.2,0\n", "must hold two values; it holds 1: '0' (2 rows); name another column with --label"),
        ("p,y\n0.1,a\n0.2,b\n", "which of them is positive? Name it with --positive a or --positive b"),
        ("q,y\n0.1,0\n0.2,1\n", "unknown column 'p'"),
        ("p,y\n0.3,0\n0.3,1\n", "all scores are 0.3, which no cut parts"),
    ],
)
def test_a_file_that_cannot_be_cut_is_told(scores, content, problem):
    scores.write_text(content)
    assert problem in asked(scores, status=2).stderr


def test_a_file_that_is_not_there_is_told(scores):
    done = lab("decide", "gone.csv", "--score", "p", "--label", "y", folder=scores.parent)
    assert done.returncode == 2
    assert "gone.csv: no such file" in done.stderr


@pytest.mark.parametrize(
    ("file", "words", "counts", "expected"),
    [
        (
            "two_class_example.csv",
            ["--score", "Class1", "--label", "truth", "--positive", "Class1"],
            (208, 19, 223, 50),
            {"roc_auc": 0.939313857389967, "brier": 0.105619, "log_loss": 0.328310, "youden": 0.7277},
        ),
        (
            "suicide.csv",
            ["--score", "dsi", "--label", "suicide"],
            (32, 68, 428, 4),
            {"roc_auc": 0.923779, "youden": 0.751792},
        ),
    ],
)
@pytest.mark.skipif(not FOLDER.exists(), reason="the shared tables are not here")
def test_the_oracles_to_all_their_digits(file, words, counts, expected):
    done = lab_here("decide", str(FOLDER / file), *words, "--json", folder=Path.cwd())
    found = json.loads(done.stdout)
    assert tuple(found[name] for name in ("tp", "fp", "tn", "fn")) == counts
    for name, value in expected.items():
        digits = len(str(value).split(".")[1])
        assert round(found["metrics"][name], digits) == pytest.approx(value, abs=0.51 * 10**-digits), name
