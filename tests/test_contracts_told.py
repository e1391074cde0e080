"""Where a contract is told: when asked, before training, in the tags of a run, and as a refusal; without TensorFlow."""

import json
from itertools import product
from pathlib import Path

import pytest
from conftest import lab_here, spec

from threshold_lab import plan
from threshold_lab.app.contracts import notes, table_of
from threshold_lab.app.hydra_door import composed
from threshold_lab.app.screen import console
from threshold_lab.app.task import PLACES
from threshold_lab.captions import tags_of
from threshold_lab.errors import ConfigError
from threshold_lab.heads import contract
from threshold_lab.plan import Job
from threshold_lab.spec import run_spec

PAIRS = list(product(("sigmoid", "linear", "tanh"), ("binary_crossentropy", "mse")))
CONTRACTS = [contract(*pair) for pair in PAIRS]


def shown(contracts, width: int) -> str:
    console.width, before = width, console.width
    try:
        with console.capture() as captured:
            console.print(table_of(contracts))
            console.print(*notes(contracts), sep="\n")
    finally:
        console.width = before
    return captured.get()


@pytest.mark.parametrize("width", [80, 130])
def test_each_pair_is_a_row_and_each_trouble_is_said_once(width):
    said = shown(CONTRACTS, width)
    for pair in PAIRS:
        assert len([line for line in said.splitlines() if line.split()[:2] == list(pair)]) == 1
    assert "caution" in said
    assert "..." not in said
    assert "…" not in said
    texts = {trouble.text for own in CONTRACTS for trouble in own.troubles}
    assert all(said.replace("\n", " ").replace("  ", " ").count(text) == 1 for text in texts)


def asked(*words: str):
    return lab_here("contracts", *words, folder=Path())


def test_all_that_is_known_of_a_pair_is_told_to_a_person():
    said = asked("--activation", "linear", "--loss", "binary_crossentropy").stdout
    own = contract("linear", "binary_crossentropy")
    words = " ".join(said.split())
    for known in (own.asks, own.returns, "from -inf to inf", own.accuracy, own.computed, own.verdict):
        assert known in words
    assert all(trouble.text in words for trouble in own.troubles)
    both = asked("--activation", "softmax", "--loss", "categorical_crossentropy").stdout
    assert "CategoricalAccuracy, which calls the class whose output is the larger" in both


def test_all_that_is_known_of_all_pairs_is_told_to_a_program():
    told = json.loads(asked("--low", "-1", "--json").stdout)
    assert {(own["activation"], own["loss"]) for own in told} >= {("sigmoid", "mse"), ("tanh", "hinge")}
    (tanh,) = (own for own in told if (own["activation"], own["loss"]) == ("tanh", "mse"))
    assert tanh["targets"] == [-1, 1]
    assert tanh["verdict"] == contract("tanh", "mse", (-1, 1)).verdict
    assert {own["high"] for own in told if own["activation"] == "linear"} == {None}
    (step,) = (asked("--activation", "step", "--json"),)
    assert json.loads(step.stdout) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--activation", "sigmiod"], "did you mean 'sigmoid'"),
        (["--activation", "tanh", "--loss", "msee"], "did you mean 'mse'"),
        (["--activation", "step", "--loss", "mse"], "a threshold has no gradient"),
    ],
)
def test_a_pair_that_is_not_known_or_not_trained_is_refused(words, told):
    refused = asked(*words)
    assert refused.returncode == 2
    assert told in refused.stderr


def test_pairs_that_differ_in_nothing_the_contract_knows_are_one():
    specs = [spec(threshold=0.3), spec(threshold=0.7, seeds=3), spec(loss="mse"), spec(targets=[-1, 1], loss="mse")]
    told = plan.contracts(own.training for own in specs)
    assert [own.loss + own.coding for own in told] == ["binary_crossentropy", "mse", "mse targets=[-1,1]"]


@pytest.mark.parametrize(
    ("changes", "tag", "score"),
    [
        ({}, "ok", "a probability"),
        (
            {"activation": "linear"},
            "caution: from_logits_missing, dead_gradients",
            "meant as a probability",
        ),
        ({"activation": "tanh"}, "caution: not_a_probability, dead_gradients", "meant as a probability"),
        ({"activation": "linear", "loss": "mse"}, "caution: not_a_probability", "meant as a probability"),
        ({"activation": "linear", "loss": "binary_crossentropy_from_logits"}, "caution: accuracy_on_logits", "a logit"),
        (
            {"activation": "tanh", "loss": "mse", "targets": [-1, 1]},
            "caution: labels_never_match",
            "an expected target, -1 to 1",
        ),
        (
            {"loss": "mse", "targets": [-1, 1]},
            "caution: labels_never_match, labels_out_of_range",
            "meant as an expected target, -1 to 1",
        ),
    ],
)
def test_a_run_is_tagged_with_its_verdict_and_what_its_score_is(changes, tag, score):
    tags = tags_of(Job(spec(**changes), "data", "engine"))
    assert tags["contract"] == tag
    assert tags["score"] == f"score is {score}"


def test_strict_refuses_every_pair_that_wants_caution_and_no_other():
    plan.require_ok([spec(), spec(loss="mse")])
    with pytest.raises(ConfigError) as caught:
        plan.require_ok([spec(), spec(activation="linear"), spec(activation="linear", threshold=0.1), spec(loss="mae")])
    lines = str(caught.value).splitlines()
    assert [line.split(" wants caution: ")[0] for line in lines] == [
        "strict=true: activation=linear loss=binary_crossentropy",
        "strict=true: activation=sigmoid loss=mae",
    ]
    assert "from_logits_missing: the output is a logit" in lines[0]


def test_strict_is_in_no_identity():
    strict, plain = (composed("sweep=none", "data=moons", f"strict={value}")[0] for value in ("true", "false"))
    assert strict["strict"] is True
    specs = [run_spec({key: value for key, value in own.items() if key not in PLACES}) for own in (strict, plain)]
    assert Job(specs[0], "data", "engine").key == Job(specs[1], "data", "engine").key
