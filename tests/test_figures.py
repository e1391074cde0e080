"""Pictures say what their tables say."""

import io

import numpy as np
import pandas as pd
import pytest
from matplotlib import image

from threshold_lab import figures
from threshold_lab.calibration import curves
from threshold_lab.metrics import Histogram


def test_a_reliability_curve_of_one_seed_is_drawn_as_it_stands():
    p, labels = np.linspace(0.01, 0.99, 200)[None], np.arange(200) % 3 == 0
    own = curves({"none": p, "platt": p**2}, labels, [7])
    axes = figures.reliability(own, title="").axes[0]
    drawn = {line.get_label(): np.array(line.get_data()) for line in axes.get_lines()}
    expected = own[own["recalibration"] == "platt"][["claimed", "found"]].to_numpy().T
    assert drawn["platt"] == pytest.approx(expected)


def test_seeds_are_pooled_by_what_they_claim_and_not_by_their_bins():
    """One network is sure of nothing, one of everything: each bin of theirs holds other probabilities."""
    blocks = [
        pd.DataFrame({"recalibration": "none", "seed": seed, "bin": range(10), "rows": 10, "claimed": p, "found": p})
        for seed, p in ((0, np.linspace(0.4, 0.6, 10)), (1, np.linspace(0.0, 1.0, 10)))
    ]
    axes = figures.reliability(pd.concat(blocks), title="").axes[0]
    claimed, found = next(line.get_data() for line in axes.get_lines() if line.get_label().startswith("as it is"))
    assert len(claimed) == 10
    assert claimed == pytest.approx(found)
    assert (np.diff(claimed) > 0).all()


def pixels(own: figures.ThresholdPictures, *threshold: float, title: str = "") -> np.ndarray:
    return image.imread(io.BytesIO(own.png(np.array(threshold), title=title)))


def pictures() -> figures.ThresholdPictures:
    counts = Histogram(np.linspace(0, 1, 21), np.arange(20), np.arange(20)[::-1])
    return figures.ThresholdPictures(counts, labels=("no", "yes"), unit="score", rows="rows")


def test_a_threshold_is_drawn_over_the_same_picture_as_over_a_new_one():
    own = pictures()
    one, other = pixels(own, 0.2, 0.3, title="first"), pixels(own, 0.7)
    assert (one != other).any()
    np.testing.assert_array_equal(pixels(own, 0.2, 0.3, title="first"), one)
    np.testing.assert_array_equal(pixels(pictures(), 0.7), other)


def test_a_threshold_beyond_the_scores_is_in_the_picture():
    """The axis reaches to it: what is drawn is another histogram, and the line is dark from top to bottom."""
    far = pixels(pictures(), 3.0)
    dark = (far[..., :3] < 0.3).all(axis=2)[60:330].mean(axis=0)
    assert 700 < 100 + dark[100:].argmax() < 750  # right of the axis
    assert dark[100:].max() > 0.4
