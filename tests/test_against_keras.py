"""The stacked program does what `keras.Model.fit` does from the same weights and batches, for every pair it can train.

Each pair is trained in a stack of all pairs, and one by one by Keras.
"""

from collections import defaultdict
from functools import cache
from itertools import product

import keras
import numpy as np
import pytest
from conftest import fits_of, lane

from threshold_lab import heads, network
from threshold_lab.batches import Feed, Streams
from threshold_lab.errors import ConfigError
from threshold_lab.heads import ACTIVATIONS, LOSSES
from threshold_lab.records import HISTORY, Fit, Splits
from threshold_lab.shapes import Shape
from threshold_lab.spec import Lane

NO_DROPOUT = {"hidden": [8, 5], "dropout": [0.0, 0.0]}
OPTIMIZERS = {
    "sgd": {"name": "sgd", "learning_rate": 0.1, "momentum": 0.9},
    "nesterov": {"name": "sgd", "learning_rate": 0.1, "momentum": 0.9, "nesterov": True},
    "adam": {"name": "adam", "learning_rate": 0.01},
    "rmsprop": {"name": "rmsprop", "learning_rate": 0.01, "momentum": 0.5},
}
TOLERANCE = 1e-4

# Beside the clip at 1e-7 these losses rise up to 1e7 times as fast as the output, and so does a difference in rounding;
# an activation whose range is not that of a probability walks past the clip on some rows, unless its steps are small.
STEEP = set(
    product(
        ("linear", "relu", "exponential", "tanh", "softsign"),
        ("binary_crossentropy", "binary_focal_crossentropy", "poisson"),
    )
)
# Adam divides a gradient by its own size, so one that is nothing but rounding moves a weight by a part of the rate,
# unless its epsilon is larger.
ROUNDING_ALONE = {("adam", "hard_sigmoid", "huber"), ("adam", "softsign", "mse")}


def told(optimizer: str, activation: str, loss: str) -> dict[str, object]:
    """The optimiser with which a pair is compared."""
    own = OPTIMIZERS[optimizer]
    if (optimizer, activation, loss) in ROUNDING_ALONE:
        return own | {"epsilon": 1e-3}
    return own | {"learning_rate": 1e-4} if (activation, loss) in STEEP else own


def trainable() -> list[tuple[str, str]]:
    def refused(activation: str, loss: str) -> bool:
        try:
            heads.head(activation, loss)
        except ConfigError:
            return True
        return False

    return [pair for pair in product(ACTIVATIONS, LOSSES) if not refused(*pair)]


PAIRS = trainable()
CASES = [(optimizer, *pair) for optimizer in OPTIMIZERS for pair in PAIRS]
COVERING = [
    (list(OPTIMIZERS)[index % len(OPTIMIZERS)], *pair)
    for index, pair in enumerate(PAIRS)
    if pair[0] not in dict(PAIRS[:index]) or pair[1] not in {loss for _, loss in PAIRS[:index]} or index % 9 == 0
]


def slow_unless_covering(case: tuple[str, str, str]) -> object:
    return pytest.param(*case, marks=[] if case in COVERING else [pytest.mark.slow])


def keras_fit(own: Lane, splits: Splits) -> tuple[list[np.ndarray], dict[str, list[float]]]:
    """What Keras makes of a lane's own initial weights and batches."""
    training, part = own.training, splits.train
    drawn = Streams.of(own.seed, len(training.network.hidden))
    model = network.keras_model(training, network.initial_weights(training, 2, drawn.weights))
    shape = Shape.of(training, part.features.shape)
    feed = Feed(part, drawn, training.network.dropout, shape)
    target = network.keras_targets(training, part.labels)
    weights = np.where(part.labels, *training.class_weight[::-1]).astype(np.float32)

    def batches():
        while True:
            feed.shuffle()
            for start in range(0, len(target), training.batch_size):
                rows = feed.order.ravel()[: len(target)][start : start + training.batch_size]
                yield part.features[rows], target[rows], weights[rows]

    stopping = keras.callbacks.EarlyStopping(
        "val_loss", patience=training.patience or training.epochs, restore_best_weights=training.patience is not None
    )
    with network.broken_pairs_allowed():
        run = model.fit(
            batches(),
            steps_per_epoch=feed.steps,
            validation_data=(splits.validation.features, network.keras_targets(training, splits.validation.labels)),
            epochs=training.epochs,
            callbacks=[stopping],
            shuffle=False,
            verbose=0,
        )
    return model.get_weights(), run.history


def distance(fit: Fit, weights: list[np.ndarray]) -> float:
    """Largest difference of a weight; NaN where one is no number."""
    return float(np.max([np.abs(ours - theirs).max() for ours, theirs in zip(fit.weights, weights, strict=True)]))


@cache
def stack_of_all_pairs(optimizer: str, splits: Splits) -> dict[tuple[str, str], Fit]:
    lanes = [
        lane(5, activation=pair[0], loss=pair[1], network=NO_DROPOUT, optimizer=told(optimizer, *pair))
        for pair in PAIRS
    ]
    fits = [fit for start in range(0, len(lanes), 16) for fit in fits_of(lanes[start : start + 16], splits)]
    return dict(zip(PAIRS, fits, strict=True))


def test_the_covering_cases_hold_every_activation_loss_and_optimizer():
    for index, names in enumerate((OPTIMIZERS, dict(PAIRS), {loss for _, loss in PAIRS})):
        assert {case[index] for case in COVERING} == set(names)


