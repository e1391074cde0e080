"""Published results and our own: as conf/ states them, and as they are committed in reported/."""

import json
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from threshold_lab import heads
from threshold_lab.app import studies
from threshold_lab.app.hydra_door import configuration_folder
from threshold_lab.app.task import PLACES
from threshold_lab.provenance import engine
from threshold_lab.spec import run_spec, study_spec
from threshold_lab.studies.frozen import read_table
from threshold_lab.studies.rows import named

FILES = sorted((configuration_folder() / "published").glob("*.yaml"))


def composed(path: Path) -> dict:
    with initialize_config_dir(str(configuration_folder()), version_base="1.3"):
        return OmegaConf.to_container(compose("config", [f"+published={path.stem}"]), resolve=True)


@pytest.mark.parametrize("path", FILES, ids=lambda own: own.stem)
def test_a_published_result_is_headed_by_its_source_and_number_and_is_a_job_of_ours(path: Path):
    head = [line for line in path.read_text().splitlines() if line.startswith("# ")]
    for word in ("Source: ", "Published: ", f"Command: threshold-lab reproduce published={path.stem}.", "Takes about "):
        assert any(word in line for line in head), word
    config = composed(path)
    spec = run_spec({key: value for key, value in config.items() if key not in PLACES})
    heads.check(spec.training)
    assert spec.seeds >= 5
    told = study_spec(config["study"]).published
    number = f"{100 * told.value:.2f}" if told.digits == 4 else f"{told.value:.3f}".lstrip("0")
    assert number in "".join(head)
    assert number in told.claim


def test_all_that_are_known_are_stated():
    assert len(FILES) == 8


COMMITTED = configuration_folder().parent / "reported"


def test_what_is_committed_was_made_with_this_engine():
    made = json.loads((COMMITTED / "environment.json").read_text())
    assert made["engine"] == engine(), "numeric code has changed: threshold-lab report --freeze"


@pytest.mark.parametrize("path", sorted((configuration_folder() / "reported").glob("*.yaml")), ids=str)
def test_every_claim_is_committed_and_of_the_jobs_in_its_file(path):
    (own,) = studies.planned("reported", [path.stem], [], Path())
    rows = read_table(COMMITTED / f"{path.stem}.csv")
    assert [row.name for row in rows if row.kind != "level"] == [claim.says for claim in own.study.claims]
    assert {row.verdict for row in rows if row.kind != "level"} == {"holds"}
    assert {row.spec for row in rows if row.kind == "level"} <= {named(spec) for spec in own.specs}
    assert all(claim.says in (COMMITTED / "README.md").read_text() for claim in own.study.claims)


@pytest.mark.parametrize("path", sorted((configuration_folder() / "published").glob("*.yaml")), ids=str)
def test_every_published_number_is_committed(path):
    (row,) = read_table(COMMITTED / f"{path.stem}.csv")
    assert row.kind == "published"
    assert f"| {path.stem} |" in (COMMITTED / "README.md").read_text()
    assert row.majority < 1


@pytest.mark.parametrize("path", FILES, ids=lambda own: own.stem)
def test_a_mean_with_networks_known_to_be_none_is_committed_as_invalid(path):
    """Held without training anything: the verdict has changed with its rule, and so what is committed."""
    told = study_spec(composed(path)["study"]).published
    (row,) = read_table(COMMITTED / f"{path.stem}.csv")
    assert told.one_class < 1 or row.verdict == "claim invalid"
