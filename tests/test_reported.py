"""What this project claims, frozen and run again; on studies of a few small networks."""

import csv
import json
import shutil
from pathlib import Path

import pytest
from mlflow import MlflowClient

from threshold_lab.app import hydra_door, published, reported, studies
from threshold_lab.errors import ConfigError, StoreError
from threshold_lab.sweep import Place

HEAD = """# @package _global_
defaults:
  - override /sweep: none
  - override /data: moons
data: {rows: 120}
network: {hidden: [4], dropout: [0.0]}
epochs: 4
seeds: 4
"""
OWN = """study:
  quick: true
  claims:
    - says: The linear output and the sigmoid are no further apart than this.
      kind: equivalent
      metric: roc_auc
      first: {activation: sigmoid, threshold: 0.99}
      second: {activation: linear, threshold: 0.99}
      margin: 0.9
    - says: A lower cut calls more rows positive.
      kind: larger
      metric: recall
      first: {activation: sigmoid, threshold: 0.99}
      second: {activation: sigmoid, threshold: 0.01}
      margin: 0.01
hydra:
  sweeper:
    params:
      activation: sigmoid,linear
      threshold: 0.99,0.01
"""
THEIRS = """study:
  quick: true
  published: {claim: So it is., metric: accuracy, parts: [validation, test], value: 0.5}
hydra:
  sweeper:
    params:
      threshold: keras,natural
"""
ABSENT = """study:
  file: {name: nowhere.csv, sha256: SHA, openml: 1}
  published: {claim: So it is., metric: accuracy, parts: [test], value: 0.5}
""".replace("SHA", "a" * 64)


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A folder with a configuration of two small studies, and what is reported of them."""
    folder = tmp_path_factory.mktemp("lab")
    conf = shutil.copytree(hydra_door.configuration_folder(), folder / "conf")
    for group in ("reported", "published"):
        shutil.rmtree(conf / group)
        (conf / group).mkdir()
    (conf / "reported" / "own.yaml").write_text(HEAD + OWN)
    (conf / "published" / "theirs.yaml").write_text(HEAD + THEIRS)
    with pytest.MonkeyPatch.context() as patch:
        for module in (hydra_door, studies):
            patch.setattr(module, "configuration_folder", lambda: conf)
        patch.chdir(folder)
        written = reported.freeze(Place(Path("mlruns"), 1), [])
        assert {path.name for path in written} >= {"own.csv", "theirs.csv", "README.md", "environment.json"}
        yield folder


def test_runs_of_a_study_are_in_an_experiment_of_its_own(lab):
    client = MlflowClient(f"sqlite:///{lab / 'mlruns' / 'mlflow.db'}")
    found = {own.name: client.search_runs([own.experiment_id]) for own in client.search_experiments()}
    jobs = {name: sum("lab.key" in own.data.tags for own in runs) for name, runs in found.items() if runs}
    assert jobs == {"moons own": 4, "moons theirs": 2}
    assert all(sum(own.data.tags.get("lab.kind") == "sweep" for own in found[name]) == 1 for name in jobs)


def changed(path: Path, metric: str, **values: object) -> None:
    rows = list(csv.DictReader(path.read_text().splitlines()))
    for row in rows:
        row |= {name: str(value) for name, value in values.items()} if row["metric"] == metric else {}
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def test_what_is_reported_is_made_again_to_the_bit_and_a_changed_number_is_found(lab, capsys):
    found = reported.again(1, [], full=False, quiet=True)
    assert [own for own in found.rows if own.verdict not in ("identical", "holds")] == []
    assert found.reproduced
    assert (found.planned, found.finished, found.problems) == (8, 8, ())
    kinds = {own.then.kind: own.verdict for own in found.rows}
    assert kinds == {"level": "identical", "equivalent": "identical", "larger": "holds", "published": "identical"}
    path = lab / "reported" / "own.csv"
    before = path.read_text()
    changed(path, "f1", mean=0.123)
    try:
        worse = reported.again(1, [], full=True, quiet=True)
    finally:
        path.write_text(before)
    assert not worse.reproduced
    assert {own.then.metric for own in worse.rows if own.verdict == "differs"} == {"f1"}
    folder = reported.keep(worse)
    assert json.loads((folder / "verdict.json").read_text())["reproduced"] is False
    reported.say(worse, as_json=False)
    said = capsys.readouterr().out
    assert "NOT reproduced" in said
    assert "now" in said


def test_frozen_again_of_the_same_store_nothing_changes(lab):
    files = {path: path.read_bytes() for path in (lab / "reported").rglob("*") if path.is_file()}
    reported.freeze(Place(Path("mlruns"), 1), [])
    assert {path: path.read_bytes() for path in files} == files
    assert {path.suffix for path in files} == {".csv", ".md", ".json", ".png"}


def test_published_numbers_are_judged_and_the_verdict_is_kept_on_their_runs(lab, capsys):
    (found,) = published.answer("theirs", Place(Path("mlruns"), 1), [], quiet=True)
    published.say([found], as_json=True)
    assert json.loads(capsys.readouterr().out)["verdict"] == found.verdict
    assert found.name == "theirs"
    assert set(found.ours) == {"theirs", "natural"}
    from threshold_lab.tracking import Runs

    client = Runs(Path("mlruns"))
    tagged = list(client._search("tags.published LIKE 'theirs:%'"))
    assert {own.tags["published"] for own in tagged} == {f"theirs: {found.verdict}"}
    assert json.loads(client.file(tagged[0].run_id, published.FILE))["claim"] == "So it is."


def test_a_study_whose_table_is_nowhere_cannot_be_judged_and_says_what_to_do(lab, monkeypatch):
    def fails(**_: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr("sklearn.datasets.fetch_openml", fails)
    path = lab / "conf" / "published" / "absent.yaml"
    path.write_text(HEAD + ABSENT)
    try:
        (found,) = published.answer("absent", Place(Path("mlruns"), 1), [], quiet=True)
    finally:
        path.unlink()
    assert found.verdict == "cannot"
    assert "THRESHOLD_LAB_DATA" in found.reasons[0]


def test_an_unknown_study_is_told_with_the_known_ones(lab):
    with pytest.raises(ConfigError, match="known: theirs; did you mean 'theirs'"):
        published.answer("their", Place(Path("mlruns"), 1), [], quiet=True)


def test_without_what_is_reported_the_command_says_where_to_give_it(lab, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError, match="at the top of the checkout"):
        reported.again(1, [], full=False, quiet=True)
