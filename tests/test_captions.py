"""How a job is asked for alone."""

import pytest
from conftest import spec

from threshold_lab.captions import alone


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("threshold-lab sweep --multirun", "threshold-lab run activation=tanh loss=mse threshold=0.3"),
        (
            "threshold-lab sweep activation=tanh,linear sweep=none store=x seeds=2 'optimizer=adam,sgd'",
            "threshold-lab run activation=tanh seeds=2 optimizer=sgd loss=mse threshold=0.3",
        ),
        (
            "threshold-lab sweep 'network.dropout=[0,0],[0.5,0.1]'",
            "threshold-lab run 'network.dropout=[0.5,0.1]' activation=tanh loss=mse threshold=0.3",
        ),
        ("threshold-lab sweep sweep=mine", ""),
        ("threshold-lab sweep +experiment=a,b", ""),
        ("threshold-lab sweep hydra/sweeper=optuna --cfg job", ""),
        ("", ""),
    ],
)
def test_the_command_for_a_job_of_a_sweep_alone(command, expected):
    assert alone(command, spec(activation="tanh", loss="mse", threshold=0.3)) == expected
