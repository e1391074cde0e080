"""Laws of the stack: a lane's bits do not depend on its company, and its randomness is what it says it is."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from conftest import MemoryDesk, bits, fits_of, lane, rows_of, spec
from test_against_keras import OPTIMIZERS, PAIRS, STEEP

from threshold_lab import network, train
from threshold_lab.batches import Streams
from threshold_lab.heads import ACTIVATIONS, head
from threshold_lab.network import initial_weights, keras_model
from threshold_lab.records import HISTORY, Part
from threshold_lab.shapes import WIDTH, Shape
from threshold_lab.spec import Lane
from threshold_lab.stacked import Course

OTHER_ROWS = rows_of("other", train=60)


def company(optimizer: str) -> list[Lane]:
    """A full program of lanes that differ in all that is data, the number of their training rows among it."""
    changes = [
        {"activation": "softmax", "loss": "categorical_crossentropy"},
        {"activation": "linear", "loss": "hinge", "targets": [-1, 1]},
        {"activation": "tanh", "loss": "mae", "class_weight": [1.0, 5.0]},
        {"activation": "relu", "loss": "poisson", "epochs": 5},
        {"activation": "exponential", "loss": "log_cosh", "network": {"dropout": [0.0, 0.0]}},
        {"loss": "binary_focal_crossentropy", "label_smoothing": 0.2},
        {"loss": "huber", "network": {"l2": 0.1}},
        {"activation": "hard_sigmoid", "loss": "squared_hinge", "network": {"dropout": [0.0, 0.9]}},
        {"activation": "softsign", "loss": "binary_crossentropy_from_logits", "epochs": 9, "patience": 1},
        {"optimizer": OPTIMIZERS[optimizer] | {"learning_rate": 0.7}},
        {"activation": "softmax_1"},
        {"activation": "tanh", "loss": "poisson", "network": {"dropout": [0.0, 0.0]}},
    ]
    lanes = [lane(seed, **({"optimizer": OPTIMIZERS[optimizer]} | own)) for seed, own in enumerate(changes)]
    return lanes + [replace(own, data="other") for own in lanes[1:5]]


@pytest.mark.parametrize(
    "optimizer", ["sgd", "adam", *(pytest.param(own, marks=pytest.mark.slow) for own in ("nesterov", "rmsprop"))]
)
def test_a_lane_has_the_same_bits_alone_in_any_company_and_at_any_position(optimizer, splits):
    lanes = company(optimizer)
    together = {fit.key: bits(fit) for fit in fits_of(lanes, splits, OTHER_ROWS)}
    backwards = {fit.key: bits(fit) for fit in fits_of(lanes[::-1], splits, OTHER_ROWS)}
    assert together == backwards
    assert len(set(together.values())) == len(together) == WIDTH
    for own in lanes:
        assert bits(*fits_of([own], splits, OTHER_ROWS)) == together[own.key]


@pytest.mark.parametrize(("hidden", "width"), [([200, 200], 8), ([256, 256, 256], 4)])
def test_programs_of_fewer_lanes_keep_the_law_of_bits(hidden, width, splits):
    rates = [0.3] * len(hidden)
    changes = [
        {},
        {"activation": "softmax", "loss": "mse"},
        {"activation": "tanh", "epochs": 5},
        {"class_weight": [1, 9]},
    ]
    lanes = [lane(seed, network={"hidden": hidden, "dropout": rates}, **own) for seed in (0, 1) for own in changes]
    lanes = lanes[:width]
    together = [bits(fit) for fit in fits_of(lanes, splits)]
    assert Shape.of(lanes[0].training, (90, 2)).lanes == width == len(set(together))
    assert [bits(fit) for fit in fits_of(lanes[::-1], splits)] == together[::-1]
    assert [bits(*fits_of([own], splits)) for own in lanes[1:3]] == together[1:3]


def test_lanes_that_share_what_they_draw_are_what_each_is_alone(splits):
    """Of one seed and dropout, one stops early; of one seed and another dropout; of one seed and other rows."""
    lanes = [lane(7, epochs=2), lane(7, activation="tanh"), lane(7, network={"dropout": [0.1, 0.1]}), lane(8)]
    lanes += [replace(lanes[1], data="other")]
    together = [bits(fit) for fit in fits_of(lanes, splits, OTHER_ROWS)]
    assert together == [bits(*fits_of([own], splits, OTHER_ROWS)) for own in lanes]


def test_a_batch_is_no_larger_than_the_rows(splits):
    assert Shape.of(lane(batch_size=10**6).training, (90, 2)).batch_size == 128
    still = {"network": {"dropout": [0.0, 0.0]}}
    whole, exact = (fits_of([lane(batch_size=size, **still)], splits)[0] for size in (10**6, 90))
    for one, other in zip(whole.weights, exact.weights, strict=True):
        assert one == pytest.approx(other, rel=1e-4, abs=1e-6)


def test_a_lane_that_diverges_leaves_its_company_alone(splits):
    wild = lane(activation="linear", loss="mse", optimizer={"learning_rate": 1e9})
    fits = fits_of([wild, lane(1)], splits)
    assert not fits[0].finite
    assert bits(fits[1]) == bits(*fits_of([lane(1)], splits))


def test_what_fills_a_lane_up_in_company_leaves_its_history_alone(splits):
    """A loss that is NaN at the origin, where no row is but those that fill; L2 of a neighbour of huge weights."""
    shifted = OTHER_ROWS.__class__(
        *(Part(np.abs(part.features) + 1, part.labels, part.rows) for _, part in OTHER_ROWS.parts()),
        *("other", ("x", "y"), "1", "0", None),
    )
    bare = {"network": {"hidden": [], "dropout": []}, "activation": "linear"}
    away = replace(lane(0, loss="poisson", optimizer={"learning_rate": 1e-6}, **bare), data="other")
    huge = lane(1, optimizer={"learning_rate": 1e9}, **bare)
    ridge = lane(2, network={"hidden": [], "dropout": [], "l2": 0.1})
    for own in (away, huge):
        alone = bits(*fits_of([own], splits, shifted))
        assert bits(fits_of([own, lane(3, **bare), ridge], splits, shifted)[0]) == alone
    assert np.isfinite(fits_of([huge, ridge], splits)[0].history["loss"]).all()


@pytest.mark.parametrize(
    ("losses", "epochs", "kept"),
    [
        ([np.nan, 1.0, 0.5], 3, 1),
        ([np.inf, 1.0, 2.0, 3.0], 4, 2),
        ([3.0, np.nan, 1.0, 2.0, np.nan], 5, 3),
        ([1.0, 1.0, 1.0, 0.5], 3, 1),
    ],
)
def test_early_stopping_takes_losses_that_are_no_numbers_as_keras_does(losses, epochs, kept):
    """Patience 2; the first epoch is the best so far, whatever its loss, and nothing is less than NaN."""
    course = Course(lane(epochs=9, patience=2).training)
    taken = []
    for loss in losses:
        if not course.over:
            taken.append(course.take(np.array([0, 0, loss, 0], np.float32)))
    assert len(taken) == epochs
    assert max(epoch for epoch, keep in enumerate(taken, 1) if keep) == kept
    callback = keras.callbacks.EarlyStopping("val_loss", patience=2, restore_best_weights=True)
    callback.set_model(keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)]))
    callback.model.compile("sgd", "mse")
    callback.on_train_begin()
    seen = 0
    for epoch, loss in enumerate(losses):
        if not callback.model.stop_training:
            callback.on_epoch_end(epoch, {"val_loss": loss})
            seen += 1
    assert (seen, callback.best_epoch + 1) == (epochs, kept)


def test_a_lane_that_is_done_first_is_what_it_is_alone(splits):
    short, long = fits_of([lane(1, epochs=2), lane(1, epochs=6)], splits)
    assert (short.epochs, long.epochs) == (2, 6)
    assert bits(short) == bits(*fits_of([lane(1, epochs=2)], splits))
    assert np.array_equal(short.history["loss"], long.history["loss"][:2])


def test_what_is_handed_over_in_parts_is_trained_as_in_one(splits, monkeypatch):
    (whole,) = fits_of([lane(2)], splits)
    monkeypatch.setattr(Shape, "steps", 2)
    monkeypatch.setattr(Shape, "blocks", 1)
    (parts,) = fits_of([lane(2)], splits)
    assert all(np.array_equal(a, b) for a, b in zip(whole.weights, parts.weights, strict=True))
    assert all(np.array_equal(whole.logits[name], parts.logits[name]) for name in whole.logits)
    assert parts.history["loss"] == pytest.approx(whole.history["loss"], rel=1e-6)


def test_validation_in_parts_counts_every_row_of_every_lane(splits, monkeypatch):
    many, few = (rows_of(name, train=90, validation=rows) for name, rows in (("many", 300), ("few", 70)))
    ridge = {"network": {"l2": 0.1, "dropout": [0.0, 0.0]}}
    lanes = [replace(lane(0, **ridge), data="many"), replace(lane(1, **ridge), data="few"), lane(2, **ridge)]
    whole = fits_of(lanes, splits, many, few)
    monkeypatch.setattr(Shape, "blocks", 1)
    for one, parted in zip(whole, fits_of(lanes, splits, many, few), strict=True):
        assert {name: len(rows) for name, rows in one.logits.items()} == {n: len(r) for n, r in parted.logits.items()}
        assert all(np.array_equal(one.logits[name], parted.logits[name]) for name in one.logits)
        assert all(parted.history[name] == pytest.approx(one.history[name], rel=1e-6) for name in HISTORY)
    assert [len(fit.logits["validation"]) for fit in whole] == [300, 70, 40]


@pytest.mark.parametrize(("activation", "loss"), PAIRS)
def test_the_exported_model_predicts_the_lanes_own_scores(activation, loss, splits, tmp_path):
    own = lane(activation=activation, loss=loss)
    (fit,) = fits_of([own], splits, exported=frozenset([own.key]))
    if not fit.finite and (activation, loss) in STEEP:
        pytest.skip(f"{activation} with {loss} has no finite weights on these rows, in Keras neither")
    (tmp_path / "model.keras").write_bytes(fit.model)
    with network.broken_pairs_allowed():
        predicted = keras.models.load_model(tmp_path / "model.keras").predict(splits.test.features, verbose=0)
    score = head(activation, loss).activation.score(fit.logits["test"].astype(np.float64))
    assert predicted[:, -1] == pytest.approx(score, rel=1e-6, abs=1e-6)
    assert (activation, loss) in STEEP or np.abs(score).max() < 100


def test_a_lane_trained_by_keras_is_the_same_every_time_and_starts_where_the_stack_does(splits):
    own = lane(4, trainer="keras", epochs=1)
    first, again = (fits_of([own], splits)[0] for _ in range(2))
    assert bits(first) == bits(again)
    drawn = initial_weights(own.training, 2, Streams.of(4, 2).weights)
    still = lane(4, trainer="keras", epochs=1, optimizer={"learning_rate": 1e-30})
    assert all(np.abs(a - b).max() < 1e-20 for a, b in zip(fits_of([still], splits)[0].weights, drawn, strict=True))


def test_keras_trains_with_class_weights_and_patience_and_its_logits_are_those_of_its_weights(splits):
    changes = {"trainer": "keras", "network": {"dropout": [0.0, 0.0]}, "batch_size": 90}
    weighted, plain = (fits_of([lane(2, class_weight=own, **changes)], splits)[0] for own in ([0.01, 9.0], [1.0, 1.0]))
    positive = [(fit.logits["train"] > 0).mean() for fit in (weighted, plain)]
    assert positive[0] > positive[1]
    stopped = fits_of([lane(2, epochs=40, patience=1, optimizer={"learning_rate": 3.0}, **changes)], splits)[0]
    best = int(stopped.history["val_loss"].argmin())
    assert stopped.epochs == best + 2 < 40
    flow = splits.test.features
    for kernel, bias in zip(stopped.weights[:-2:2], stopped.weights[1:-2:2], strict=True):
        flow = np.maximum(flow @ kernel + bias, 0)
    assert stopped.logits["test"] == pytest.approx(flow @ stopped.weights[-2] + stopped.weights[-1], abs=1e-5)


@pytest.mark.parametrize("trainer", ["stacked", "keras"])
def test_a_program_tells_of_every_epoch(trainer, splits):
    desk = MemoryDesk()
    train.train([lane(0, trainer=trainer)], {"data": dict(splits.parts())}, desk)
    assert desk.epochs == 3


def test_both_trainers_leave_the_same_things(splits):
    ours, theirs = (fits_of([lane(0, trainer=trainer)], splits)[0] for trainer in ("stacked", "keras"))
    assert [array.shape for array in ours.weights] == [array.shape for array in theirs.weights]
    assert ours.history.keys() == theirs.history.keys()
    assert {name: array.shape for name, array in ours.logits.items()} == {
        name: array.shape for name, array in theirs.logits.items()
    }


def test_no_hidden_layer_is_a_logistic_regression(splits):
    (fit,) = fits_of([lane(network={"hidden": [], "dropout": []})], splits)
    assert [array.shape for array in fit.weights] == [(2, 1), (1,)]
    features = splits.test.features @ fit.weights[0] + fit.weights[1]
    assert fit.logits["test"] == pytest.approx(features, abs=1e-6)


def test_a_model_file_is_what_a_keras_user_would_write(splits):
    training = lane(activation="softmax", loss="mse", network={"l2": 0.5, "activation": "tanh"}).training
    model = keras_model(training, initial_weights(training, 2, Streams.of(0, 2).weights))
    names = [type(layer).__name__ for layer in model.layers]
    assert names == ["Dense", "Dropout", "Dense", "Dropout", "Dense"]
    assert [layer.activation.__name__ for layer in model.layers[::2]] == ["tanh", "tanh", "softmax"]
    assert model.layers[0].kernel_regularizer.l2 == pytest.approx(0.5)
    assert isinstance(model.loss, keras.losses.MeanSquaredError)
    assert network.layer_sizes(spec().training, 2) == [(2, 8), (8, 5), (5, 1)]


def test_every_row_of_the_tables_is_known_to_keras():
    for name, activation in ACTIVATIONS.items():
        assert name == "step" or callable(keras.activations.get(activation.keras))
