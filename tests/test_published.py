"""Other people's results, stated as sweeps: each file says where it is from, and is a sweep that can be run."""

from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from threshold_lab import heads
from threshold_lab.app.hydra_door import configuration_folder
from threshold_lab.app.task import PLACES
from threshold_lab.spec import run_spec

FILES = sorted((configuration_folder() / "published").glob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda own: own.stem)
def test_a_published_result_is_headed_by_its_source_and_number_and_is_a_job_of_ours(path: Path):
    head = [line for line in path.read_text().splitlines() if line.startswith("# ")]
    for word in ("Source: ", "Published: ", f"Command: threshold-lab sweep +published={path.stem}", "Takes about "):
        assert any(word in line for line in head), word
    with initialize_config_dir(str(configuration_folder()), version_base="1.3"):
        config = OmegaConf.to_container(compose("config", [f"+published={path.stem}"]), resolve=True)
    spec = run_spec({key: value for key, value in config.items() if key not in PLACES})
    heads.check(spec.training)
    assert spec.seeds >= 5


def test_all_that_are_known_are_stated():
    assert len(FILES) == 8
