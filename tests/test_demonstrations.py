"""What plain Keras is shown to do, against Keras used as its own manual says, and against arithmetic."""

import keras
import numpy as np
import pytest
from conftest import rows_of, spec

from threshold_lab import network, worker
from threshold_lab.batches import Streams
from threshold_lab.demonstrations import demonstrate
from threshold_lab.demonstrations.fitted import BINS
from threshold_lab.demonstrations.plain import sha256
from threshold_lab.errors import ConfigError
from threshold_lab.records import Shown
from threshold_lab.spec import RunSpec
from threshold_lab.worker import TrainingError

ROWS = rows_of("data", train=96)
PARTS = dict(ROWS.parts())


def job(**changes: object) -> RunSpec:
    return spec(**{"network": {"hidden": [6], "dropout": [0.0]}, "epochs": 2, "threshold": 0.5} | changes)


def shown(name: str, own: RunSpec) -> Shown:
    return demonstrate(name, own, PARTS)


def by_the_manual(own: RunSpec, seed: int, *, metrics: list[object], output: object = "sigmoid") -> keras.Model:
    """The model a user would write, trained on the rows in the seed's own order, as two epochs in one."""
    weights = network.initial_weights(own.training, 2, Streams.of(seed, 0).weights)
    model = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(6, "relu"), keras.layers.Dense(1, activation=output)]
    )
    optimizer = keras.optimizers.SGD(learning_rate=0.1, momentum=0.003)
    model.compile(optimizer=optimizer, loss=own.loss, metrics=metrics)
    model.set_weights(weights)
    order = Streams.of(seed, 0).order
    rows = np.concatenate([order.permutation(96) for _ in range(2)])
    x, y = PARTS["train"].features[rows], PARTS["train"].labels[rows].astype("float32")[:, None]
    model.printed = model.fit(x, y, batch_size=16, shuffle=False, verbose=0).history
    return model


@pytest.mark.parametrize("threshold", [0.1, 0.9])
def test_weights_and_the_printed_accuracy_at_a_threshold_are_those_of_the_manual(threshold):
    own = job(threshold=threshold)
    found = shown("weights_at_a_threshold", own)
    for seed in own.all_seeds:
        metric = keras.metrics.BinaryAccuracy("accuracy", threshold=threshold)
        model = by_the_manual(own, seed, metrics=[metric])
        assert found.words["weights"][seed] == sha256(model.get_weights())
        assert found.numbers["printed"][seed] == pytest.approx(model.printed["accuracy"][-1], abs=1e-7)
    other = shown("weights_at_a_threshold", job(threshold=0.5))
    assert found.words == other.words
    assert found.numbers["printed"].tolist() != other.numbers["printed"].tolist()
    assert len(set(found.words["weights"])) == own.seeds


def test_a_model_that_is_set_back_trains_as_a_new_one():
    own = job()
    assert shown("weights_at_a_threshold", own).words == shown("weights_at_a_threshold", own).words
    moved = job(optimizer={"name": "adam"})  # whose moments would be left over
    assert shown("weights_at_a_threshold", moved).words == shown("weights_at_a_threshold", moved).words


def test_predictions_and_accuracy_are_those_of_the_manual():
    own, test = job(), PARTS["test"]
    found = shown("predict_and_evaluate", own).numbers
    for seed in own.all_seeds:
        model = by_the_manual(own, seed, metrics=["accuracy"])
        scores = model.predict(test.features, verbose=0)[:, 0]
        _, printed = model.evaluate(test.features, test.labels[:, None].astype("float32"), verbose=0)
        assert found["printed"][seed] == pytest.approx(printed)
        assert found["counted"][seed] == pytest.approx(np.mean((scores > 0.5) == test.labels))
        assert found["distinct"][seed] == len(set(scores.tolist())) / len(scores)
        assert found["histogram"][seed] == pytest.approx(np.histogram(scores, BINS, (0, 1))[0] / len(scores))
    assert not found["whole"].any()


def test_accuracy_is_the_same_metric_under_either_loss_and_training_is_not():
    found = [shown("predictions_under_a_loss", job(loss=loss)) for loss in ("binary_crossentropy", "mse")]
    assert found[0].words["predicted"] == found[1].words["predicted"]
    assert found[0].words["weights"] != found[1].words["weights"]
    for own in found:
        assert set(own.words["backend"]) == {keras.config.backend()}
        assert set(own.words["metric"]) == {"BinaryAccuracy"}
        assert own.numbers["cut"].tolist() == [0.5, 0.5]


def test_a_step_moves_no_weight_and_a_sigmoid_does():
    step, sigmoid = (shown("learning_through", job(activation=own)) for own in ("step", "sigmoid"))
    assert step.numbers["moved"].tolist() == [0.0, 0.0]
    assert step.words["refusal"] == ("No gradients provided for any variable.",) * 2
    assert (sigmoid.numbers["moved"] > 0.01).all()
    assert set(sigmoid.words["refusal"]) == {""}
    assert step.numbers["before"] == pytest.approx(sigmoid.numbers["before"])
    assert step.numbers["after"] == pytest.approx(step.numbers["before"])


def test_without_hidden_layers_a_softmax_follows_the_sigmoid_at_half_the_rate_or_with_its_second_logit_held():
    found = shown("softmax_paths", job(network={"hidden": [], "dropout": []})).numbers
    assert found["held"].shape == (2, 12)  # two passes over 96 rows in batches of 16
    assert found["held"].max() < 1e-6
    assert found["halved"].max() < 1e-6
    assert found["free"].max() > 0.01
    assert found["function"].max() < 1e-6
    assert found["zero"].tolist() == [0.0, 0.0]


def test_a_softmax_with_hidden_layers_follows_at_neither_rate():
    found = shown("softmax_paths", job()).numbers
    assert found["held"].max() < 1e-6
    assert min(found["free"].max(), found["halved"].max()) > 1e-3


def test_the_built_in_sigmoid_keeps_the_logit_and_the_one_by_hand_loses_it():
    found = shown("sigmoid_by_hand", job()).numbers
    at = {logit: place for place, logit in enumerate(found["logits"].tolist())}
    assert found["loss_built_in"][at[100]] == pytest.approx(100)
    assert found["loss_by_hand"][at[100]] == pytest.approx(-np.log(1e-7), abs=0.2)  # clipped at 1 - 1e-7, in float32
    assert found["gradient_built_in"][at[100]] == pytest.approx(1)
    assert found["gradient_by_hand"][at[100]] == 0
    assert found["loss_by_hand"][at[4]] == pytest.approx(np.log1p(np.exp(4)), rel=1e-5)
    assert found["gradient_by_hand"][at[4]] == pytest.approx(1 / (1 + np.exp(-4)), rel=1e-4)
    assert found["moved_by_hand"].tolist() == [0.0, 0.0]
    assert (found["moved_built_in"] > 0.01).all()
    assert found["accuracy_by_hand"] == pytest.approx(found["accuracy_built_in"], abs=0.05)


def test_what_cannot_be_shown_is_refused():
    with pytest.raises(ConfigError, match="did you mean 'softmax_paths'"):
        shown("softmax_path", job())
    with pytest.raises(ConfigError, match="compares weights to the bit"):
        shown("softmax_paths", job(network={"hidden": [6], "dropout": [0.5]}))
    with pytest.raises(TrainingError, match="ValueError: could not convert string to float: 'youden'"):
        worker.demonstrate("weights_at_a_threshold", job(threshold="youden"), PARTS)
    with pytest.raises(ConfigError, match="compares weights to the bit"):
        worker.demonstrate("softmax_paths", spec(), PARTS)
