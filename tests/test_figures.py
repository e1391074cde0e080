"""Pictures say what their tables say."""

import numpy as np
import pandas as pd
import pytest

from threshold_lab import figures
from threshold_lab.calibration import curves


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
