"""The question's own sweep, whole: what the README promises of `make sweep`."""

import json

import numpy as np
import pandas as pd
import pytest
from conftest import lab

from threshold_lab.heads import ACTIVATIONS

pytestmark = pytest.mark.slow


def test_the_default_sweep_leaves_80_runs_of_160_lanes_and_answers_the_question(tmp_path):
    first = lab("sweep", folder=tmp_path)
    assert first.returncode == 0, first.stderr
    assert "80 jobs, 0 recorded before; 160 lanes, 0 trained before; 10 programs to train" in first.stdout
    rows = [line.split() for line in first.stdout.splitlines() if line.startswith(tuple(ACTIVATIONS))]
    at_half = {(words[0], words[1]): float(words[2]) for words in rows}
    assert len(at_half) == 8
    assert at_half["sigmoid", "binary_crossentropy"] > 0.92
    assert at_half["linear", "binary_crossentropy"] < 0.8
    assert "(majority)" in first.stdout
    status = json.loads(lab("status", "--json", folder=tmp_path).stdout)
    assert status == {"jobs": 80, "finished": 80, "failed": 0, "running": 0, "lanes": 160, "fits": 160}
    again = lab("sweep", folder=tmp_path)
    assert "Nothing to train, nothing to record" in again.stdout
    assert [line for line in again.stdout.splitlines() if "±" in line] == [
        line for line in first.stdout.splitlines() if "±" in line
    ]


def test_the_same_lanes_in_another_company_have_the_same_bits(tmp_path):
    """A sweep of two cells, and one of them alone, on one worker and on two: every stored fit is the same file."""
    together, alone = tmp_path / "together", tmp_path / "alone"
    words = ["sweep", "loss=mse", "threshold=0.5", "seeds=5", "epochs=5"]
    lab(*words, "activation=tanh,sigmoid", f"store={together}", "executor.workers=2", folder=tmp_path)
    lab(*words, "activation=sigmoid", f"store={alone}", "executor.workers=1", folder=tmp_path)
    found = {path.name: path.read_bytes() for path in alone.glob("fits/*/*.npz")}
    assert len(found) == 5
    assert found == {path.name: path.read_bytes() for path in together.glob("fits/*/*.npz") if path.name in found}


def test_the_question_s_recipe_reaches_what_keras_reaches(tmp_path):
    """Over 20 seeds, the difference of both trainers lies within its 95 % confidence interval (paired, t of 19)."""
    done = lab("sweep", "sweep=none", "trainer=stacked,keras", "threshold=0.5", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    found = {}
    for path in tmp_path.glob("mlruns/artifacts/**/spec.json"):
        tidy = pd.read_csv(path.with_name("seeds.csv"), dtype={"rule": str})
        found[json.loads(path.read_text())["trainer"]] = tidy[(tidy["part"] == "test") & (tidy["rule"] == "0.5")]
    ours, theirs = (found[trainer].set_index("seed") for trainer in ("stacked", "keras"))
    for metric in ("accuracy", "log_loss"):
        difference = ours[metric] - theirs[metric]
        assert len(difference) == 20
        assert difference.std() < 0.05
        assert abs(difference.mean()) <= 2.093 * difference.std() / np.sqrt(20), metric
