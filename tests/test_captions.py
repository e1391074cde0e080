"""What a job is called, and how it is asked for alone."""

from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from conftest import spec

from threshold_lab.captions import alone, experiment_of, study_of
from threshold_lab.plan import Job
from threshold_lab.provenance import engine
from threshold_lab.spec.data import PATHS
from threshold_lab.tracking import is_plain

FILES = ("churn.csv", "a/b/train.csv", "/a/b/train.csv", "a b/t t.csv", "moons", "..csv", "...", "../a.csv", "a+b.csv")
FILES += ("x" * 300 + ".csv", "\x1b.csv", "a\nb.csv", "a\\nb.csv", "表" * 80 + "/" + "表" * 80 + ".csv")
ONE, OTHER = "1f3a9c2e" + "0" * 56, "0d5b7e41" + "0" * 56


def job(**changes: object) -> Job:
    return Job(spec(**changes), "data", engine())


def test_an_experiment_is_a_data_set_and_a_study_which_is_no_part_of_what_a_job_is():
    alone, asked = job(), replace(job(), study="circles_bce")
    assert experiment_of(alone) == "moons"
    assert experiment_of(asked) == "moons circles_bce"
    assert (asked, asked.key) == (alone, alone.key)


def of_files(*paths: str, files: str = ONE, study: str = "") -> Job:
    named = {"path": paths[0]} if len(paths) == 1 else dict(zip(PATHS[1:], paths, strict=True))
    return replace(job(data={"source": "csv", "target": "y", **named}), files=files, study=study)


@pytest.mark.parametrize("path", FILES)
def test_two_files_share_an_experiment_where_name_and_content_are_the_same_wherever_they_are(path):
    own, other = experiment_of(of_files(path)), experiment_of(of_files(path, files=OTHER))
    assert own != other
    assert own == experiment_of(of_files(str(Path("another", "folder", Path(path).name))))
    assert all(is_plain(name) and len(quote(name)) <= 80 for name in (own, other))


def test_an_experiment_of_files_says_their_names_and_the_first_digits_of_their_hash():
    assert experiment_of(of_files("a/churn.csv")) == f"churn.csv {ONE[:8]}"
    assert experiment_of(of_files("a/sonar.csv", study="baseline")) == f"sonar.csv {ONE[:8]} baseline"
    assert experiment_of(of_files("a/t.csv", "a/v.csv", "b/t.csv")) == f"t.csv + v.csv + t.csv {ONE[:8]}"
    assert experiment_of(of_files("x" * 300 + ".csv")) == f"{'x' * 69} {ONE[:8]}"


@pytest.mark.parametrize("study", ["", "sonar_baseline"])
@pytest.mark.parametrize("path", FILES)
def test_a_study_is_told_from_the_experiment_that_it_is_part_of(path, study):
    own = of_files(path, study=study)
    assert study_of(experiment_of(own), replace(own, study="")) == study


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("threshold-lab sweep --multirun", "threshold-lab run activation=tanh loss=mse threshold=0.3"),
        (
            "threshold-lab sweep activation=tanh,linear sweep=none store=x seeds=2 'optimizer=adam,sgd'",
            "threshold-lab run activation=tanh seeds=2 optimizer=sgd loss=mse threshold=0.3",
        ),
        (
            "threshold-lab sweep 'network.dropout=[0,0],[0.5,0.1]'",
            "threshold-lab run 'network.dropout=[0.5,0.1]' activation=tanh loss=mse threshold=0.3",
        ),
        ("threshold-lab sweep sweep=mine", ""),
        ("threshold-lab sweep +experiment=a,b", ""),
        ("threshold-lab sweep hydra/sweeper=optuna --cfg job", ""),
        ("", ""),
    ],
)
def test_the_command_for_a_job_of_a_sweep_alone(command, expected):
    assert alone(command, spec(activation="tanh", loss="mse", threshold=0.3)) == expected
