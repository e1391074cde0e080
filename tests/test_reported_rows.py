"""What is reported of a study, and what becomes of it when it is made again, from counts and seeds alone."""

import math
from dataclasses import replace

import pytest
from conftest import spec
from scipy import stats
from study_results import ROWS, SEEDS, drawn, result

from threshold_lab.errors import ConfigError
from threshold_lab.spec import Claim, study_spec
from threshold_lab.studies.frozen import read_table, write_table
from threshold_lab.studies.held import alike, held, match
from threshold_lab.studies.results import Result, is_one_of
from threshold_lab.studies.rows import EQUIVALENT, LARGER, levels, named, of_claim


def reported() -> list[Result]:
    scores, labels = drawn(5)
    return [result(scores, labels, 0.5, 0.5), result(scores + 0.1, labels, 0.5, 0.5, loss="mse")]


def row():
    return next(levels("study", reported()))


def test_a_row_is_the_mean_of_its_seeds_with_their_interval():
    values = reported()[0].of("accuracy")
    half = stats.t.ppf(0.975, SEEDS - 1) * values.std(ddof=1) / math.sqrt(SEEDS)
    own = row()
    assert (own.mean, own.low, own.high) == pytest.approx((values.mean(), values.mean() - half, values.mean() + half))
    assert own.tolerance == pytest.approx(2 * math.sqrt(2) * values.std(ddof=1) / math.sqrt(SEEDS))
    assert (own.seeds, own.rows, own.majority) == (SEEDS, ROWS, 0.5)


def test_a_metric_that_is_not_defined_is_no_row_and_one_of_no_cut_is_reported_once_a_network():
    own = list(levels("study", reported()))
    assert [one.metric for one in own] == ["accuracy", "f1", "roc_auc"] * 2


def test_rows_survive_their_table(tmp_path):
    own = list(levels("study", reported()))
    path = write_table(tmp_path / "rows.csv", [vars(one) for one in own])
    assert read_table(path) == own


def test_where_a_file_lies_does_not_change_the_name_of_its_job():
    own = [spec(data={"source": "csv", "path": path, "target": "y"}) for path in ("a/x.csv", "b/x.csv", "b/z.csv")]
    assert named(own[0]) == named(own[1]) != named(own[2])


@pytest.mark.parametrize(
    ("changes", "environment", "verdict"),
    [
        ({}, {}, "identical"),
        ({"mean": 0.0001}, {}, "differs"),
        ({"scores": "other"}, {}, "differs"),
        ({"mean": 0.0001}, {"cpu": ("a", "b")}, "within tolerance"),
        ({"mean": 0.5}, {"cpu": ("a", "b")}, "differs"),
        ({"verdict": "fails"}, {"cpu": ("a", "b")}, "differs"),
    ],
)
def test_a_row_is_held_to_the_bit_where_nothing_has_changed_and_to_two_errors_elsewhere(changes, environment, verdict):
    then = row()
    now = replace(then, **{name: then.mean + own if name == "mean" else own for name, own in changes.items()})
    assert held(then, now, environment).verdict == verdict


def test_a_difference_of_two_errors_is_the_most_that_is_within_tolerance():
    then, elsewhere = row(), {"cpu": ("a", "b")}
    for share, verdict in ((0.999, "within tolerance"), (1.001, "differs")):
        now = replace(then, mean=then.mean + share * then.tolerance)
        assert held(then, now, elsewhere).verdict == verdict


def test_other_rows_of_data_allow_the_binomial_error_as_well():
    then = row()
    now = replace(then, mean=then.mean + 1.5 * then.tolerance, data="other")
    binomial = 2 * math.sqrt((then.mean * (1 - then.mean) + now.mean * (1 - now.mean)) / ROWS)
    within = abs(now.mean - then.mean) <= math.hypot(then.tolerance, binomial)
    assert (held(then, now, {"data": ("a", "b")}).verdict == "within tolerance") == within
    assert within


def test_a_row_whose_job_did_not_run_cannot_be_held():
    (pair,) = match([row()], [])
    assert held(*pair, {}).verdict == "cannot"


def claim(kind: str, **changes: object) -> Claim:
    first, second = {"loss": "binary_crossentropy"}, {"loss": "mse"}
    own = {"says": "so", "metric": "roc_auc", "first": first, "second": second, "kind": kind, "margin": 0.2}
    return Claim(**own | changes)


def test_a_claim_is_what_its_test_says():
    found = of_claim("study", claim(LARGER), reported())
    assert (found.verdict, found.mean) == ("holds", pytest.approx(0.1))
    assert of_claim("study", claim(EQUIVALENT), reported()).verdict == "holds"
    assert of_claim("study", claim(EQUIVALENT, margin=0.05), reported()).verdict == "fails"
    turned = claim(LARGER, first={"loss": "mse"}, second={"loss": "binary_crossentropy"})
    assert of_claim("study", turned, reported()).verdict == "fails"


def test_a_claim_of_one_being_larger_is_held_to_what_it_says_of_other_seeds_alone():
    then = of_claim("study", claim(LARGER), reported())
    assert held(then, replace(then, mean=0.05), {}).verdict == "holds"
    assert held(then, replace(then, verdict="fails"), {"cpu": ("a", "b")}).verdict == "fails"


def test_a_claim_that_names_no_job_or_two_is_refused():
    for first in ({"loss": "hinge"}, {"activation": "sigmoid"}):
        with pytest.raises(ConfigError, match="a claim names one each"):
            of_claim("study", claim(LARGER, first=first), reported())


def test_jobs_are_chosen_by_their_leaves_also_by_lists():
    own = spec(class_weight=[1.0, 19.0])
    chosen = study_spec(
        {"claims": [{**vars(claim(LARGER)), "first": {"class_weight": [1.0, 19.0]}, "second": {"loss": "mse"}}]}
    )
    assert is_one_of(own, chosen.claims[0].first)
    assert not is_one_of(own, {"class_weight": (1.0, 1.0)})


def test_different_networks_that_rank_alike_on_every_seed_are_told():
    first, second = reported()
    assert alike([first, second]) == []
    twin = replace(second, numbers=first.numbers)
    assert "have the same ROC AUC" in alike([first, twin])[0]
