"""Whatever somebody puts where the lab reads is refused in words, and nothing of it is done: no file is made by it."""

import json
import os
import re
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import CONFIG, rows_of, spec
from hostile import CANARY, CELLS, CHANGED, LOGITS, ORIGIN, PLANS, SPECS, TABLES, WORDS, arrays, changed, said
from test_recording import fit

from threshold_lab import recording
from threshold_lab.arrays import arrays_in, npz
from threshold_lab.cells import cell_of
from threshold_lab.comparison import Asked
from threshold_lab.errors import LabError, StoreError
from threshold_lab.naming import experiment_of
from threshold_lab.pairing import compared
from threshold_lab.plan import Job
from threshold_lab.provenance import decisions, engine
from threshold_lab.recording import record_of
from threshold_lab.report import opened, status
from threshold_lab.reproduce.located import located
from threshold_lab.reproduce.stored import stored
from threshold_lab.spec import run_spec
from threshold_lab.store import Store
from threshold_lab.studies.frozen import environment, read_table
from threshold_lab.tracking import Runs

ASKED = Asked(0.01)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> tuple[Path, list[str]]:
    """A store with two runs of two networks each, whose scores are made up: nothing is trained. And their ids."""
    folder = tmp_path_factory.mktemp("hostile") / "mlruns"
    store, splits = Store(folder), rows_of("data", train=60)
    store.create()
    jobs = [Job(spec(threshold=own), splits.hash, engine(), decisions()) for own in (0.5, "youden")]
    fits = [replace(fit(splits, seed), model=None, key=lane.key) for seed, lane in enumerate(jobs[0].lanes)]
    cell = cell_of(jobs[0], fits, splits)
    store.save(fits[0])
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        runs = Runs(folder)
        ids = [runs.record(record_of(job, cell, ORIGIN)) for job in jobs]
    store.plan(ORIGIN.sweep, {"command": "", "jobs": [{"key": own.key, "cell": own.cell, "lanes": []} for own in jobs]})
    (folder / "lock").touch()
    return folder, ids


