"""How a job is asked for alone."""

import pytest
from conftest import spec

from threshold_lab.captions import DEFAULT_STORE, alone, introduction
from threshold_lab.plan import Job


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


def test_what_is_said_of_an_experiment_fits_into_its_tag_however_long_the_command(splits):
    command = f"threshold-lab sweep 'data.drop=[{','.join(f'column_{number}' for number in range(3000))}]'"
    said = introduction([Job(spec(), "data", "engine")], {"data": splits}, "a sweep", command, DEFAULT_STORE)
    assert len(command) > 30_000
    assert len(said) < 15_000
    assert "column_900" in said
    assert "threshold-lab reproduce --sweep" in said
