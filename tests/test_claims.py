"""What decides a claim, from numbers alone; and what the files of conf/claims say."""

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from conftest import spec

from threshold_lab.app import claims
from threshold_lab.app.hydra_door import configuration_folder
from threshold_lab.claims import kept
from threshold_lab.claims.answer import read, written
from threshold_lab.claims.answering import Claim, answer_of
from threshold_lab.claims.experiments import EXPERIMENTS, experiment_of
from threshold_lab.claims.rules import verdict
from threshold_lab.claims.stated import stated
from threshold_lab.claims.trial import Trial
from threshold_lab.errors import ConfigError
from threshold_lab.records import Scores
from threshold_lab.thresholds import KERAS_HALF
from threshold_lab.tracking import KIND, Runs

NAMES = sorted(path.stem for path in (configuration_folder() / "claims").glob("*.yaml"))
QUESTION = Path("../shared/question.txt")

composition = cache(claims.composition)

# ---- experiments on numbers made up


SEEDS = 5


def shown(loss: str = "mse", threshold: float = 0.5, activation: str = "sigmoid", **found: object) -> Trial:
    """What a demonstration came to: words as tuples of strings, all else numbers."""
    words = {name: own for name, own in found.items() if isinstance(own, tuple)}
    numbers = {name: np.asarray(own, float) for name, own in found.items() if name not in words}
    job = spec(loss=loss, threshold=threshold, activation=activation, seeds=SEEDS)
    return Trial(job, numbers, words)


def hashes(word: str = "") -> tuple[str, ...]:
    return tuple(f"{word}{seed}" for seed in range(SEEDS))


def thresholds(*weights: tuple[str, ...], moved: float = 0.1) -> list[Trial]:
    printed = [0.8 + moved * place + np.arange(SEEDS) / 1000 for place in range(len(weights))]
    return [
        shown(threshold=0.1 * (place + 1), weights=own, printed=one)
        for place, (own, one) in enumerate(zip(weights, printed, strict=True))
    ]


def found_of(name: str, trials: list[Trial], **changes: float):
    said, _ = composition(name)
    return EXPERIMENTS[name].found(trials, said.tolerance | changes)


def verdict_of(name: str, trials: list[Trial], **changes: float) -> str:
    found = found_of(name, trials, **changes)
    return verdict(found.holds, found.invalid)


def test_a_threshold_trains_where_weights_differ_and_the_hashes_may_not_be_blind():
    assert verdict_of("threshold_in_training", thresholds(hashes(), hashes())) == "refuted"
    assert verdict_of("threshold_in_training", thresholds(hashes(), hashes("other"))) == "supported"
    assert verdict_of("threshold_in_training", thresholds(hashes(), hashes(), moved=0.0)) == "not decided"
    assert verdict_of("threshold_in_training", thresholds(("0",) * SEEDS, ("0",) * SEEDS)) == "not decided"


def steps(moved: float, after: float, sigmoid: float = 0.9) -> list[Trial]:
    noise, refusal = np.arange(SEEDS) / 1000, ("No gradients",) * SEEDS
    before = 0.5 + noise
    return [
        shown(activation="step", before=before, after=after + noise, moved=np.full(SEEDS, moved), refusal=refusal),
        shown(activation="sigmoid", before=before, after=sigmoid + noise, moved=before, refusal=("",) * SEEDS),
    ]


def test_a_step_learns_where_weights_move_and_accuracy_rises_if_a_sigmoid_learns_at_all():
    assert verdict_of("step_in_training", steps(0.0, 0.5)) == "refuted"
    assert verdict_of("step_in_training", steps(0.1, 0.8)) == "supported"
    assert verdict_of("step_in_training", steps(0.1, 0.5)) == "imprecise"
    assert verdict_of("step_in_training", steps(0.0, 0.5, sigmoid=0.5)) == "not decided"


def losses(predicted: tuple[str, ...], metric: str, weights: tuple[str, ...]) -> list[Trial]:
    whole, cut = np.zeros(SEEDS), np.full(SEEDS, 0.5)
    first = {"predicted": hashes(), "metric": ("BinaryAccuracy",) * SEEDS, "weights": hashes()}
    second = {"predicted": predicted, "metric": (metric,) * SEEDS, "weights": weights}
    return [
        shown(loss=loss, whole=whole, cut=cut, **own) for loss, own in (("binary_crossentropy", first), ("mse", second))
    ]


def test_a_loss_tells_the_task_where_predictions_and_metric_differ_and_it_is_in_use():
    other = hashes("other")
    assert verdict_of("loss_tells_the_task", losses(hashes(), "BinaryAccuracy", other)) == "refuted"
    assert verdict_of("loss_tells_the_task", losses(other, "MeanSquaredError", other)) == "supported"
    assert verdict_of("loss_tells_the_task", losses(hashes(), "MeanSquaredError", other)) == "imprecise"
    assert verdict_of("loss_tells_the_task", losses(hashes(), "BinaryAccuracy", hashes())) == "not decided"