@pytest.fixture
def place(whole, tmp_path, monkeypatch):
    """A copy of the store to be changed, the working directory above it; afterwards no canary lies anywhere."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    shutil.copytree(whole[0], tmp_path / "mlruns")
    yield tmp_path / "mlruns"
    assert not list(tmp_path.rglob(CANARY))


@pytest.fixture
def run_id(whole) -> str:
    return whole[1][0]


def artifact(place: Path, run_id: str, name: str) -> Path:
    (found,) = (place / "artifacts").rglob(f"{run_id}/artifacts/{name}")
    return found


def refused(what, *arguments) -> str:
    """What is said of it, in few words that move no cursor."""
    with pytest.raises(LabError) as caught:
        what(*arguments)
    assert len(str(caught.value)) < 4000
    assert str(caught.value).replace("\n", "").isprintable()
    return str(caught.value)


def test_the_store_is_fine_as_long_as_nobody_changes_it(place, whole):
    runs = opened(place)
    assert stored(whole[1][0], runs).spec == spec(threshold=0.5)
    assert compared(tuple(whole[1]), "accuracy", ASKED, runs)[0].seeds == 2
    assert status(place)["finished"] == 2


def test_there_are_more_than_a_hundred_cases(tmp_path):
    assert len(WORDS) + len(SPECS) + len(CHANGED) + len(arrays(tmp_path)) + len(CELLS) + len(PLANS) + len(TABLES) > 110


# ---- words of the command line


@pytest.mark.parametrize("name", WORDS)
def test_words_that_are_no_run_id_reach_no_file_and_no_query(name, place, run_id):
    runs, word = opened(place), WORDS[name]
    for ask in (runs.run, lambda own: stored(own, runs), lambda own: runs.file(own, "spec.json")):
        assert "no run id" in refused(ask, word)
    assert "no run id" in refused(compared, (run_id, word), "accuracy", ASKED, runs)


@pytest.mark.parametrize("name", WORDS)
def test_words_that_are_no_sweep_are_told_by_the_command_line(name, place, capsys, monkeypatch):
    word = WORDS[name].replace("\0", "") or "-"
    _, err, code = said(capsys, monkeypatch, "reproduce", "--sweep", word)
    assert (code, bool(err)) == (2, True)
    assert len(err) < 1000
    _, err, code = said(capsys, monkeypatch, "export", "--", word, "out")
    assert (code, "no run id" in err) == (2, True)
    assert not (place.parent / "out").exists()


@pytest.mark.parametrize(
    "name", ["../spec.json", "/etc/passwd", "../../../../mlflow.db", "..", "", ".", "a\0b", "x" * 9999]
)
def test_no_file_out_of_a_run_is_read(name, place, run_id):
    with pytest.raises((StoreError, ValueError)):
        opened(place).file(run_id, name)


# ---- specifications


@pytest.mark.parametrize("name", [*SPECS, *CHANGED])
def test_a_specification_that_was_changed_is_refused(name, place, run_id):
    path = artifact(place, run_id, "spec.json")
    path.write_bytes(SPECS[name] if name in SPECS else changed(path.read_bytes(), name))
    runs = opened(place)
    refused(lambda: located(stored(run_id, runs).spec, [place.parent]))


@pytest.mark.parametrize("name", SPECS)
def test_a_comparison_with_what_is_no_specification_is_refused(name, place, whole):
    artifact(place, whole[1][1], "spec.json").write_bytes(SPECS[name])
    refused(compared, tuple(whole[1]), "accuracy", ASKED, opened(place))


def test_a_key_that_is_there_twice_is_no_canonical_form(place, run_id):
    path = artifact(place, run_id, "spec.json")
    path.write_bytes(b'{"activation":"os.system",' + path.read_bytes()[1:])
    assert "canonical form" in refused(stored, run_id, opened(place))


@pytest.mark.parametrize("path", ["../x.csv", "/etc/passwd", "link.csv", "folder/../../x.csv"])
def test_a_stored_path_leads_out_of_no_data_folder(path, tmp_path):
    (tmp_path / "data" / "folder").mkdir(parents=True)
    (tmp_path / "x.csv").write_text("x,y\n")
    (tmp_path / "data" / "link.csv").symlink_to(tmp_path / "x.csv")
    own = run_spec(CONFIG | {"data": {"source": "csv", "path": path, "target": "y"}})
    assert "name their folder with --data" in refused(located, own, [tmp_path / "data"])


# ---- arrays


@pytest.mark.parametrize("name", arrays(Path()))
def test_arrays_that_are_none_are_told_and_a_fit_of_them_is_none(name, place, whole, run_id):
    content = arrays(place.parent / CANARY)[name]
    refused(arrays_in, content)
    (path,) = (place / "fits").rglob("*.npz")
    path.write_bytes(content)
    assert Store(place).fit(path.stem) is None
    artifact(place, run_id, "test_logits.npz").write_bytes(content)
    refused(compared, tuple(whole[1]), "accuracy", ASKED, opened(place))


@pytest.mark.parametrize("name", LOGITS)
def test_scores_of_another_shape_or_kind_are_told(name, place, whole, run_id):
    artifact(place, run_id, "test_logits.npz").write_bytes(npz(LOGITS[name]))
    refused(compared, tuple(whole[1]), "roc_auc", ASKED, opened(place))


@pytest.mark.parametrize("function", [os.system, eval, print])
def test_an_encoder_that_calls_a_function_is_not_loaded(function, tmp_path):
    import skops.io
    from sklearn.preprocessing import FunctionTransformer
    from skops.io.exceptions import UntrustedTypesFoundException

    source = (Path(recording.__file__).parent / "carried.py").read_text()  # to import it would make it a model
    trusted = json.loads(re.findall(r"^_TYPES = (.*\])", source, re.MULTILINE)[0])
    skops.io.dump(FunctionTransformer(function), tmp_path / "encoder.skops")
    with pytest.raises(UntrustedTypesFoundException):
        skops.io.load(tmp_path / "encoder.skops", trusted=trusted)


# ---- links, devices, addresses


@pytest.mark.parametrize("target", ["/etc/passwd", "/dev/zero", "../../../../../mlflow.db", "pipe", "nowhere"])
def test_a_link_or_a_pipe_in_the_place_of_a_file_is_not_read(target, place, run_id):
    os.mkfifo(place.parent / "pipe")
    to = str(place.parent / "pipe") if target == "pipe" else target
    path = artifact(place, run_id, "spec.json")
    path.unlink()
    path.symlink_to(to)
    refused(stored, run_id, opened(place))
    (arrays_file,) = (place / "fits").rglob("*.npz")
    arrays_file.unlink()
    arrays_file.symlink_to(to)
    assert Store(place).fit(arrays_file.stem) is None


@pytest.mark.parametrize(
    "address", ["file:///etc", "http://192.0.2.1/a", "s3://evil/a", "file://192.0.2.1/etc", "../..", "", "dbfs:/a"]
)
def test_artifacts_that_are_said_to_be_elsewhere_are_not_read(address, place, run_id):
    with closing(sqlite3.connect(place / "mlflow.db")) as database, database:
        database.execute("UPDATE runs SET artifact_uri = ? WHERE run_uuid = ?", (address, run_id))
    assert "not below" in refused(stored, run_id, opened(place))


def test_a_model_with_a_link_in_it_is_not_exported(place, run_id, capsys, monkeypatch):
    folder = artifact(place, run_id, "spec.json").parent / "model"
    folder.mkdir()
    (folder / "MLmodel").write_text("{}")
    (folder / "card.json").symlink_to("/etc/passwd")
    _, err, code = said(capsys, monkeypatch, "export", run_id, "out")
    assert (code, "is a link" in err) == (2, True)
    assert not (place.parent / "out" / "card.json").exists()


# ---- plans and tables


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_that_is_none_is_told(name, place):
    (path,) = (place / "plans").iterdir()
    path.write_bytes(PLANS[name])
    refused(status, place)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_that_is_none_is_told(name, place, whole, run_id):
    (place.parent / "frozen.csv").write_bytes(TABLES[name])
    refused(read_table, place.parent / "frozen.csv")
    artifact(place, run_id, "seeds.csv").write_bytes(TABLES[name])
    refused(compared, tuple(whole[1]), "accuracy", ASKED, opened(place))


@pytest.mark.parametrize("content", [b"", b"[" * 99_000, b"[1]", b'"x"', b"\xff", b"{"])
def test_an_environment_that_is_none_is_told(content, tmp_path):
    (tmp_path / "environment.json").write_bytes(content)
    refused(environment, tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        *("..csv", "...csv", "a#b.csv", "a%2e%2e.csv", "a?b.csv", "a b'\".csv", "\x1b[31m.csv", "$(id).csv", "-.csv"),
        *("../a.csv", "a/../../b.csv", "/a/b.csv", "a\nb.csv", "表" * 80 + "/" + "表" * 80 + ".csv"),
    ],
)
def test_a_file_of_any_name_makes_an_experiment_below_the_artifacts(name, place):
    own = spec(data={"source": "csv", "path": name, "target": "y"})
    runs, splits = Runs(place), rows_of("data", train=60)
    job = Job(own, splits.hash, engine(), decisions())
    experiment = experiment_of(job)
    cell = cell_of(job, [replace(fit(splits, seed), model=None) for seed in own.all_seeds], splits)
    made = runs.record(record_of(job, cell, ORIGIN))
    assert experiment.strip(". ")
    assert stored(made, runs).spec == own
    assert artifact(place, made, "spec.json").resolve().parents[3] == (place / "artifacts").resolve()
