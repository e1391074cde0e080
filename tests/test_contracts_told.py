"""Where a contract is told: before training, in the tags of a run, and as a refusal; without TensorFlow."""

from itertools import product

import pytest
from conftest import spec

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


def test_pairs_that_differ_in_nothing_the_contract_knows_are_one():
    specs = [spec(threshold=0.3), spec(threshold=0.7, seeds=3), spec(loss="mse"), spec(targets=[-1, 1], loss="mse")]
    told = plan.contracts(own.training for own in specs)
    assert [own.loss + own.coding for own in told] == ["binary_crossentropy", "mse", "mse targets=[-1,1]"]


@pytest.mark.parametrize(
    ("changes", "tag"),
    [
        ({}, "ok"),
        ({"activation": "linear"}, "caution: from_logits_missing, dead_gradients"),
        ({"activation": "tanh", "loss": "mse", "targets": [-1, 1]}, "caution: labels_never_match"),
    ],
)
def test_a_run_is_tagged_with_its_verdict_and_what_its_score_is(changes, tag):
    tags = tags_of(Job(spec(**changes), "data", "engine"))
    assert tags["contract"] == tag
    assert tags["score"].startswith("score is a ")


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
