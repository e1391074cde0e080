"""The real tables described in data/README.md of the shared folder, each loaded by its one line of words."""

import os
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from threshold_lab import data
from threshold_lab.app.hydra_door import configuration_folder
from threshold_lab.app.task import PLACES
from threshold_lab.spec import run_spec

FOLDER = Path(os.environ.get("THRESHOLD_LAB_DATA", Path(__file__).parents[2] / "shared" / "data"))
LINES = {
    "path=pima.csv data.header=false data.target=8": (768, 8),
    "path=sonar.csv data.header=false data.target=60 data.positive=M": (208, 60),
    "train_path=bivariate_train.csv data.validation_path=bivariate_val.csv data.test_path=bivariate_test.csv "
    "data.target=Class data.positive=One data.drop=[rownames]": (2019, 2),
    "path=telco_churn.csv data.target=Churn data.drop=[customerID]": (7043, 46),
    "path=two_class_example.csv data.target=truth data.positive=Class1 data.features=[Class1]": (500, 1),
    "path=suicide.csv data.target=suicide data.features=[dsi]": (532, 1),
}


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.split()[0].split("=")[1])
def test_a_real_table_loads_with_one_line(line, monkeypatch):
    if not FOLDER.is_dir():
        pytest.skip(f"the tables are not at {FOLDER}; name their folder with THRESHOLD_LAB_DATA")
    monkeypatch.chdir(FOLDER)
    with initialize_config_dir(str(configuration_folder()), version_base="1.3"):
        config = OmegaConf.to_container(compose("config", ["data=csv", *f"data.{line}".split()]), resolve=True)
    splits = data.load(run_spec({key: value for key, value in config.items() if key not in PLACES}).data)
    rows, features = LINES[line]
    assert sum(len(part.rows) for _, part in splits.parts()) == rows
    assert splits.train.features.shape[1] == features
