"""What is random of a lane: its weights, its batches and its masks, and who shares them."""

import keras
import numpy as np
import pytest
from conftest import fits_of, lane, spec

from threshold_lab import batches, network
from threshold_lab.batches import Feed, Streams
from threshold_lab.network import initial_weights, keras_model
from threshold_lab.records import Part
from threshold_lab.shapes import Shape


def test_lanes_of_one_seed_share_their_hidden_weights_their_batches_and_their_masks(splits):
    one, other = (lane(3, activation=activation).training for activation in ("sigmoid", "softmax"))
    drawn = [initial_weights(own, 2, Streams.of(3, 2).weights) for own in (one, other)]
    assert all(np.array_equal(a, b) for a, b in zip(drawn[0][:4], drawn[1][:4], strict=True))
    assert drawn[0][4].shape == (5, 1)
    assert drawn[1][4].shape == (5, 2)
    chunks = [chunk_of(own, splits.train) for own in (one, other)]
    assert np.array_equal(chunks[0].features, chunks[1].features)
    assert all(np.array_equal(a, b) for a, b in zip(chunks[0].kept, chunks[1].kept, strict=True))


def chunk_of(training, part: Part, seed: int = 0) -> batches.Chunk:
    """The first epoch of one lane, as it is handed to the program."""
    shape = Shape.of(training, part.features.shape)
    feed = Feed(part, Streams.of(seed, len(training.network.hidden)), training.network.dropout, shape)
    (_, chunk), *_ = batches.epoch([feed], shape)
    return chunk


def test_every_epoch_holds_every_row_once(splits):
    training = lane(batch_size=16).training
    shape = Shape.of(training, splits.train.features.shape)
    feed = Feed(splits.train, Streams.of(0, 2), training.network.dropout, shape)
    orders = []
    for _ in range(2):
        ((last, chunk),) = batches.epoch([feed], shape)
        assert (chunk.steps, last) == (6, True)
        assert chunk.counted[:, 0].sum() == 90
        assert chunk.counted[:, 1:].sum() == 0
        orders.append(feed.order.ravel()[:90])
        assert sorted(orders[-1].tolist()) == list(range(90))
    assert not np.array_equal(*orders)


@pytest.mark.parametrize("initializer", ["glorot_uniform", "he_uniform", "lecun_uniform"])
def test_initial_weights_are_drawn_as_keras_draws_them(initializer):
    """Hidden kernels by the initialiser, the output layer's by Keras's default: the same limits, evenly filled."""
    own = {"hidden": [400, 300], "dropout": [0.0, 0.0], "initializer": initializer}
    training = spec(network=own).training
    kernels = initial_weights(training, 2, Streams.of(0, 2).weights)[::2]
    model = keras_model(training, initial_weights(training, 2, Streams.of(0, 2).weights))
    dense = [layer for layer in model.layers if layer.weights]
    camel = initializer.title().replace("_", "")
    assert [own.kernel_initializer.__class__.__name__ for own in dense] == [*[camel] * 2, "GlorotUniform"]
    for kernel, layer in zip(kernels, dense, strict=True):
        theirs = np.asarray(layer.kernel_initializer(kernel.shape))
        assert abs(kernel).max() == pytest.approx(abs(theirs).max(), rel=0.02)
        assert kernel.std() == pytest.approx(abs(kernel).max() / np.sqrt(3), rel=0.06)


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.9])
def test_dropout_drops_its_share(rate, splits):
    training = lane(network={"hidden": [200], "dropout": [rate]}).training
    kept = chunk_of(training, splits.train).kept[0][:6, 0]
    assert kept.shape == (6, 16, 208)
    assert not kept[..., 200:].any()
    kept = kept[..., :200]
    assert abs((~kept).mean() - rate) < 4 * np.sqrt(rate * (1 - rate) / kept.size) + 1e-5


def test_the_masks_of_a_layer_do_not_depend_on_another_layers_rate(splits):
    masks = [chunk_of(lane(network={"dropout": [rate, 0.5]}).training, splits.train).kept[1] for rate in (0.0, 0.3)]
    assert np.array_equal(*masks)


def test_training_with_dropout_agrees_with_keras_in_distribution(splits):
    """The loss met in training, of both trainers from the same weights: no difference, where no dropout makes one."""

    def losses(rate: float, trainer: str) -> np.ndarray:
        changes = {"network": {"hidden": [16], "dropout": [rate]}, "trainer": trainer, "epochs": 5}
        return np.array([fit.history["loss"] for fit in fits_of([lane(seed, **changes) for seed in range(8)], splits)])

    ours, theirs, without = losses(0.5, "stacked"), losses(0.5, "keras"), losses(0.0, "stacked")

    def errors(others: np.ndarray) -> float:
        """Mean difference of a seed, in standard errors."""
        each = (ours - others).mean(axis=1)
        return abs(each.mean()) / (each.std(ddof=1) / np.sqrt(len(each)))

    assert errors(theirs) < 3 < 6 < errors(without)


def test_what_dropout_keeps_is_scaled_as_keras_scales_it():
    """One hidden layer of ones: the output is the number of kept units over 1 - rate, its mean the number of units."""
    ones = [np.ones((2, 1, 40), np.float32), np.zeros((2, 40), np.float32)]
    ones += [np.ones((2, 40, 1), np.float32), np.zeros((2, 1), np.float32)]
    kept = np.random.default_rng(0).random((2, 30, 40)) > 0.4
    scales = np.array([[[2.0]], [[4.0]]], np.float32)
    outputs = network.logits(tuple(ones), np.ones((2, 30, 1), np.float32), "relu", [kept], [scales]).numpy()[:, 0]
    assert outputs == pytest.approx(kept.sum(axis=2) * np.array([[2.0], [4.0]]), rel=1e-6)
    dropped = keras.layers.Dropout(0.5, seed=0)(np.ones((1, 40), np.float32), training=True)
    assert set(np.unique(dropped)) == {0.0, 2.0}
