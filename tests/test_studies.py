"""What becomes of a published or a reported number, from counts and seeds alone."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import spec
from scipy import stats

from threshold_lab.errors import ConfigError, DataError
from threshold_lab.plan import Job
from threshold_lab.spec import Claim, File, Published, study_spec
from threshold_lab.studies import published, tables
from threshold_lab.studies.frozen import read_table, write_table
from threshold_lab.studies.held import alike, held, match
from threshold_lab.studies.published import Beside, judged, spread_of
from threshold_lab.studies.results import Result, is_one_of
from threshold_lab.studies.rows import EQUIVALENT, LARGER, levels, named, of_claim, of_published
from threshold_lab.studies.told import markdown
from threshold_lab.tracking import StoredRun

SEEDS, ROWS = 10, 40


def result(scores: np.ndarray, labels: np.ndarray, threshold: float | str, cut: float, **changes: object) -> Result:
    """A job whose networks gave scores (r, n), on each part alike, cut at or above a number."""
    called = scores >= cut
    counts = {
        "tp": (called & labels).sum(axis=1),
        "fp": (called & ~labels).sum(axis=1),
        "fn": (~called & labels).sum(axis=1),
        "tn": (~called & ~labels).sum(axis=1),
    }
    own = pd.DataFrame({"seed": range(len(scores)), **counts, "roc_auc": scores.mean(axis=1)})
    own["accuracy"] = (own["tp"] + own["tn"]) / len(labels)
    own["f1"], own["brier"] = own["accuracy"], np.nan
    parts = pd.concat([own.assign(part=part) for part in ("train", "validation", "test")])
    job = Job(spec(threshold=threshold, seeds=len(scores), **changes), "data", "engine")
    tags = {"lab.scores": f"{hash(scores.tobytes()):x}", "activation": job.spec.activation, "loss": job.spec.loss}
    return Result(job, StoredRun("id", job.key, "FINISHED", tags, {"majority": 0.5}), parts)


def drawn(seed: int, centre: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """Scores of ten networks that lean to the right side of a centre, and labels of both classes."""
    generator = np.random.default_rng(seed)
    labels = np.arange(ROWS) % 2 == 0
    return centre + 0.3 * np.where(labels, 1, -1) + generator.normal(size=(SEEDS, ROWS)) / 3, labels


def said(value: float, **changes: object) -> Published:
    return Published(**{"claim": "so", "metric": "accuracy", "parts": ("test",), "value": value} | changes)


def test_a_number_is_reproduced_where_one_more_of_ours_would_lie_and_nowhere_else():
    own = [result(*drawn(0), "keras", 0.5)]
    values = own[0].of("accuracy")
    half = stats.t.ppf(0.975, SEEDS - 1) * values.std(ddof=1) * math.sqrt(1 + 1 / SEEDS)
    low, high = values.mean() - half, values.mean() + half
    assert spread_of(values).low == pytest.approx(low)
    for number, verdict in ((low, "reproduced"), (low - 0.002, "not reproduced"), (high + 0.002, "not reproduced")):
        assert judged("own", said(number), own).verdict == verdict
    assert judged("own", said(low - 0.0004), own).verdict == "reproduced"  # as printed with three digits


def test_a_deviation_that_is_stated_is_told_with_the_verdict():
    own = [result(*drawn(0), "keras", 0.5)]
    found = judged("own", said(own[0].of("accuracy").mean(), deviations=("other folds",)), own)
    assert (found.verdict, found.reasons) == ("reproduced with a stated deviation", ("other folds",))


def test_the_training_part_has_to_be_reproduced_too():
    own = [result(*drawn(0), "keras", 0.5)]
    mean = own[0].of("accuracy").mean()
    assert judged("own", said(mean, train=mean), own).verdict == "reproduced"
    assert judged("own", said(mean, train=0.3), own).verdict == "not reproduced"


def test_the_majority_is_told_beside_an_accuracy_and_of_the_same_rows():
    scores, labels = drawn(0)
    labels[:10] = True
    own = [result(scores, labels, "keras", 0.5)]
    expected = max(labels.mean(), 1 - labels.mean())
    assert judged("own", said(0.5), own).majority == pytest.approx(expected)
    assert judged("own", said(0.5, metric="roc_auc"), own).majority is None
    found = judged("own", said(0.5), own)
    assert of_published(found, own).majority == pytest.approx(expected)
    assert f"| own | {expected:.3f} | 0.500 |" in markdown({}, [found])


def test_parts_are_counted_together():
    scores, labels = drawn(0)
    own = result(scores, labels, "keras", 0.5)
    assert own.counts(["validation", "test"]).sum(axis=1).tolist() == [2 * ROWS] * SEEDS


def test_a_cut_that_is_not_the_natural_one_makes_a_claim_invalid():
    scores, labels = drawn(1, centre=0.0)
    own = [result(scores, labels, "keras", 0.5), result(scores, labels, "natural", 0.0)]
    found = judged("own", said(own[0].of("accuracy").mean()), own)
    assert found.verdict == "claim invalid"
    assert "a cut at .5" in found.reasons[0]


def test_a_rounded_accuracy_counts_what_rounds_to_its_target():
    scores, labels = drawn(2, centre=0.0)
    own = [result(scores, labels, rule, cut) for rule, cut in (("keras", 0.5), (-0.5, -0.5), ("natural", 0.0))]
    found = judged("own", said(0.5, counted="rounded"), own)
    rounded = np.mean(np.round(np.clip(scores, -1, 1)) == np.where(labels, 1, -1))
    assert found.ours["theirs"].mean == pytest.approx(rounded)
    assert found.verdict == "claim invalid"


def test_the_gap_to_another_study_is_parted_into_the_loss_and_the_cut():
    scores, labels = drawn(3, centre=0.0)
    shifted = [result(scores, labels, rule, cut) for rule, cut in (("keras", 0.5), ("natural", 0.0), ("accuracy", 0.0))]
    better = scores + np.where(labels, 0.2, -0.2)
    other = [result(better, labels, rule, 0.0) for rule in ("keras", "natural", "accuracy")]
    gap = judged("own", said(0.6), shifted, Beside(said(0.9), other)).gap
    means = [own[at].of("accuracy").mean() for own in (other, shifted) for at in (0, 1)]
    assert gap.published == pytest.approx(0.3)
    assert gap.theirs == pytest.approx(means[0] - means[2])
    assert gap.loss == pytest.approx((means[1] - means[3]) / (means[0] - means[2]))
    assert gap.loss + gap.cut == pytest.approx(1)


def test_each_repetition_over_folds_has_a_network_of_each_fold_and_no_two_of_a_seed():
    folds, seeds = 4, 6
    nets = published._nets(np.array([[100 * fold + seed for seed in range(seeds)] for fold in range(folds)]))
    assert sorted(nets.ravel()) == sorted(100 * fold + seed for fold in range(folds) for seed in range(seeds))
    for repetition in nets.T:
        assert [own // 100 for own in repetition] == list(range(folds))
        assert len({own % 100 for own in repetition}) == folds


def test_networks_that_call_every_row_alike_are_counted_and_make_their_mean_invalid():
    labels = np.arange(ROWS) % 2 == 0
    good, dead = drawn(4)[0], np.zeros((SEEDS, ROWS))
    folds = [result(good, labels, "keras", 0.5, seed=fold) for fold in range(3)]
    folds.append(result(dead, labels, "keras", 0.5, seed=3))
    found = judged("own", said(0.7), folds)
    assert (found.one_class.nets, found.one_class.mean, found.one_class.most) == (4, 1.0, 1)
    assert found.verdict == "claim invalid"
    assert judged("own", said(0.7), folds[:3]).one_class.mean == 0
    mean = judged("own", said(0.7), folds[:3]).ours["theirs"].mean
    assert judged("own", said(mean), folds[:3]).verdict == "reproduced"
    assert judged("own", said(mean, one_class=2), folds[:3]).verdict == "claim invalid"


# ---- what is reported


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


# ---- tables


def file_of(path, **changes) -> File:
    return File(name=path.name, sha256=tables.values_hash(pd.read_csv(path, header=None)), openml=37, **changes)


def test_a_table_is_known_by_its_values_however_they_are_written(tmp_path):
    (tmp_path / "own.csv").write_text("6,0.0200,M\n1,7,R\n")
    own = file_of(tmp_path / "own.csv")
    (tmp_path / "own.csv").write_text("6.0,0.02,M\n1.0,7.0,R\n")
    assert tables.found(own, [tmp_path], tmp_path) == tmp_path / "own.csv"
    (tmp_path / "own.csv").write_text("6.0,0.021,M\n1.0,7.0,R\n")
    with pytest.raises(DataError, match="is not the table that is meant"):
        tables.found(own, [tmp_path], tmp_path)


def test_a_table_that_is_nowhere_is_fetched_and_kept_with_the_words_of_the_file(tmp_path, monkeypatch):
    (tmp_path / "own.csv").write_text("6,0\n1,1\n")
    own = file_of(tmp_path / "own.csv", labels={"tested_negative": "0", "tested_positive": "1"})
    answer = pd.DataFrame({"a": [6.0, 1.0], "class": pd.Categorical(["tested_negative", "tested_positive"])})

    class Bunch:
        frame = answer

    monkeypatch.setattr("sklearn.datasets.fetch_openml", lambda **_: Bunch)
    assert tables.found(own, [], tmp_path / "kept").parent == tmp_path / "kept"


def test_without_a_network_a_table_that_is_nowhere_is_asked_for(tmp_path, monkeypatch):
    def fails(**_: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr("sklearn.datasets.fetch_openml", fails)
    own = File(name="own.csv", sha256="0" * 64, openml=37)
    with pytest.raises(DataError, match="THRESHOLD_LAB_DATA"):
        tables.found(own, [tmp_path], tmp_path / "kept")