@pytest.mark.parametrize(
    ("whole", "counted", "expected"),
    [(0.0, 0.9, "supported"), (1.0, 0.8, "refuted"), (1.0, 0.9, "imprecise"), (0.0, 0.8, "imprecise")],
)
def test_predict_is_not_cut_where_it_is_rarely_whole_and_cutting_it_gives_the_accuracy(whole, counted, expected):
    numbers = {"whole": np.full(SEEDS, whole), "printed": np.full(SEEDS, 0.9), "counted": np.full(SEEDS, counted)}
    own = shown(**numbers, distinct=np.ones(SEEDS), histogram=np.full((SEEDS, 20), 0.05))
    assert verdict_of("predict_without_threshold", [own]) == expected


def scored(
    scores: np.ndarray, labels: np.ndarray, threshold: float | str = "keras", cut: float = KERAS_HALF, **changes
):
    """A trained job: its numbers at a cut, from scores (r, n)."""
    called = scores >= cut
    numbers = {
        "threshold": np.full(len(scores), cut),
        "accuracy": (called == labels).mean(axis=1),
        "keras_accuracy": ((scores > 0.5) == labels).mean(axis=1),
        "f1": 2 * (called & labels).sum(axis=1) / (called.sum(axis=1) + labels.sum()),
        "expected_cost": ((called & ~labels) + 5 * (~called & labels)).mean(axis=1),
        "roc_auc": scores.mean(axis=1),
    }
    rule = {"cost": {"fp": 1.0, "fn": 5.0}, "resamples": 200}
    job = spec(threshold=threshold, seeds=len(scores), rule=rule, **changes)
    return Trial(job, numbers, scores=Scores(labels, scores, scores))


