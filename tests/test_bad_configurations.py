"""Every field of a configuration refuses what it cannot be, in our words, before anything is read or written."""

import sys

import pytest
from conftest import CONFIG

from threshold_lab import plan
from threshold_lab.app import main
from threshold_lab.app.task import SweepTask, _spec
from threshold_lab.errors import ConfigError
from threshold_lab.spec import run_spec

HUGE, NAN, INF = 10**12, float("nan"), float("inf")
CSV = {"source": "csv", "path": "a.csv", "target": "y"}
MANY = "9" * 5000

CASES = [
    ({"activation": None}, "activation must be text; got None"),
    ({"activation": "sigmoit"}, "unknown activation 'sigmoit'; known: sigmoid, softmax"),
    ({"activation": "sigmoit"}, "did you mean 'sigmoid'?"),
    ({"activation": "step"}, "activation 'step' cannot be trained"),
    ({"activation": "a" * 10_000}, "activation must have 4,096 characters or less; got 'aaaa"),
    ({"loss": "binary_crossentrophy"}, "did you mean 'binary_crossentropy'?"),
    ({"loss": 3}, "loss must be text; got 3"),
    ({"loss": ["mse"]}, "loss must be text; got ['mse']"),
    ({"threshold": NAN}, "threshold must be a finite number or text; got nan"),
    ({"threshold": INF}, "threshold must be a finite number or text; got inf"),
    ({"threshold": True}, "threshold must be a number or text; got True"),
    ({"threshold": None}, "threshold must be a number or text; got None"),
    ({"threshold": "yoden"}, "unknown threshold 'yoden'"),
    ({"threshold": "yoden"}, "did you mean 'youden'?"),
    ({"batch_size": 0}, "batch_size must be 1 or more; got 0"),
    ({"batch_size": HUGE}, "batch_size must be 1,000,000 or less; got 1000000000000 (a batch is held in memory"),
    ({"epochs": 0}, "epochs must be 1 or more; got 0"),
    ({"epochs": -1}, "epochs must be 1 or more; got -1"),
    ({"epochs": 1e3}, "epochs must be a whole number; got 1000.0"),
    ({"epochs": "3"}, "epochs must be a whole number; got '3'"),
    ({"epochs": NAN}, "epochs must be a whole number; got nan"),
    ({"epochs": None}, "epochs must be a whole number; got None"),
    ({"epochs": {"a": 1}}, "epochs must be a whole number; got {'a': 1}"),
    ({"epochs": HUGE}, "epochs must be 1,000,000 or less; got 1000000000000 (each takes a pass over all rows)"),
    ({"epochs": int("9" * 4000) ** 2}, "epochs must be 1,000,000 or less; got a number of thousands of digits"),
    ({"patience": 0}, "patience must be 1 or more; got 0"),
    ({"patience": HUGE}, "patience must be 1,000,000 or less"),
    ({"targets": [0, 1, 2]}, "targets must hold 2 or less; got [0, 1, 2]"),
    ({"targets": [0]}, "targets must hold 2; got [0]"),
    ({"targets": [1, 0]}, "targets must be [0, 1] or [-1, 1], the negative label's first; got [1, 0]"),
    ({"targets": "01"}, "targets must be a list; got '01'"),
    ({"label_smoothing": -0.1}, "label_smoothing must be 0 or more; got -0.1"),
    ({"label_smoothing": 1}, "label_smoothing must be 0.999 or less; got 1"),
    ({"label_smoothing": NAN}, "label_smoothing must be a finite number; got nan"),
    ({"label_smoothing": 0.1, "loss": "mse"}, "loss 'mse' takes no label_smoothing"),
    ({"class_weight": [1.0]}, "class_weight must hold 2; got [1.0]"),
    ({"class_weight": [1.0, 2.0, 3.0]}, "class_weight must hold 2 or less; got [1.0, 2.0, 3.0]"),
    ({"class_weight": [0, 1.0]}, "class_weight.0 must be more than 0; got 0"),
    ({"class_weight": [INF, 1.0]}, "class_weight.0 must be a finite number; got inf"),
    ({"class_weight": [1e300, 1.0]}, "class_weight.0 must be 1,000,000,000 or less; got 1e+300 (networks are trained"),
    ({"trainer": "kears"}, "unknown trainer 'kears'; known: stacked, keras; did you mean 'keras'?"),
    ({"seeds": 0}, "seeds must be 1 or more; got 0"),
    ({"seeds": 10**9}, "seeds must be 10,000 or less; got 1000000000 (each is a network to train and to keep)"),
    ({"seed": -1}, "seed must be 0 or more; got -1"),
    ({"seed": 10**30}, "seed must be 9,223,372,036,854,775,807 or less"),
    ({"seed": 0.5}, "seed must be a whole number; got 0.5"),
    ({"epoch": 3}, "unknown key 'epoch'; known: activation, loss"),
    ({"epoch": 3}, "did you mean 'epochs'?; remove it"),
    ({"_target_": "os.system"}, "unknown key '_target_'"),
    ({3: 4}, "unknown key '3'"),
    # network
    ({"network": None}, "network must be a group of keys; got None"),
    ({"network": {"hidden": 5}}, "network.hidden must be a list; got 5"),
    ({"network": {"hidden": [8, 0]}}, "network.hidden.1 must be 1 or more; got 0"),
    ({"network": {"hidden": [8, "five"]}}, "network.hidden.1 must be a whole number; got 'five'"),
    ({"network": {"hidden": [10**9, 5]}}, "network.hidden.0 must be 16,384 or less; got 1000000000 (its weights are"),
    ({"network": {"hidden": [1] * 10_000}}, "network.hidden must hold 64 or less"),
    (
        {"network": {"hidden": [16_000, 16_000]}},
        "network.hidden has 256,000,000 weights between its layers; 50,000,000",
    ),
    ({"network": {"hidden": [3]}}, "one dropout rate a hidden layer: network.hidden has 1 layers, network.dropout 2"),
    ({"network": {"dropout": [1.0, 0]}}, "network.dropout.0 must be 0.999 or less; got 1.0"),
    ({"network": {"dropout": [0.1, NAN]}}, "network.dropout.1 must be a finite number; got nan"),
    ({"network": {"activation": "rleu"}}, "unknown network.activation 'rleu'; known: relu, tanh"),
    ({"network": {"activation": "rleu"}}, "did you mean 'relu'?"),
    ({"network": {"l2": -1}}, "network.l2 must be 0 or more; got -1"),
    ({"network": {"l2": 1e300}}, "network.l2 must be 1,000,000,000 or less"),
    ({"network": {"initializer": "he_normal"}}, "did you mean 'he_uniform'?"),
    ({"network": {"hiden": [3]}}, "unknown key 'network.hiden'; known: network.hidden"),
    # optimizer
    ({"optimizer": None}, "optimizer must be a group of keys; got None"),
    ({"optimizer": {"name": "sdg"}}, "unknown optimizer.name 'sdg'; known: sgd, adam, rmsprop; did you mean 'sgd'?"),
    ({"optimizer": {"name": None}}, "unknown optimizer.name 'None'"),
    ({"optimizer": {"learning_rate": 0.1}}, "optimizer.name is missing; choose one with optimizer=NAME"),
    ({"optimizer": {"name": "sgd", "learning_rate": 0}}, "optimizer.learning_rate must be more than 0; got 0"),
    ({"optimizer": {"name": "sgd", "learning_rate": INF}}, "optimizer.learning_rate must be a finite number; got inf"),
    ({"optimizer": {"name": "sgd", "learning_rate": 1e39}}, "optimizer.learning_rate must be 1,000,000,000 or less"),
    ({"optimizer": {"name": "sgd", "momentum": 1.0}}, "optimizer.momentum must be 0.999 or less; got 1.0"),
    ({"optimizer": {"name": "sgd", "nesterov": 1}}, "optimizer.nesterov must be true or false; got 1"),
    (
        {"optimizer": {"name": "sgd", "beta_1": 0.9}},
        "unknown key 'optimizer.beta_1'; known: optimizer.name, optimizer.",
    ),
    ({"optimizer": {"name": "adam", "beta1": 0.9}}, "did you mean 'optimizer.beta_1'?"),
    ({"optimizer": {"name": "adam", "epsilon": 0}}, "optimizer.epsilon must be more than 0; got 0"),
    # rule
    ({"rule": []}, "rule must be a group of keys; got []"),
    ({"rule": {"beta": 0}}, "rule.beta must be more than 0; got 0"),
    ({"rule": {"at_least": 1.5}}, "rule.at_least must be 1 or less; got 1.5"),
    ({"rule": {"confidence": 1}}, "rule.confidence must be less than 1; got 1"),
    ({"rule": {"resamples": HUGE}}, "rule.resamples must be 100,000 or less; got 1000000000000 (each chooses"),
    ({"rule": {"resamples": -1}}, "rule.resamples must be 0 or more; got -1"),
    ({"rule": {"smoothed": "yes"}}, "rule.smoothed must be true or false; got 'yes'"),
    ({"rule": {"cost": {"fp": NAN}}}, "rule.cost.fp must be a finite number; got nan"),
    ({"rule": {"cost": {"fp": -1}}}, "a wrong call must cost more than a right one"),
    ({"rule": {"cost": {"fpp": 1}}}, "did you mean 'rule.cost.fp'?"),
    # data
    ({"data": None}, "data must be a group of keys; got None"),
    ({"data": {}}, "data.source is missing; choose one with data=NAME"),
    ({"data": {"source": "moon"}}, "unknown data.source 'moon'; known: breast_cancer, moons"),
    ({"data": {"source": "moons", "rows": HUGE}}, "data.rows must be 10,000,000 or less; got 1000000000000 (they are"),
    ({"data": {"source": "moons", "noise": -1}}, "data.noise must be 0 or more; got -1"),
    ({"data": {"source": "moons", "noise": 1e300}}, "data.noise must be 1,000,000,000 or less"),
    ({"data": {"source": "moons", "seed": 2**40}}, "data.seed must be 4,294,967,295 or less"),
    ({"data": {"source": "moons", "split_seed": 2**40}}, "data.split_seed must be 4,294,967,295 or less"),
    ({"data": {"source": "moons", "test_fraction": 1.0}}, "data.test_fraction must be less than 1; got 1.0"),
    ({"data": {"source": "moons", "folds": 10**9, "fold": 0}}, "data.folds must be 1,000 or less"),
    ({"data": {"source": "moons", "folds": 1, "fold": 0}}, "data.folds must be 2 or more; got 1"),
    ({"data": {"source": "moons", "train_rows": 0}}, "data.train_rows must be 1 or more; got 0"),
    ({"data": {"source": "moons", "standardise": None}}, "data.standardise must be true or false; got None"),
    ({"data": {"source": "circles", "factor": 1.5}}, "data.factor must be less than 1; got 1.5"),
    ({"data": {"source": "circles", "noice": 1}}, "unknown key 'data.noice'; known: data."),
    (
        {"data": {"source": "classification", "features": HUGE}},
        "data.features must be 1,000 or less; got 1000000000000",
    ),
    ({"data": {"source": "classification", "clusters": HUGE}}, "data.clusters must be 1,000 or less"),
    ({"data": CSV | {"delimiter": ""}}, "data.delimiter must have 1 or more characters; got ''"),
    ({"data": CSV | {"delimiter": '"'}}, "data.delimiter must be one character of"),
    ({"data": CSV | {"delimiter": "\n"}}, r"got '\n'"),
    ({"data": CSV | {"drop": "x"}}, "data.drop must be a list; got 'x'"),
    ({"data": CSV | {"target": 1.5}}, "data.target must be text or a whole number; got 1.5"),
    ({"data": CSV | {"header": "no"}}, "data.header must be true or false; got 'no'"),
    ({"data": CSV | {"positive": NAN}}, "data.positive must be"),
    ({"data": CSV | {"features": ["a", "a"]}}, "column 'a' is named twice; name it once"),
]


