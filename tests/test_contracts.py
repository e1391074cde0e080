"""Every statement of a contract is what Keras does: seen on Keras's own activations, losses, gradients and metrics."""

from itertools import product

import keras
import numpy as np
import pytest
import tensorflow as tf

from threshold_lab.errors import ConfigError
from threshold_lab.heads import ACTIVATIONS, KERAS_CUT, LOSSES, Contract, contract, head, sigmoid
from threshold_lab.network import broken_pairs_allowed

LOGITS = np.round(np.arange(-6, 6.0001, 0.02), 2).astype(np.float32)
CHANCES = (0.2, 0.35, 0.45, 0.55, 0.8)


def table() -> dict[tuple[str, str, int], Contract]:
    found = {}
    for activation, loss, low in product(ACTIVATIONS, LOSSES, (0, -1)):
        try:
            found[activation, loss, low] = contract(activation, loss, (low, 1))
        except ConfigError:
            continue
    return found


CONTRACTS = table()


class Seen:
    """What Keras makes of a grid of logits: (n,) scores, and for each label the loss and its slope there."""

    def __init__(self, activation: str, loss: str, low: int) -> None:
        own, asked = ACTIVATIONS[activation], LOSSES[loss]
        settings = {"from_logits": True} if asked.from_logits else {}
        function = getattr(keras.losses, asked.keras)(reduction="none", **settings)
        logits = tf.constant(LOGITS[:, None] if own.units == 1 else np.stack([-LOGITS / 2, LOGITS / 2], axis=1))
        self.losses, self.slopes, self.gradients = {}, {}, {}
        for label in (low, 1):
            target = [[float(label)]] if own.units == 1 else [[1.0 - label, float(label)]]
            targets = tf.constant(np.repeat(target, len(LOGITS), axis=0), tf.float32)
            with broken_pairs_allowed(), tf.GradientTape() as tape:
                tape.watch(logits)
                outputs = keras.activations.get(own.keras)(logits)
                each = function(targets, outputs)
            self.outputs = outputs.numpy()
            self.losses[label] = each.numpy().astype(np.float64)
            self.gradients[label] = tape.gradient(each, logits).numpy()
        self.scores = self.outputs[:, -1].astype(np.float64)

    def best(self, chance: float, low: int) -> float:
        """The score at which the loss is least of rows that are positive by chance."""
        expected = chance * self.losses[1] + (1 - chance) * self.losses[low]
        return float(self.scores[np.nanargmin(expected)])


@pytest.fixture(scope="module")
def seen():
    return {key: Seen(*key) for key in CONTRACTS}


def each(**that: object) -> list[tuple[str, str, int]]:
    """The pairs of which something holds."""
    return [key for key, own in CONTRACTS.items() if all(getattr(own, name) == value for name, value in that.items())]


def ids(*names: str) -> list[tuple[str, str, int]]:
    return [key for key, own in CONTRACTS.items() if {trouble.id for trouble in own.troubles} >= set(names)]


def test_the_table_holds_every_pair_that_is_trained():
    assert len(CONTRACTS) == 8 * 10 * 2 + 11  # one unit: every loss but one, both codings; two units: every loss
    assert {own.returns for own in CONTRACTS.values()} == {"probability", "logit", "margin", "score", "neither"}


def test_the_range_is_what_comes_out(seen):
    for key, own in CONTRACTS.items():
        assert own.low <= seen[key].scores.min() <= seen[key].scores.max() <= own.high, key


def test_a_calibrated_score_is_where_the_loss_is_least_and_no_other_is(seen):
    for key, own in CONTRACTS.items():
        scale = head(*key).scale
        if own.returns in ("neither",) or scale.of is None:
            continue
        reachable = [p for p in CHANCES if own.low < scale.of(p) < own.high]
        off = [abs(seen[key].best(p, key[2]) - scale.of(p)) for p in reachable]
        assert bool(max(off) < 0.02) == own.calibrated, (key, off)


def test_a_probability_lies_in_0_to_1_and_is_least_beside_one_half_where_a_half_is_likely(seen):
    for key in each(returns="probability"):
        assert seen[key].scores.min() >= 0, key
        assert seen[key].scores.max() <= 1, key


def test_one_half_lies_where_the_sign_of_the_evidence_turns(seen):
    for key, own in CONTRACTS.items():
        if own.half is None:
            continue
        best = [seen[key].best(p, key[2]) for p in CHANCES]
        assert [score > own.half for score in best] == [p > 0.5 for p in CHANCES], (key, best)


def test_a_margin_has_a_sign_that_is_the_class(seen):
    for key in each(returns="margin"):
        assert [np.sign(seen[key].best(p, key[2])) for p in CHANCES] == [np.sign(p - 0.5) for p in CHANCES], key


def test_rows_have_no_gradient_where_the_contract_says_and_nowhere_else(seen):
    for key, own in CONTRACTS.items():
        found = seen[key]
        still = np.all([np.nan_to_num(slope, nan=1).any(axis=-1) == 0 for slope in found.gradients.values()], axis=0)
        flat = (found.scores <= own.flat[0]) | (found.scores >= own.flat[1])
        assert np.array_equal(still, flat), (key, found.scores[still != flat][:5])
        assert ("dead_gradients" in {own.id for own in own.troubles}) == (still.any() and key[0] != "softmax_1"), key


