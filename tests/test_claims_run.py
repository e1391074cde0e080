"""Claims from their files to their answers: one process of plain Keras, one sweep, and nothing twice."""

from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace

import pytest
from conftest import lab_here

from threshold_lab.app.claims import answer, planned
from threshold_lab.claims.answer import FILE, written
from threshold_lab.claims.answering import Answered
from threshold_lab.claims.demonstrated import DemonstrationError, trials_of
from threshold_lab.claims.kept import stored
from threshold_lab.records import Shown
from threshold_lab.sweep import Place
from threshold_lab.tracking import KEY, Runs
from threshold_lab.verify.sources import Served
from threshold_lab.worker import TrainingError

SHOWN, TRAINED = ["threshold_in_training"], ["sigmoid_picks", "sigmoid_rather_than_softmax"]
TINY = ["seeds=2", "epochs=2", "data.rows=90", "network.hidden=[4]", "network.dropout=[0.0]"]
OF = {"shown": ["data=moons", *TINY], "trained": ["+case=moons", *TINY]}
"""Words by which claims of either kind have tiny jobs."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(tmp_path_factory.mktemp("claims") / "store", 1)


@pytest.fixture(scope="module")
def found(place: Place) -> Answered:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        first = answer(SHOWN, place, quiet=True, words=OF["shown"])
        second = answer(TRAINED, place, quiet=True, words=OF["trained"])
    assert not first.failed | second.failed
    return Answered(first.answers | second.answers, first.new + second.new)


def test_claims_are_answered_in_their_order_and_stored_as_they_are_told(found, place):
    assert found.new == [*SHOWN, *TRAINED]
    kept = stored(Runs(place.folder))
    assert [own.name for own in kept] == [*SHOWN, *TRAINED]
    assert [own.number for own in kept] == [1, 5, 7]
    assert {own.name: own for own in kept} == found.answers


def test_their_jobs_are_in_an_experiment_of_claims(found, place):
    runs = Served(Runs(place.folder))
    assert {own.experiment for own in runs.runs() if KEY in own.tags} == {"moons claims"}


def test_an_answer_says_what_it_holds_for_and_which_runs_it_is_read_from(found, place):
    for own in found.answers.values():
        assert {"keras", "tensorflow", "backend", "platform"} <= set(own.environment)
    runs = Runs(place.folder)
    assert found.answers["threshold_in_training"].runs == ()
    softmaxes = [runs.run(run_id).tags for run_id in found.answers["sigmoid_rather_than_softmax"].runs]
    assert {(own["activation"], own["loss"]) for own in softmaxes} == {
        ("sigmoid", "binary_crossentropy"),
        ("softmax", "binary_crossentropy"),
        ("softmax", "categorical_crossentropy"),
        ("softmax_1", "binary_crossentropy"),
    }


def test_a_second_time_nothing_is_run_and_the_bytes_are_the_same(found, place):
    for names, words in ((TRAINED, OF["trained"]), (SHOWN, OF["shown"])):
        again = answer(names, place, quiet=True, words=words)
        assert again.new == []
        assert {name: written(own) for name, own in again.answers.items()} == {
            name: written(found.answers[name]) for name in names
        }


def test_what_decides_an_answer_is_in_the_name_it_is_found_by(found):
    (own,) = planned(["sigmoid_picks"], OF["trained"])
    assert own.content == planned(["sigmoid_picks"], OF["trained"])[0].content
    others = [replace(own, stated=replace(own.stated, tolerance={"few": 0.1, "most": 0.95}))]
    others += [planned(["sigmoid_picks"], [*OF["trained"], word])[0] for word in ("data.seed=1", "batch_size=8")]
    assert len({own.content, *(other.content for other in others)}) == 4


def test_what_stops_keras_is_told_in_words_and_a_wait_can_be_stopped():
    (job,) = planned(["sigmoid_picks"], OF["trained"])[0].specs
    for stopped in (TrainingError("ValueError: so"), BrokenProcessPool("died")):
        asked: Future[Shown] = Future()
        asked.set_exception(stopped)
        with pytest.raises(DemonstrationError, match=f"plain Keras could not show it: {stopped}"):
            trials_of([job], [asked], lambda: None)
    with pytest.raises(KeyboardInterrupt):
        trials_of([job], [Future()], _stop)


def _stop() -> None:
    raise KeyboardInterrupt


def test_a_name_that_is_no_claim_is_a_mistake_with_the_nearest_one(folder):
    done = lab_here("claims", "recipes", "--store", "nowhere", folder=folder)
    assert done.returncode == 2
    assert "did you mean 'recipe'?" in done.stderr
    assert not (folder / "nowhere").exists()


VERDICTS = {
    "threshold_in_training": "refuted",
    "step_in_training": "refuted",
    "loss_tells_the_task": "refuted",
    "predict_without_threshold": "supported",
    "sigmoid_picks": "refuted",
    "sigmoid_is_softmax": "imprecise",
    "sigmoid_rather_than_softmax": "imprecise",
    "output_is_probability": "imprecise",
    "half_is_the_threshold": "imprecise",
    "framework_need_not_know": "imprecise",
    "mse_for_regression": "imprecise",
    "accuracy_on_logits": "imprecise",
    "recipe": "imprecise",
}


@pytest.mark.slow
def test_all_thirteen_claims_have_their_verdicts_and_another_store_and_one_worker_the_same_numbers(folder):
    first = answer([], Place(folder / "store"), quiet=True)
    assert {name: own.verdict for name, own in first.answers.items()} == VERDICTS
    elsewhere = answer([], Place(folder / "elsewhere", 1), quiet=True)
    for name, own in first.answers.items():
        assert replace(own, runs=()) == replace(elsewhere.answers[name], runs=())
    assert len(list((folder / "store/artifacts/claims").rglob(FILE))) == 13
