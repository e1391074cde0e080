"""What is reported of a study, and what becomes of it when it is made again, from counts and seeds alone."""

import json
import math
from dataclasses import replace

import pytest
from conftest import spec
from scipy import stats
from study_results import ROWS, SEEDS, drawn, result

from threshold_lab.app import reported as app
from threshold_lab.app import studies
from threshold_lab.app.studies import Planned
from threshold_lab.errors import ConfigError, StoreError
from threshold_lab.spec import Claim, study_spec
from threshold_lab.studies.frozen import read_table, write_table
from threshold_lab.studies.held import alike, held, match
from threshold_lab.studies.results import Result, is_one_of
from threshold_lab.studies.rows import EQUIVALENT, LARGER, levels, named, of_claim
from threshold_lab.sweep import Place

_BCE = "binary_crossentropy"


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
    first, second = {"loss": _BCE}, {"loss": "mse"}
    own = {"says": "so", "metric": "roc_auc", "first": first, "second": second, "kind": kind, "margin": 0.2}
    return Claim(**own | changes)


def test_a_claim_is_what_its_test_says():
    found = of_claim("study", claim(LARGER), reported())
    assert (found.verdict, found.mean) == ("holds", pytest.approx(0.1))
    assert of_claim("study", claim(EQUIVALENT), reported()).verdict == "holds"
    assert of_claim("study", claim(EQUIVALENT, margin=0.05), reported()).verdict == "fails"
    turned = claim(LARGER, first={"loss": "mse"}, second={"loss": _BCE})
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


def test_different_networks_with_the_same_scores_are_told_also_where_all_rank_perfectly():
    perfect = [replace(own, numbers=own.numbers.assign(roc_auc=1.0)) for own in reported()]
    assert alike(perfect) == []
    twin = replace(perfect[1], run=perfect[0].run)
    assert alike([perfect[0], twin])[0].endswith("have the same scores")


def test_a_claim_whose_job_failed_cannot_be_held_and_the_other_rows_have_their_verdict(tmp_path, monkeypatch, capsys):
    own, labels = drawn(5)
    fresh = [result(own + at, labels, 0.5, 0.5, loss=loss, seed=1000) for at, loss in ((0, _BCE), (0.1, "mse"))]
    said, results = study_spec({"claims": [vars(claim(kind)) for kind in (LARGER, EQUIVALENT)]}), reported()
    planned = Planned("study", said, tuple(one.job.spec for one in results))
    rows = [*levels("study", results), *(of_claim("study", each, results) for each in said.claims)]
    write_table(tmp_path / "reported" / "study.csv", [vars(one) for one in rows])
    (tmp_path / "reported" / "environment.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(app, "_planned", lambda *_, **__: [planned])
    monkeypatch.setattr(studies, "run", lambda *_: {"study": results, "study, fresh seeds": fresh[:1]})
    found = app.again(None, [], full=False, quiet=True)
    assert (found.planned, found.finished, found.problems) == (4, 3, ("1 of 4 jobs have no result",))
    verdicts = {one.then.kind: one.verdict for one in found.rows}
    assert verdicts == {"level": "identical", "equivalent": "identical", "larger": "cannot"}
    app.say(found, as_json=True)
    assert json.loads(capsys.readouterr().out)["verdict"] == "not reproduced"
    monkeypatch.setattr(studies, "run", lambda *_: {"study": results[:1]})
    with pytest.raises(StoreError, match="1 of 2 jobs have no result"):
        app.freeze(Place(tmp_path), [])
