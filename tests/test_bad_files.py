"""Every bad file is refused in words that name what is wrong; every odd one that can be used is, whole."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from bad_files import ACCEPTED, FINE, REFUSED, WARNED, Case
from conftest import lab_here, spec

from threshold_lab import data
from threshold_lab.data import files
from threshold_lab.errors import MOST, DataError
from threshold_lab.records import Splits


def loaded(case: Case, folder: Path) -> Splits:
    path = folder / "table.csv"
    path.write_bytes(case.content)
    return load(path, **case.spec)


def load(path: Path | str | None, **changes: object) -> Splits:
    named = {} if path is None else {"path": str(path)}
    return data.load(spec(data={"source": "csv", "target": "y"} | named | changes).data)


def refusal(path: Path | str | None, **changes: object) -> str:
    with pytest.raises(DataError) as caught:
        load(path, **changes)
    return str(caught.value)


def test_there_are_more_than_a_hundred_cases():
    assert len(REFUSED) >= 80
    assert len(REFUSED) + len(ACCEPTED) + len(WARNED) >= 110


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_file_is_refused_with_all_that_is_wrong_before_anything_is_written(name, folder):
    case = REFUSED[name]
    (folder / "table.csv").write_bytes(case.content)
    settings = {"source": "csv", "path": "table.csv", "target": "y"} | case.spec
    words = [f"++data.{key}={json.dumps(value)}" for key, value in settings.items()]
    said = lab_here("run", "data=csv", *words, folder=folder)
    assert (said.returncode, said.stdout, "Traceback" in said.stderr) == (2, "", False), said.stderr
    for own in case.says:
        assert own in said.stderr
    assert len(said.stderr.splitlines()) <= MOST + 1
    assert max(map(len, said.stderr.splitlines())) < 1000
    assert [own.name for own in folder.iterdir()] == ["table.csv"]


@pytest.mark.parametrize("name", ACCEPTED)
def test_an_odd_file_is_read_whole_and_without_a_warning_of_what_it_holds(name, tmp_path):
    case = ACCEPTED[name]
    own = loaded(case, tmp_path)
    assert whole(own) == case.rows
    assert {one.kind for one in own.suspicions} <= {"few rows"}


@pytest.mark.parametrize("name", WARNED)
def test_a_suspicious_file_is_read_whole_and_told_of(name, tmp_path):
    case = WARNED[name]
    own = loaded(case, tmp_path)
    assert whole(own) == case.rows
    assert {one.kind for one in own.suspicions} - {"few rows"} == set(case.warned) - {"few rows"}
    assert set(case.warned) <= {one.kind for one in own.suspicions}
    assert loaded(case, tmp_path).suspicions == own.suspicions


def whole(own: Splits) -> int:
    """The number of rows, each in one part, all of them finite."""
    ids = np.concatenate([part.rows for _, part in own.parts()])
    assert sorted(ids) == list(range(len(ids)))
    assert all(np.isfinite(part.features).all() and part.labels.dtype == bool for _, part in own.parts())
    return len(ids)


# ---- what is no file


def test_what_is_not_there_or_no_file_is_told_at_once_for_all_three(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    paths = {"train_path": str(tmp_path), "validation_path": str(tmp_path / "gone.csv"), "test_path": "/dev/zero"}
    told = refusal(None, **paths)
    assert "is a folder, not a file; name one with data.train_path=FILE" in told
    assert "gone.csv: no such file" in told
    assert "/dev/zero: is a device, not a file" in told
    assert "is a pipe, not a file" in refusal(tmp_path / "pipe")


@pytest.mark.parametrize("path", ["zero\0byte.csv", "x" * 300, "a/" * 1500, "new\nline.csv", "\x1b[31mred.csv", "~/x"])
def test_a_path_that_is_none_is_told_on_one_line_that_moves_no_cursor(path):
    told = refusal(path)
    assert "cannot be opened" in told or "no such file" in told
    assert told.isprintable()


def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setattr(files, "unreadable", lambda _: "")
    with pytest.raises(DataError, match="is empty"):
        files.snapshot(tmp_path / "pipe", ",")


def test_a_file_nobody_may_read_is_told(tmp_path):
    path = tmp_path / "secret.csv"
    path.write_text(FINE)
    path.chmod(0)
    before = os.geteuid()
    if before == 0:  # who may read anything
        os.seteuid(65534)
    try:
        assert "cannot be opened: Permission denied" in refusal(path)
    finally:
        os.seteuid(before)


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "moving.csv"
    path.write_text(FINE)
    read, told = os.fstat, []

    def then_written(descriptor: int) -> os.stat_result:
        found = read(descriptor)
        if not told:
            told.append(path.write_text(FINE + "1,0\n"))
        return found

    monkeypatch.setattr(files.os, "fstat", then_written)
    assert "changed while it was read" in refusal(path)


def test_what_is_hashed_is_what_was_read_whatever_the_file_becomes(tmp_path, monkeypatch):
    path = tmp_path / "later.csv"
    path.write_text(FINE)
    before = load(path)
    original = files.Snapshot.records

    def then_replaced(own):
        path.write_text("gone")
        return original(own)

    monkeypatch.setattr(files.Snapshot, "records", then_replaced)
    assert (load(path).hash, before.files) == (before.hash, before.files)


def test_a_file_too_large_for_memory_is_refused_before_it_is_read(tmp_path, monkeypatch):
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.truncate(5 * 2**30)  # takes no room on the disk
    assert "has 5.0 GiB; more than 4 are not read" in refusal(path)


def test_a_link_is_followed_by_whoever_names_it(tmp_path):
    (tmp_path / "own.csv").write_text(FINE)
    (tmp_path / "link.csv").symlink_to(tmp_path / "own.csv")
    assert load(tmp_path / "link.csv").hash == load(tmp_path / "own.csv").hash
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    assert "cannot be opened" in refusal(tmp_path / "loop.csv")


# ---- large


def test_ten_thousand_columns_are_read(tmp_path):
    generator = np.random.default_rng(0)
    names = [f"c{own}" for own in range(10_000)]
    values = generator.normal(size=(60, 10_000)).round(2).astype(str)
    lines = [",".join([*names, "y"]), *(",".join([*row, str(number % 2)]) for number, row in enumerate(values))]
    (tmp_path / "wide.csv").write_text("\n".join(lines))
    own = load(tmp_path / "wide.csv")
    assert own.train.features.shape == (36, 10_000)


def test_more_features_than_memory_holds_are_refused(tmp_path, monkeypatch):
    from threshold_lab.data import encode

    monkeypatch.setattr(encode, "MOST_VALUES", 100)
    (tmp_path / "wide.csv").write_text("z,y\n" + "".join(f"{'abc'[row % 3]}{row % 5},{row % 2}\n" for row in range(90)))
    assert "'z' alone has 15 different texts; drop columns" in refusal(tmp_path / "wide.csv")


def test_problems_of_three_files_are_told_at_once_each_by_its_file(tmp_path):
    for name in ("train", "validation", "test"):
        (tmp_path / f"{name}.csv").write_text(FINE + f"bad {name},1\n")
    paths = {f"{name}_path": str(tmp_path / f"{name}.csv") for name in ("train", "validation", "test")}
    told = refusal(None, **paths)
    for name in ("train", "validation", "test"):
        assert f"{name}.csv, row 42, column 'x': 'bad {name}' is not" in told


def test_a_suspicion_of_the_labels_is_of_the_training_part_alone(tmp_path):
    """A column that tells the label of test rows only is not suspected: nobody looked."""
    leaking = WARNED["a leaked label"].content.decode().splitlines()
    parts = ["train"] * 20 + ["validation"] * 10 + ["test"] * 10
    rows = [f"{line},{part}" for line, part in zip(leaking[1:], parts, strict=True)]
    (tmp_path / "parted.csv").write_text("\n".join([leaking[0] + ",s", *rows]))
    own = load(tmp_path / "parted.csv", split_column="s")
    turned = [line.replace(",0,test", ",9,test").replace(",1,test", ",0,test").replace(",9,", ",1,") for line in rows]
    (tmp_path / "parted.csv").write_text("\n".join([leaking[0] + ",s", *turned]))
    other = load(tmp_path / "parted.csv", split_column="s")
    assert (
        [one for one in own.suspicions if one.kind == "leaked"]
        == [one for one in other.suspicions if one.kind == "leaked"]
        != []
    )


def test_moons_and_the_tumours_are_not_suspected():
    for source in ({"source": "moons"}, {"source": "circles"}, {"source": "breast_cancer"}):
        assert data.load(spec(data=source).data).suspicions == ()


def test_a_file_is_named_in_every_problem_of_its_rows(tmp_path):
    path = tmp_path / "named.csv"
    path.write_text(FINE + "seven,1\neight,\n")
    assert all(line.startswith(f"{path}, row 4") for line in refusal(path).splitlines())
