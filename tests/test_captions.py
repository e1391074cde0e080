"""What a job is called, and how it is asked for alone."""

from dataclasses import replace
from urllib.parse import quote

import pytest
from conftest import spec

from threshold_lab.captions import alone, experiment_of, study_of
from threshold_lab.plan import Job
from threshold_lab.provenance import engine
from threshold_lab.spec.data import PATHS
from threshold_lab.tracking import is_plain

FILES = ("churn.csv", "a/train.csv", "b/train.csv", "a/b/train.csv", "/a/b/train.csv", "a b/train.csv", "a~train.csv")
FILES += ("moons", "train", "..csv", "../a.csv", "a/../b.csv", "a+b.csv", "train + a.csv", "x" * 300 + ".csv")
FILES += ("x" * 301 + ".csv", "\x1b.csv", "\\x1b.csv", "a\nb.csv", "a\\nb.csv", "表" * 80 + "/" + "表" * 80 + ".csv")


def job(**changes: object) -> Job:
    return Job(spec(**changes), "data", engine())


def test_an_experiment_is_a_data_set_and_a_study_which_is_no_part_of_what_a_job_is():
    alone, asked = job(), replace(job(), study="circles_bce")
    assert experiment_of(alone) == "moons"
    assert experiment_of(asked) == "moons circles_bce"
    assert (asked, asked.key) == (alone, alone.key)


def of_files(*paths: str, study: str = "") -> str:
    named = {"path": paths[0]} if len(paths) == 1 else dict(zip(PATHS[1:], paths, strict=True))
    return experiment_of(replace(job(data={"source": "csv", "target": "y", **named}), study=study))


def test_no_two_data_sets_share_an_experiment_unless_one_study_asks_for_both():
    parts = ("a/train.csv", "a/valid.csv")
    names = [
        experiment_of(job()),
        *map(of_files, FILES),
        of_files(*parts, "a/test.csv"),
        of_files(*parts, "b/test.csv"),
    ]
    assert len(set(names)) == len(names)
    assert all(is_plain(name) and len(quote(name)) <= 80 for name in names)
    assert [of_files("churn.csv"), of_files("./a//train.csv")] == ["churn.csv", "a~train.csv"]
    assert of_files(*parts, "a/test.csv") == "a~train.csv + a~valid.csv + a~test.csv"
    assert of_files("a/sonar.csv", study="sonar_baseline") == of_files("sonar.csv", study="sonar_baseline")


@pytest.mark.parametrize("study", ["", "sonar_baseline"])
@pytest.mark.parametrize("path", FILES)
def test_a_study_is_told_from_the_experiment_that_it_is_part_of(path, study):
    own = replace(job(data={"source": "csv", "target": "y", "path": path}), study=study)
    assert study_of(experiment_of(own), own.spec) == study


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
