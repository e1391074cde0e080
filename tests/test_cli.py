"""The command line: what a mistake is answered with, and what it costs."""

import re

import pytest
from conftest import NO_TENSORFLOW, lab

from threshold_lab.heads import ACTIVATIONS, LOSSES
from threshold_lab.thresholds import RULES

ALL = "sweep run ui decide explain contracts compare reproduce claims report export status verify"
"""What the command line offers as its first word."""

NEED_MLFLOW = ("no sweep was planned", "no runs in", "make them with: threshold-lab sweep, threshold-lab claims")

MISTAKES = {
    "did you mean 'sigmoid'?": ("sweep activation=sigmoyd,tanh"),
    "unknown loss 'bce'; known: binary_crossentropy, ": "run loss=bce",
    "there is no job to run: what is swept matches nothing": "sweep activation=glob(*)",
    "store must name a folder, without ?, # and %, which an address reads otherwise": "sweep store=",
    "data.path is a key of data=csv: add that": "run data.path=my.csv",
    "99999 is not in the range 1<=x<=65535": "ui --port 99999",
    "gone.csv: no such file": "run data=csv data.path=gone.csv data.target=y",
    "unknown key 'treshold'; known: activation, loss, threshold,": "run treshold=0.3",
    "unknown key 'data.nois'; known: activation,": "sweep data=moons data.nois=0.3",
    "did you mean 'data.factor'?": "sweep data=circles,moons data.facto=0.3",
    "Could not find 'data/mooons'": "sweep data=mooons",
    "replace; add one with +case=moons; known: circles, imbalanced,": "sweep case=moons",
    "add one with +published=circles_hinge; known: circles_bce,": "sweep published=circles_hinge",
    "seeds must be 1 or more; got 0": "sweep seeds=0 data=moons",
    "executor.workers must be a whole number of 1 to 1,000, or null for one a core; got 0": "run executor.workers=0",
    "executor.lease must be a number of seconds above 0, or null for none; got -1": "run executor.lease=-1",
    "executor.time_limit must be a number of seconds above 0, or null for none; got inf": "run executor.time_limit=inf",
    "executor.wait must be true, to wait for another sweep there, or false; got 3": "run executor.wait=3",
    "To sweep over it, add --multirun": "run activation=sigmoid,tanh",
    "name the label's column with data.target=COLUMN": "run data=csv data.path=gone.csv",
    "no viable alternative": "sweep a=[",
    "No such command 'swep'. Did you mean 'sweep'?": "swep",
    "strict must be true or false; got 3": "sweep strict=3",
    "strict=true: activation=linear loss=mse wants caution: not_a_probability": "sweep strict=true activation=linear",
    "no sweep was planned": "status",
    "no runs in": "ui",
    "make them with: threshold-lab sweep, threshold-lab claims": "report",
    "--data and --workers are of --freeze alone": "report --workers 2",
}


@pytest.mark.parametrize("words", MISTAKES, ids=MISTAKES.get)
def test_a_mistake_is_one_clear_message_and_leaves_nothing(words, folder):
    done = lab(*MISTAKES[words].split(), folder=folder, **NO_TENSORFLOW)
    said = [line for line in done.stderr.splitlines() if not line.startswith("import time:")]
    assert done.returncode == 2
    assert words in "\n".join(said)
    assert "Traceback" not in done.stderr
    assert "Error executing job" not in done.stderr
    assert "import time:" in done.stderr
    assert not re.search(r"\|\s+(tensorflow|mlflow)$", done.stderr, re.MULTILINE) or words in NEED_MLFLOW
    assert not any(folder.iterdir())


def test_every_name_in_a_table_is_in_the_help(folder):
    helped = lab("sweep", "--help", folder=folder)
    assert helped.returncode == 0
    for name in (*ACTIVATIONS, *LOSSES, *RULES):
        assert name in helped.stdout


def test_help_costs_no_library(folder):
    done = lab("--help", folder=folder, **NO_TENSORFLOW)
    assert "threshold-lab run" in done.stdout
    for library in ("tensorflow", "mlflow", "hydra", "pandas", "numpy"):
        assert f" {library}\n" not in done.stderr


@pytest.mark.parametrize("command", ["sweep", "run"])
def test_hydra_shows_the_configuration(command, folder):
    shown = lab(command, "--cfg", "job", "threshold=youden", folder=folder)
    assert "threshold: youden" in shown.stdout
    assert "- worst concave points" in shown.stdout
    assert not any(folder.iterdir())


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("threshold-lab ", ALL),
        ("threshold-lab sw", ALL),
        ("threshold-lab sweep data=m", "data=moons"),
        ("threshold-lab run activ", "activation="),
        ("threshold-lab run optimizer.l", "optimizer.learning_rate="),
    ],
)
def test_the_shell_completes_commands_groups_and_keys(line, offered, folder):
    done = lab("-sc", "query=bash", folder=folder, COMP_LINE=line)
    assert done.stdout.strip() == offered


def test_the_completion_installs_itself(folder):
    assert "complete -o nospace" in lab("-sc", "install=bash", folder=folder).stdout
    assert not any(folder.iterdir())
