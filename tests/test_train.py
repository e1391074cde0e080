"""Laws of the stacked program: it does what Keras does, and a lane's bits do not depend on its company."""

from itertools import product

import keras
import numpy as np
import pytest
from conftest import lane, spec

from threshold_lab import network, train
from threshold_lab.heads import ACTIVATIONS, LOSSES, head
from threshold_lab.network import initial_weights, keras_model
from threshold_lab.records import Fit, Splits
from threshold_lab.spec import WIDTH, Lane
from threshold_lab.train import Streams

PAIRS = list(product(ACTIVATIONS, LOSSES))
NO_DROPOUT = {"hidden": [8, 5], "dropout": [0.0, 0.0]}
MOMENTUM = {"learning_rate": 0.1, "momentum": 0.9}
TOLERANCE = 1e-4


def targets(activation: str, labels: np.ndarray) -> np.ndarray:
    one_hot = np.stack([~labels, labels], axis=1)
    return (one_hot if ACTIVATIONS[activation].units == 2 else labels[:, None]).astype(np.float32)


def batches_of(own: Lane, splits: Splits):
    """A lane's own batches, epoch after epoch, for Keras's `fit`."""
    stream, size = Streams.of(own.seed).order, own.training.batch_size
    target = targets(own.training.activation, splits.train.labels)
    while True:
        order = stream.permutation(len(target))
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            yield splits.train.features[rows], target[rows]


@pytest.mark.parametrize(("activation", "loss"), PAIRS)
def test_a_lane_is_what_keras_fit_makes_of_the_same_weights_and_batches(activation, loss, splits):
    own = lane(5, activation=activation, loss=loss, network=NO_DROPOUT, optimizer=MOMENTUM)
    fit = train.train([own], splits)[0]
    model = keras_model(own.training, initial_weights(own.training, 2, Streams.of(5).weights))
    validation = splits.validation.features, targets(activation, splits.validation.labels)
    run = model.fit(
        batches_of(own, splits), steps_per_epoch=6, validation_data=validation, epochs=3, shuffle=False, verbose=0
    )
    for ours, theirs in zip(fit.weights, model.get_weights(), strict=True):
        assert np.abs(ours - theirs).max() < TOLERANCE
    for name, series in fit.history.items():
        # Beside the clip a cross-entropy rises 1e7 times as fast as its output, and so does a difference in rounding.
        assert series == pytest.approx(run.history[name], rel=TOLERANCE, abs=1e-5), name


@pytest.mark.parametrize(("activation", "loss"), PAIRS)
def test_the_exported_model_predicts_the_lanes_own_scores(activation, loss, splits, tmp_path):
    own = lane(activation=activation, loss=loss)
    fit = train.train([own], splits, frozenset([own.key]))[0]
    (tmp_path / "model.keras").write_bytes(fit.model)
    predicted = keras.models.load_model(tmp_path / "model.keras").predict(splits.test.features, verbose=0)
    score = head(activation, loss).activation.score(fit.logits["test"].astype(np.float64))
    assert predicted[:, -1] == pytest.approx(score, rel=1e-6, abs=1e-6)


def bits(fit: Fit) -> bytes:
    arrays = [*fit.weights, *fit.history.values(), *fit.logits.values()]
    return b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)


@pytest.fixture(scope="module")
def company() -> list[Lane]:
    """A full program of every pair, with rates, momenta and seeds of all kinds."""
    lanes = [
        lane(seed, activation=activation, loss=loss) for (activation, loss), seed in zip(PAIRS, range(99), strict=False)
    ]
    lanes += [lane(seed, optimizer={"learning_rate": 0.01 * (seed + 1), "momentum": 0.1 * seed}) for seed in range(4)]
    lanes += [lane(seed, network={"dropout": [0.1 * seed, 0.0]}, activation="linear") for seed in range(4)]
    assert len(lanes) == WIDTH
    return lanes


def test_a_lane_has_the_same_bits_alone_in_any_company_and_at_any_position(company, splits):
    together = {fit.key: bits(fit) for fit in train.train(company, splits)}
    backwards = {fit.key: bits(fit) for fit in train.train(company[::-1], splits)}
    assert together == backwards
    assert len(set(together.values())) == len(together) == WIDTH
    for own in company[::5]:
        assert bits(train.train([own], splits)[0]) == together[own.key]


def test_a_diverging_lane_leaves_its_company_alone(company, splits):
    wild = lane(activation="linear", loss="mse", optimizer={"learning_rate": 1e30})
    fits = train.train([wild, company[0]], splits)
    assert not fits[0].finite
    assert bits(fits[1]) == bits(train.train([company[0]], splits)[0])