@pytest.mark.parametrize(("optimizer", "activation", "loss"), [slow_unless_covering(case) for case in CASES])
def test_a_lane_is_what_keras_fit_makes_of_the_same_weights_and_batches(optimizer, activation, loss, splits):
    fit = stack_of_all_pairs(optimizer, splits)[activation, loss]
    own = lane(5, activation=activation, loss=loss, network=NO_DROPOUT, optimizer=told(optimizer, activation, loss))
    weights, history = keras_fit(own, splits)
    begin = network.initial_weights(own.training, 2, Streams.of(own.seed, 0).weights)
    assert distance(fit, weights) < TOLERANCE
    assert (activation, loss) not in STEEP or distance(fit, begin) > 5 * TOLERANCE
    for name in HISTORY:
        assert fit.history[name] == pytest.approx(history[name], rel=TOLERANCE, abs=1e-5, nan_ok=True), name


HOW = {
    "smoothed labels": {"label_smoothing": 0.3},
    "smoothed labels of a focal loss": {"label_smoothing": 0.3, "loss": "binary_focal_crossentropy"},
    "smoothed labels of two units": {
        "label_smoothing": 0.3,
        "activation": "softmax",
        "loss": "categorical_crossentropy",
    },
    "class weights": {"class_weight": [0.5, 3.0]},
    "class weights of two units": {"class_weight": [0.5, 3.0], "activation": "softmax"},
    "targets of -1 and 1": {"targets": [-1, 1], "activation": "tanh", "loss": "mse"},
    "targets of -1 and 1 under a hinge": {"targets": [-1, 1], "activation": "tanh", "loss": "hinge"},
    "targets of -1 and 1 under a squared hinge": {"targets": [-1, 1], "activation": "linear", "loss": "squared_hinge"},
    "targets of -1 and 1 under a cross-entropy": {"targets": [-1, 1]},
    "weighted targets of -1 and 1": {
        "targets": [-1, 1],
        "activation": "tanh",
        "loss": "mae",
        "class_weight": [2.0, 1.0],
    },
    "L2": {"network": NO_DROPOUT | {"l2": 0.01}},
    "L2 of two units": {"network": NO_DROPOUT | {"l2": 0.01}, "activation": "softmax"},
    "no hidden layer": {"network": {"hidden": [], "dropout": []}},
    "one hidden layer of 17": {"network": {"hidden": [17], "dropout": [0.0]}},
    **{f"batches of {size}": {"batch_size": size} for size in (1, 3, 30, 40, 90, 200)},
    "early stopping": {"epochs": 30, "patience": 2, "optimizer": {"learning_rate": 0.5}},
    "early stopping that never stops": {"epochs": 4, "patience": 9},
    "early stopping at once": {"epochs": 9, "patience": 1, "activation": "softmax_1", "loss": "mse"},
    **{
        f"hidden {name}": {"network": NO_DROPOUT | {"activation": name}}
        for name in ("tanh", "sigmoid", "elu", "selu", "gelu", "silu", "softsign")
    },
}


def way(how: str) -> Lane:
    return lane(3, **{"network": NO_DROPOUT} | HOW[how])


@cache
def stacks_of_all_ways(splits: Splits) -> dict[Shape, list[str]]:
    """What is compiled as one program, and so trained as one."""
    stacks = defaultdict(list)
    for how in HOW:
        stacks[Shape.of(way(how).training, splits.train.features.shape)].append(how)
    return stacks


@cache
def stack_of(shape: Shape, splits: Splits) -> dict[str, Fit]:
    hows = stacks_of_all_ways(splits)[shape]
    assert len(hows) <= shape.lanes
    return dict(zip(hows, fits_of([way(how) for how in hows], splits), strict=True))


@pytest.mark.parametrize("how", HOW)
def test_every_way_to_train_is_what_keras_does(how, splits):
    own = way(how)
    fit = stack_of(Shape.of(own.training, splits.train.features.shape), splits)[how]
    weights, history = keras_fit(own, splits)
    assert distance(fit, weights) < TOLERANCE
    for name in HISTORY:
        assert fit.history[name] == pytest.approx(history[name], rel=TOLERANCE, abs=1e-5), name


def test_early_stopping_stops_early_and_restores_the_best(splits):
    stopped = way("early stopping")
    fit = stack_of(Shape.of(stopped.training, splits.train.features.shape), splits)["early stopping"]
    best = int(fit.history["val_loss"].argmin())
    assert fit.epochs == best + 3 < 30
    short = lane(3, network=NO_DROPOUT, epochs=best + 1, optimizer={"learning_rate": 0.5})
    assert all(np.array_equal(a, b) for a, b in zip(fit.weights, fits_of([short], splits)[0].weights, strict=True))


REFUSED = sorted(set(product(ACTIVATIONS, LOSSES)) - set(PAIRS))


@pytest.mark.parametrize(("activation", "loss"), REFUSED)
@pytest.mark.filterwarnings("ignore:In loss categorical_crossentropy:SyntaxWarning")
def test_a_refused_pair_is_one_keras_cannot_train(activation, loss, splits):
    """Keras raises, or learns nothing because the loss is zero, or zero over zero."""
    head = "sigmoid" if activation == "step" else ACTIVATIONS[activation].keras
    output = (lambda x: keras.ops.cast(x >= 0, "float32")) if activation == "step" else head
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(1, output)])
    model.compile("sgd", getattr(keras.losses, LOSSES[loss].keras)())
    target = splits.train.labels.astype(np.float32)[:, None]
    if activation == "step":
        with pytest.raises(ValueError, match="No gradients provided for any variable"):
            model.fit(splits.train.features, target, verbose=0)
    else:
        with network.broken_pairs_allowed():
            run = model.fit(splits.train.features, target, epochs=2, verbose=0)
        assert np.nan_to_num(run.history["loss"]) == pytest.approx([0, 0], abs=1e-6)
