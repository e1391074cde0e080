"""The configuration: what is refused, in which words, and what makes two jobs the same."""

import json

import pytest
from conftest import CONFIG, lane, spec
from hypothesis import given
from hypothesis import strategies as st

from threshold_lab.errors import ConfigError
from threshold_lab.spec import canonical, leaves, run_spec


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seeds": 0}, "seeds must be 1 or more; got 0"),
        ({"seeds": "3"}, "seeds must be a whole number; got '3'"),
        ({"seeds": True}, "seeds must be a whole number; got True"),
        ({"epochs": 2.5}, "epochs must be a whole number; got 2.5"),
        ({"threshold": True}, "threshold must be a number or text; got True"),
        ({"threshold": float("nan")}, "threshold must be a finite number"),
        ({"epoch": 3}, "did you mean 'epochs'?; remove it"),
        ({"network": {"widths": [3]}}, "unknown key 'network.widths'; known: network.hidden"),
        ({"network": {"hidden": [3], "dropout": [0.1, 0.2]}}, "one dropout rate a hidden layer"),
        ({"network": {"hidden": [3, 0]}}, "network.hidden.1 must be 1 or more; got 0"),
        ({"network": {"dropout": [1.0, 0.1]}}, "network.dropout.0 must be 0.999 or less; got 1.0"),
        ({"optimizer": {"learning_rate": -0.1}}, "optimizer.learning_rate must be more than 0; got -0.1"),
        (
            {"data": {"source": "moon"}},
            "unknown data.source 'moon'; known: breast_cancer, moons, circles, classification, csv",
        ),
        ({"data": {"source": "moons", "noise": -1}}, "data.noise must be 0 or more; got -1"),
        ({"data": {"source": "moons", "folds": 5}}, "data.folds and data.fold go together"),
        ({"data": {"source": "moons", "folds": 5, "fold": 5}}, "must be 0 to 4"),
        ({"data": {"source": "moons", "folds": 5, "fold": 1, "train_rows": 9}}, "one way only"),
        ({"data": {"source": "classification", "clusters": 3}}, "fewer than the clusters of two classes"),
        ({"network": {"initializer": "he_normal"}}, "did you mean 'he_uniform'?"),
        ({"data": {"source": "moons", "test_fraction": 0.8, "validation_fraction": 0.2}}, "must leave rows"),
        ({"data": {"source": "csv", "target": "y"}}, "data.path=FILE, or all three parts"),
        ({"data": {"source": "csv", "target": "y", "train_path": "a"}}, "data.path=FILE, or all three parts"),
        (
            {"data": {"source": "csv", "path": "a", "target": 0, "delimiter": ", "}},
            "or tab; got ', '",
        ),
        ({"data": {"source": "csv", "path": "a", "target": 0, "drop": ["b", "b"]}}, "column 'b' is named twice"),
        ({"data": {"source": "breast_cancer", "features": []}}, "data.features=[] leaves no feature"),
        ({"data": {"source": "csv", "path": ""}}, "data.path must have 1 or more characters; got ''"),
        ({"data": {"source": "csv", "path": "a"}}, "name the label's column with data.target=COLUMN"),
        (
            {"data": {"source": "csv", "path": "a", "target": 1, "split_column": "s", "folds": 3, "fold": 0}},
            "one way only; got data.split_column and data.folds",
        ),
    ],
)
def test_a_broken_rule_is_told_with_what_was_received(changes, words):
    with pytest.raises(ConfigError) as caught:
        spec(**changes)
    assert words in str(caught.value)


def test_all_problems_are_told_at_once():
    with pytest.raises(ConfigError) as caught:
        spec(seeds=0, epochs="many", network={"hidden": [-1, 5]})
    assert [line.split()[0] for line in str(caught.value).splitlines()] == ["network.hidden.0", "epochs", "seeds"]


def test_a_missing_key_is_named():
    with pytest.raises(ConfigError, match="loss is missing; name it with loss=VALUE"):
        run_spec({key: value for key, value in CONFIG.items() if key != "loss"})


@given(
    threshold=st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(["youden", "f1"]),
    seed=st.integers(0, 2**40),
    rate=st.floats(1e-9, 1e9),
    hidden=st.lists(st.integers(1, 999), max_size=4),
)
def test_a_spec_survives_json_and_back(threshold, seed, rate, hidden):
    made = spec(
        threshold=threshold,
        seed=seed,
        optimizer={"learning_rate": rate},
        network={"hidden": hidden, "dropout": [0.0] * len(hidden)},
    )
    assert run_spec(json.loads(canonical(made))) == made
    assert canonical(run_spec(json.loads(canonical(made)))) == canonical(made)


def test_the_training_key_changes_with_all_that_decides_weights_and_nothing_else():
    changes = [
        {"activation": "tanh"},
        {"loss": "mse"},
        {"epochs": 4},
        {"batch_size": 17},
        {"optimizer": {"momentum": 0.5}},
        {"network": {"dropout": [0.5, 0.2]}},
        {"seed": 1},
    ]
    keys = {lane(change.pop("seed", 0), **change).key for change in changes}
    assert len(keys | {lane().key}) == len(changes) + 1
    assert lane(threshold="youden").key == lane(threshold=0.1, seeds=9).key == lane().key


def test_leaves_are_named_as_the_command_line_spells_them():
    found = leaves(spec())
    assert found["optimizer.learning_rate"] == 0.1
    assert found["data.source"] == "moons"
    assert not any(isinstance(value, dict) for value in found.values())


def test_canonical_json_is_sorted_and_has_no_spaces():
    assert canonical({"b": 0.1, "a": [1, None]}) == '{"a":[1,null],"b":0.1}'