def rows(number: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Right probabilities of five networks, and labels drawn from them."""
    generator = np.random.default_rng(seed)
    p = generator.random(number)
    return np.tile(p, (SEEDS, 1)) + generator.normal(size=(SEEDS, number)) / 1000, generator.random(number) < p


def test_a_sigmoid_picks_where_nearly_all_scores_are_whole():
    scores, labels = rows(200)
    assert verdict_of("sigmoid_picks", [scored(np.clip(scores, 0, 1), labels)]) == "refuted"
    assert verdict_of("sigmoid_picks", [scored(np.round(np.clip(scores, 0, 1)), labels)]) == "supported"
    half = np.where(np.arange(200) % 2, np.round(np.clip(scores, 0, 1)), 0.3)
    assert verdict_of("sigmoid_picks", [scored(half, labels)]) == "not decided"


def test_an_output_is_a_probability_where_its_error_is_no_more_than_chance_and_the_tolerance():
    scores, labels = rows(20_000)
    scores = np.clip(scores, 0, 1)
    own = [scored(scores, labels, loss="binary_crossentropy"), scored(np.round(scores), labels, loss="hinge")]
    assert verdict_of("output_is_probability", own[:1]) == "supported"
    assert verdict_of("output_is_probability", own[1:]) == "refuted"
    assert verdict_of("output_is_probability", own) == "imprecise"
    few = scored(scores[:, :60], labels[:60], loss="binary_crossentropy")
    assert verdict_of("output_is_probability", [few]) == "not decided"  # 60 rows do not tell .05


def test_half_is_the_threshold_where_no_other_gains_for_what_is_asked():
    scores, labels = rows(5000)
    cuts = {"keras": KERAS_HALF, "accuracy": KERAS_HALF, "f1": KERAS_HALF, "cost": KERAS_HALF}
    assert verdict_of("half_is_the_threshold", [scored(scores, labels, *own) for own in cuts.items()]) == "supported"
    better = cuts | {"cost": 1 / 6}  # Elkan: 1 / (1 + 5)
    found = found_of("half_is_the_threshold", [scored(scores, labels, *own) for own in better.items()])
    assert verdict(found.holds) == "imprecise"
    (saved,) = (own for own in found.measured if own.statistic.startswith("cost"))
    expected = np.mean([_cost(scores, labels, cut) for cut in (KERAS_HALF, 1 / 6)], axis=1)
    assert saved.value == pytest.approx(expected[0] - expected[1])


def _cost(scores: np.ndarray, labels: np.ndarray, cut: float) -> np.ndarray:
    called = scores >= cut
    return ((called & ~labels) + 5 * (~called & labels)).mean(axis=1)


def test_accuracy_on_logits_cuts_beside_the_middle_and_says_how_many_rows_that_moves():
    p, labels = rows(5000)
    logits = np.log(np.clip(p, 0.001, 0.999)) - np.log1p(-np.clip(p, 0.001, 0.999))
    head = {"activation": "linear", "loss": "binary_crossentropy_from_logits"}
    found = found_of("accuracy_on_logits", [scored(logits, labels, "natural", 0.0, **head)])
    lowest, otherwise, _ = found.measured
    assert lowest.value == pytest.approx(0.6225, abs=0.001)  # 1 / (1 + exp(-.5))
    assert otherwise.value == pytest.approx(0.1225, abs=0.01)  # uniform probabilities between .5 and .6225
    assert (lowest.holds, otherwise.holds) == (False, False)


def paths(held: float, free: float, zero: float) -> list[Trial]:
    steps = np.arange(1, 4) / 3
    numbers = {"held": held, "free": free, "halved": held}
    rows_ = {name: np.tile(steps * own, (SEEDS, 1)) for name, own in numbers.items()}
    return [shown(**rows_, zero=np.full(SEEDS, zero), function=np.full(SEEDS, 1e-7))]


def test_a_sigmoid_is_a_softmax_as_far_as_functions_outputs_and_paths_are_the_same():
    assert verdict_of("sigmoid_is_softmax", paths(1e-6, 1e-6, 1.0)) == "supported"
    assert verdict_of("sigmoid_is_softmax", paths(1e-6, 0.3, 0.0)) == "imprecise"
    assert verdict_of("sigmoid_is_softmax", paths(0.3, 0.3, 0.0), rounding=1e-9) == "refuted"
    assert "away in 3 steps" in found_of("sigmoid_is_softmax", paths(1e-6, 0.3, 0.0)).says


def test_a_claim_whose_numbers_are_altered_changes_its_verdict_and_nothing_in_its_file_does():
    said, specs = composition("threshold_in_training")
    own = Claim("threshold_in_training", said, specs, {})
    then, now = (answer_of(own, thresholds(hashes(), other)) for other in (hashes(), hashes("other")))
    assert (then.verdict, now.verdict) == ("refuted", "supported")
    assert then.says != now.says
    assert (then.claim, then.quote, then.command) == (now.claim, now.quote, now.command)
    assert read(written(now)) == now


# ---- what is stored


def test_answers_are_found_by_what_decides_them_and_the_newest_of_a_claim_stands(folder):
    said, specs = composition("threshold_in_training")
    own = Claim("threshold_in_training", said, specs, {})
    first, second = (answer_of(own, thresholds(hashes(), other)) for other in (hashes(), hashes("other")))
    third = replace(first, number=1, name="another")
    folder.joinpath("store").mkdir()
    runs = Runs(folder / "store")
    assert kept.stored(runs) == []
    for answer, content in ((replace(first, number=7), "a"), (third, "b"), (replace(second, number=7), "c")):
        run_id = kept.keep(runs, answer, content)
    assert kept.stored(runs) == [third, replace(second, number=7)]
    assert set(kept.known(runs)) == {"b", "c"}
    assert runs.run(run_id).tags[KIND] == "claim"
    assert runs.run(run_id).tags["verdict"] == "supported"
    assert (
        "Made again with `threshold-lab claims threshold_in_training`" in runs.run(run_id).tags["mlflow.note.content"]
    )


# ---- the files


@pytest.fixture(scope="module")
def compositions():
    return {name: composition(name) for name in NAMES}


def test_there_are_thirteen_claims_and_each_names_its_command_and_its_rule(compositions):
    assert sorted(said.number for said, _ in compositions.values()) == list(range(1, 14))
    for name, (said, _) in compositions.items():
        assert said.command == f"threshold-lab claims {name}"
        assert set(experiment_of(said).tolerances) == set(said.tolerance)
        for tolerance in said.tolerance:
            assert f"`{tolerance}`" in said.decides or "tolerance of" in said.decides


def test_claims_with_statistics_are_of_three_data_sets_or_more_and_twenty_seeds(compositions):
    for _, specs in compositions.values():
        assert {own.seeds for own in specs} == {20}
        assert len({own.data for own in specs}) >= 3


def test_quotes_are_the_question_s_own_words(compositions):
    if not QUESTION.exists():
        pytest.skip(f"{QUESTION} is not here")
    asked = re.sub(r"\s+", " ", QUESTION.read_text())
    for said, _ in compositions.values():
        assert said.quote in asked


def test_what_a_claim_states_is_checked():
    said = {
        "number": 1,
        "quote": "so",
        "claim": "so",
        "experiment": "recipe",
        "statistic": "so",
        "decides": "so",
        "tolerance": {"accuracy": 0.01},
        "command": "so",
    }
    assert experiment_of(stated(said)).shown is None
    with pytest.raises(ConfigError, match="unknown key 'verdict'"):
        stated(said | {"verdict": "supported"})
    with pytest.raises(ConfigError, match="quote is missing"):
        stated({name: own for name, own in said.items() if name != "quote"})
    with pytest.raises(ConfigError, match="unknown experiment 'recip'"):
        experiment_of(stated(said | {"experiment": "recip"}))
    with pytest.raises(ConfigError, match="needs the tolerances accuracy; got accurasy"):
        experiment_of(stated(said | {"tolerance": {"accurasy": 0.01}}))