def test_lanes_of_one_seed_share_their_hidden_weights_and_their_batches():
    one, other = (lane(3, activation=activation).training for activation in ("sigmoid", "softmax"))
    drawn = [initial_weights(own, 2, Streams.of(3).weights) for own in (one, other)]
    assert all(np.array_equal(a, b) for a, b in zip(drawn[0][:4], drawn[1][:4], strict=True))
    assert drawn[0][4].shape == (5, 1)
    assert drawn[1][4].shape == (5, 2)


def test_initial_weights_have_the_spread_of_glorot_uniform():
    training = spec(network={"hidden": [400, 300], "dropout": [0.0, 0.0]}).training
    kernel = initial_weights(training, 2, Streams.of(0).weights)[2]
    limit = np.sqrt(6 / 700)
    assert abs(kernel).max() < limit
    assert kernel.std() == pytest.approx(limit / np.sqrt(3), rel=0.01)


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.9])
def test_dropout_drops_its_share_and_keeps_the_mean(rate):
    own = lane(network={"hidden": [200], "dropout": [rate]})
    kept = train._kept([own], [Streams.of(1)], 0, (20, 50)).numpy()
    drawn = kept.size
    assert kept.shape == (20, 1, 50, 200)
    assert abs((~kept).mean() - rate) < 4 * np.sqrt(rate * (1 - rate) / drawn) + 1e-5


def test_training_with_dropout_agrees_with_keras_in_distribution(splits):
    """Mean validation loss over seeds of both trainers, within 3 standard errors of their difference."""
    network_ = {"hidden": [16], "dropout": [0.5]}
    ours = [
        fit.history["val_loss"][-1] for fit in train.train([lane(seed, network=network_) for seed in range(16)], splits)
    ]
    validation = splits.validation.features, splits.validation.labels.astype(np.float32)
    theirs = []
    for seed in range(8):
        keras.utils.set_random_seed(seed)
        training = lane(network=network_).training
        model = keras_model(training, initial_weights(training, 2, Streams.of(seed + 50).weights))
        data = splits.train.features, splits.train.labels.astype(np.float32)
        run = model.fit(*data, validation_data=validation, batch_size=16, epochs=3, verbose=0)
        theirs.append(run.history["val_loss"][-1])
    error = np.sqrt(np.var(ours, ddof=1) / len(ours) + np.var(theirs, ddof=1) / len(theirs))
    assert abs(np.mean(ours) - np.mean(theirs)) < 3 * error


def test_a_step_of_a_batch_size_that_divides_the_rows_has_no_padding(splits):
    own = lane(batch_size=30)
    batches = train._batches([own], [Streams.of(0)], 90)
    assert batches.counted.numpy().all()
    assert sorted(batches.order.numpy().ravel().tolist()) == list(range(90))


def test_no_hidden_layer_is_a_logistic_regression(splits):
    own = lane(network={"hidden": [], "dropout": []})
    fit = train.train([own], splits)[0]
    assert [array.shape for array in fit.weights] == [(2, 1), (1,)]
    features = splits.test.features @ fit.weights[0] + fit.weights[1]
    assert fit.logits["test"] == pytest.approx(features, abs=1e-6)


def test_a_model_file_is_what_a_keras_user_would_write(splits):
    model = keras_model(
        spec(activation="softmax", loss="mse").training,
        train.train([lane(activation="softmax", loss="mse")], splits)[0].weights,
    )
    names = [type(layer).__name__ for layer in model.layers]
    assert names == ["Dense", "Dropout", "Dense", "Dropout", "Dense"]
    assert (model.loss, model.layers[-1].activation.__name__) == ("mse", "softmax")
    assert network.layer_sizes(spec().training, 2) == [(2, 8), (8, 5), (5, 1)]


def test_what_dropout_keeps_is_scaled_as_keras_scales_it():
    """One hidden layer of ones: the output is the number of kept units over 1 - rate, its mean the number of units."""
    ones = [np.ones((2, 1, 40), np.float32), np.zeros((2, 40), np.float32)]
    ones += [np.ones((2, 40, 1), np.float32), np.zeros((2, 1), np.float32)]
    lanes = [lane(rate, network={"hidden": [40], "dropout": [rate / 4]}) for rate in (1, 2)]
    kept = train._kept(lanes, [Streams.of(0), Streams.of(1)], 0, (1, 30))[0]
    scales = train._settings(lanes).scales
    outputs = network.logits(tuple(ones), np.ones((2, 30, 1), np.float32), [kept], scales).numpy()[..., 0]
    counted = kept.numpy().sum(axis=2)
    assert outputs == pytest.approx(counted / np.array([[0.75], [0.5]]), rel=1e-6)
    dropped = keras.layers.Dropout(0.5, seed=0)(np.ones((1, 40), np.float32), training=True)
    assert set(np.unique(dropped)) == {0.0, 2.0}
