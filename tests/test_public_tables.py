"""Public tables: known by their values, looked for in folders, else fetched."""

import pandas as pd
import pytest

from threshold_lab.errors import DataError
from threshold_lab.spec import File
from threshold_lab.studies import tables


def file_of(path, **changes) -> File:
    return File(name=path.name, sha256=tables.values_hash(pd.read_csv(path, header=None)), openml=37, **changes)


def test_a_table_is_known_by_its_values_however_they_are_written(tmp_path):
    (tmp_path / "own.csv").write_text("6,0.0200,M\n1,7,R\n")
    own = file_of(tmp_path / "own.csv")
    (tmp_path / "own.csv").write_text("6.0,0.02,M\n1.0,7.0,R\n")
    assert tables.found(own, [tmp_path], tmp_path) == tmp_path / "own.csv"
    (tmp_path / "own.csv").write_text("6.0,0.021,M\n1.0,7.0,R\n")
    with pytest.raises(DataError, match="is not the table that is meant"):
        tables.found(own, [tmp_path], tmp_path)


def test_a_table_that_is_nowhere_is_fetched_and_kept_with_the_words_of_the_file(tmp_path, monkeypatch):
    (tmp_path / "own.csv").write_text("6,0\n1,1\n")
    own = file_of(tmp_path / "own.csv", labels={"tested_negative": "0", "tested_positive": "1"})
    answer = pd.DataFrame({"a": [6.0, 1.0], "class": pd.Categorical(["tested_negative", "tested_positive"])})

    class Bunch:
        frame = answer

    monkeypatch.setattr("sklearn.datasets.fetch_openml", lambda **_: Bunch)
    assert tables.found(own, [], tmp_path / "kept").parent == tmp_path / "kept"


def test_without_a_network_a_table_that_is_nowhere_is_asked_for(tmp_path, monkeypatch):
    def fails(**_: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr("sklearn.datasets.fetch_openml", fails)
    own = File(name="own.csv", sha256="0" * 64, openml=37)
    with pytest.raises(DataError, match="THRESHOLD_LAB_DATA"):
        tables.found(own, [tmp_path], tmp_path / "kept")