def refusal(changes: dict) -> str:
    """What SweepTask, which is what Hydra calls, says of a configuration with some values changed."""
    config = dict(CONFIG)
    for key, value in changes.items():
        within = key in ("network",) and isinstance(value, dict)
        config[key] = config[key] | value if within else value
    with pytest.raises(ConfigError) as caught:
        plan.check([_spec(config)])
    return str(caught.value)


@pytest.mark.parametrize(("changes", "words"), CASES, ids=lambda own: str(own)[:60] if isinstance(own, str) else None)
def test_a_field_refuses_what_it_cannot_be_in_our_words(changes, words):
    told = refusal(changes)
    assert words in told
    assert not any(own in told for own in ("Input should", "pydantic", "valid integer", "Tuple", "[type="))
    assert max(map(len, told.splitlines())) < 500


def test_there_are_more_than_a_hundred_cases():
    assert len(CASES) >= 100


# ---- as a user meets them


def said(capsys, monkeypatch, *words: str) -> str:
    """What the command line prints to the standard error before it ends with 2, in this process."""
    monkeypatch.setattr(sys, "argv", ["threshold-lab", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    assert (ended.value.code, "Traceback" in out + err) == (2, False), err
    return err


COMMANDS = {
    "executor.workers must be a whole number of 1 to 1,000, or null for one a core; got 0": ["executor.workers=0"],
    "one a core; got 1000000000": ["executor.workers=1000000000"],
    "one a core; got True": ["executor.workers=true"],
    "one a core; got 1.5": ["executor.workers=1.5"],
    "Config group override must be a string or a list. Got NoneType": ["~executor", "+executor=null"],
    "unknown key 'executor.cores'; known: executor.workers": ["+executor.cores=3"],
    "store must name a folder": ["store=''"],
    "got None": ["store=null"],
    "got 'a?b'": ["store='a?b'"],
    r"got 'a\nb'": ["store='a\nb'"],
    "unknown key 'epoch'; known:": ["epoch=3"],
    "did you mean 'optimizer.learning_rate'?": ["optimizer.lerning_rate=3"],
    "data.path is a key of data=csv": ["data.path=x.csv"],
    "name the label's column with data.target=COLUMN": ["data=csv", "data.path=x.csv"],
    "x.csv: no such file": ["data=csv", "data.path=x.csv", "data.target=y"],
    "the command line cannot be read": [f"epochs={MANY}"],
    "epochs must be a whole number; got '${oc.env:HOME}'": [r"epochs='\${oc.env:HOME}'"],
    "hidden": ["network.hidden=[[1,2],3]"],
    "Available options in 'network':\n    none\n": ["network=nothing"],
}


@pytest.mark.parametrize("words", COMMANDS)
def test_the_command_line_refuses_and_writes_nothing(words, capsys, monkeypatch, folder):
    assert words in said(capsys, monkeypatch, "run", *COMMANDS[words])
    assert list(folder.iterdir()) == []


def test_environment_variables_that_are_wrong_are_told_at_once_before_anything_is_written(capsys, monkeypatch, folder):
    monkeypatch.setenv("THRESHOLD_LAB_PATIENCE", "soon")
    monkeypatch.setenv("THRESHOLD_LAB_FAULT", "foo")
    told = said(capsys, monkeypatch, "run", "data=moons")
    assert "THRESHOLD_LAB_PATIENCE must be a number of seconds, 0 or more; got 'soon'" in told
    assert "THRESHOLD_LAB_FAULT must be POINT:OCCURRENCE:ACTION" in told
    assert list(folder.iterdir()) == []


def test_all_problems_of_all_jobs_places_and_names_are_told_at_once(capsys, monkeypatch, folder):
    told = said(
        capsys, monkeypatch, "sweep", "sweep=none", "epochs=0,-1", "activation=sigmoit", "loss=mze", "threshold=yoden",
        "executor.workers=0", "store=''", "network.hidden=[0]",
    )  # fmt: skip
    for words in ("got 0", "got -1", "'sigmoit'", "'mze'", "'yoden'", "executor.workers", "store", "network.hidden.0"):
        assert words in told
    assert list(folder.iterdir()) == []


def test_files_of_all_jobs_are_looked_for_at_once(capsys, monkeypatch, folder):
    told = said(capsys, monkeypatch, "sweep", "data=csv", "data.path=a.csv,b.csv,c.csv", "data.target=y")
    assert [line.split(":")[-2].strip()[-5:] for line in told.splitlines()[:3]] == ["a.csv", "b.csv", "c.csv"]


def test_a_sweep_of_more_networks_than_can_be_kept_is_refused():
    with pytest.raises(ConfigError, match=r"101 jobs of 1,010,000 networks in all .*; 1,000,000 are the most"):
        plan.check([run_spec(CONFIG | {"seeds": 10_000, "seed": own}) for own in range(101)])


def test_a_task_without_a_job_is_refused():
    with pytest.raises(ConfigError, match="there is no job to run"):
        SweepTask("", type("Never", (), {"check": lambda self: None})()).batch([])