def test_the_loss_is_computed_from_what_the_contract_says(seen):
    for key, own in CONTRACTS.items():
        activation, loss, low = key
        if not LOSSES[loss].cross_entropy or "focal" in loss or ACTIVATIONS[activation].units == 2:
            continue
        z, f = LOGITS.astype(np.float64), seen[key].scores
        cut = np.clip(f, *np.float32([1e-7, 1 - 1e-7]).astype(np.float64))
        taken = {"on the logits": z, "on the output, cut": np.log(cut) - np.log1p(-cut)}
        taken["on the output, taken for a logit"] = f
        (logit,) = [value for words, value in taken.items() if own.computed.startswith(words)]
        for label in (low, 1):
            by_hand = label * np.logaddexp(0, -logit) + (1 - label) * np.logaddexp(0, logit)
            assert seen[key].losses[label] == pytest.approx(by_hand, rel=1e-4, abs=1e-5), key


def test_two_units_are_two_sigmoids_where_the_contract_says(seen):
    z = LOGITS.astype(np.float64) / 2
    for key in each(accuracy="CategoricalAccuracy"):
        if "focal" in key[1] or not LOSSES[key[1]].cross_entropy:
            continue
        alone = -np.log(sigmoid(z))  # of each unit, right by z
        together = -np.log(sigmoid(2 * z))
        independent = key in ids("two_independent_sigmoids")
        expected = alone if independent else together
        assert seen[key].losses[1] == pytest.approx(expected, rel=1e-4, abs=1e-5), key


def test_a_loss_of_a_label_out_of_range_falls_without_end_or_cannot_be_reached(seen):
    for key in ids("labels_out_of_range"):
        losses, scores = seen[key].losses[-1], seen[key].scores
        endless = np.nanmin(losses) < -0.5
        unreachable = scores.min() >= 0 and np.nanargmin(losses) in (0, np.argmin(scores))
        assert endless or unreachable, key


def test_the_logarithm_of_a_negative_output_is_not_a_number(seen):
    assert {key for key in CONTRACTS if np.isnan(seen[key].losses[1]).any()} == set(ids("logarithm_of_negative"))


def test_one_unit_of_softmax_says_one_to_every_row(seen):
    assert {key for key in CONTRACTS if np.ptp(seen[key].scores) == 0} == set(ids("one_unit_softmax"))
    for key in ids("one_unit_softmax"):
        learns = any(np.abs(slope).max() > 0 for slope in seen[key].gradients.values())
        (trouble,) = [own for own in CONTRACTS[key].troubles if own.id == "one_unit_softmax"]
        assert learns == ("learns unseen" in trouble.text), key


def test_probabilities_beyond_the_bounds_of_a_logit_cannot_be_told(seen):
    for key in (*ids("logit_is_confined"), *ids("from_logits_twice")):
        if ACTIVATIONS[key[0]].recovers_logits or key[2] < 0:
            continue
        told = [trouble.text for trouble in CONTRACTS[key].troubles if "probabilities from" in trouble.text]
        lowest, highest = (float(word) for word in told[0].split("probabilities from ")[1].split(" ")[:3:2])
        least = -np.log(sigmoid(seen[key].scores.max()))  # of a positive row
        assert seen[key].losses[1].min() == pytest.approx(least, rel=1e-4)
        assert np.exp(-seen[key].losses[1].min()) <= highest + 0.0005, key
        assert 1 - np.exp(-seen[key].losses[0].min()) >= lowest - 0.0005, key


# ---- what 'accuracy' becomes


@pytest.fixture(scope="module")
def accuracies():
    """By units: the metric that Keras makes of 'accuracy', from the shapes, as `fit` does."""
    found = {}
    for units in (1, 2):
        model = keras.Sequential([keras.Input((units,)), keras.layers.Activation("linear")])
        model.compile(loss="mse", metrics=["accuracy"])
        model.evaluate(np.zeros((2, units)), np.zeros((2, units)), verbose=0)
        (compiled,) = [own for own in model.metrics if own.name == "compile_metrics"]
        (found[units],) = compiled.metrics
    return found


def counted(metric: keras.metrics.Metric, targets: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """Which rows an accuracy counts as right."""
    right = []
    for target, output in zip(targets, outputs, strict=True):
        metric.reset_state()
        metric.update_state(target[None], output[None])
        right.append(float(metric.result()) == 1)
    return np.array(right)


def test_accuracy_becomes_what_the_contract_says_and_cuts_there(accuracies):
    for key, own in CONTRACTS.items():
        assert type(accuracies[ACTIVATIONS[key[0]].units]).__name__ == own.accuracy, key
    beside = np.array([KERAS_CUT - 1e-3, KERAS_CUT, KERAS_CUT + 1e-3])
    ones = np.ones((3, 1))
    assert list(counted(accuracies[1], ones, beside[:, None])) == [False, False, True]
    two = np.stack([1 - beside, beside], axis=1)
    assert list(counted(accuracies[2], np.array([[0, 1]] * 3), two)) == [False, False, True]


def test_the_cut_as_a_probability_is_what_the_scale_says_of_it():
    assert contract("linear", "binary_crossentropy_from_logits").cut_as_probability == pytest.approx(0.6224593)
    assert contract("linear", "mse", (-1, 1)).cut_as_probability == 0.75
    assert contract("sigmoid", "binary_crossentropy").cut_as_probability == 0.5
    assert contract("linear", "hinge").cut_as_probability is None


def test_accuracy_never_counts_a_label_of_minus_one(accuracies):
    never = set(ids("labels_never_match"))
    assert never == {key for key in CONTRACTS if key[2] < 0}
    assert not counted(accuracies[1], -np.ones((3, 1)), np.array([[-5.0], [0.2], [0.9]])).any()
