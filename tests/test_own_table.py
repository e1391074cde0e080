"""A table of one's own: read, parted and encoded, with nothing learnt from rows that are not for training."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import spec

from threshold_lab import data
from threshold_lab.errors import DataError
from threshold_lab.records import Splits

MIXED = """id,age,city,smokes,income,label
a,21,Rome,yes,10.5,no
b,35,,no,,yes
c,44,Oslo,yes,30.25,no
d,,Rome,no,12,yes
e,52,Oslo,yes,99,yes
f,61,Rome,,7,no
g,33,Bern,no,15,yes
h,27,Rome,yes,22,no
i,45,Oslo,no,41,yes
j,39,Rome,yes,18,no
"""


def load(**source: object) -> Splits:
    return data.load(spec(data=source).data)


@pytest.fixture
def mixed(tmp_path: Path) -> str:
    path = tmp_path / "mixed.csv"
    path.write_text(MIXED * 1)
    return str(path)


def rows_of(splits: Splits) -> list[int]:
    return sorted(np.concatenate([part.rows for _, part in splits.parts()]).tolist())


def test_one_path(mixed):
    splits = load(source="csv", path=mixed, target="label", drop=["id"], test_fraction=0.2, validation_fraction=0.2)
    assert [len(part.rows) for _, part in splits.parts()] == [6, 2, 2]
    assert (splits.positive, splits.negative) == ("yes", "no")
    assert rows_of(splits) == list(range(10))


def test_missing_numbers_are_the_training_median_with_an_indicator_and_texts_a_category(mixed, tmp_path):
    frame = pd.read_csv(mixed)
    frame["part"] = ["train"] * 6 + ["validation"] * 2 + ["test"] * 2
    frame.to_csv(tmp_path / "parted.csv", index=False)
    splits = load(
        source="csv", path=str(tmp_path / "parted.csv"), target="label", drop=["id"], split_column="part",
    )  # fmt: skip
    names = list(splits.feature_names)
    assert [name for name in names if name.startswith("city_")] == ["city_(missing)", "city_Oslo", "city_Rome"]
    ages = pd.Series([21, 35, 44, 44, 52, 61])  # the median of 21 35 44 52 61 for the missing one
    expected = (ages - ages.mean()) / ages.std(ddof=0)
    assert splits.train.features[:, names.index("age")] == pytest.approx(expected.to_numpy(), abs=1e-6)
    indicator = splits.train.features[:, names.index("missingindicator_age")]
    assert (indicator > 0).tolist() == [False, False, False, True, False, False]
    cities = splits.validation.features[0, [names.index(name) for name in names if name.startswith("city_")]]
    assert cities.tolist() == [0, 0, 0]  # Bern was never seen in training


def test_nothing_is_learnt_from_rows_that_are_not_for_training(mixed, tmp_path):
    frame = pd.read_csv(mixed)
    frame["part"] = ["train"] * 6 + ["validation"] * 2 + ["test"] * 2
    frame.to_csv(tmp_path / "one.csv", index=False)
    frame.loc[6:, "income"] *= 1000
    frame.loc[6:, "city"] = "Lima"
    frame.to_csv(tmp_path / "two.csv", index=False)
    source = {"source": "csv", "target": "label", "drop": ["id"], "split_column": "part"}
    one, two = (load(path=str(tmp_path / name), **source) for name in ("one.csv", "two.csv"))
    assert np.array_equal(one.train.features, two.train.features)
    assert one.hash != two.hash


def test_what_a_column_is_is_decided_by_the_training_rows(tmp_path):
    def parts(last: str) -> str:
        rows = "".join(f"{row},{row % 2},{part}\n" for part in ("train", "validation", "test") for row in range(6))
        path = tmp_path / "parted.csv"
        path.write_text(f"x,y,part\n{rows}{last},1,test\n")
        return str(path)

    source = {"source": "csv", "target": "y", "split_column": "part"}
    assert load(path=parts("7"), **source).feature_names == ("x",)
    with pytest.raises(DataError, match=r"parted.csv, row 20, column 'x': 'seven' is not a finite number"):
        load(path=parts("seven"), **source)


def test_a_value_called_none_is_missing_as_pandas_has_it(tmp_path):
    path = tmp_path / "none.csv"
    path.write_text("x,y\n" + "None,0\nSome,1\n,1\nSome,0\n" * 9)
    names = load(source="csv", path=str(path), target="y").feature_names
    assert names == ("x_(missing)", "x_Some")


def test_a_file_that_is_not_utf_8_is_told_so(tmp_path):
    (tmp_path / "latin.csv").write_bytes("stadt,y\nKöln,1\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"latin.csv: row 2, byte 2 is 0xf6, .* in Latin-1 it is 'ö'"):
        load(source="csv", path=str(tmp_path / "latin.csv"), target="y")


def test_three_paths_keep_their_parts_and_need_the_same_columns(mixed, tmp_path):
    frame = pd.read_csv(mixed)
    paths = {}
    for name, rows in (("train", slice(0, 6)), ("validation", slice(6, 8)), ("test", slice(8, 10))):
        paths[f"{name}_path"] = str(tmp_path / f"{name}.csv")
        frame[rows].to_csv(paths[f"{name}_path"], index=False)
    splits = load(source="csv", target="label", drop=["id"], **paths)
    assert [part.rows.tolist() for _, part in splits.parts()] == [[0, 1, 2, 3, 4, 5], [6, 7], [8, 9]]
    frame[8:].drop(columns="age").to_csv(paths["test_path"], index=False)
    with pytest.raises(DataError, match=r"test.csv: columns id, city.*train.csv has id, age"):
        load(source="csv", target="label", drop=["id"], **paths)


def test_columns_by_position_without_a_header(mixed, tmp_path):
    path = tmp_path / "bare.csv"
    path.write_text("".join(MIXED.splitlines(keepends=True)[1:]).replace(",", ";"))
    source = {"source": "csv", "path": str(path), "header": False, "delimiter": ";", "drop": [0]}
    last, fifth = load(target=-1, **source), load(target=5, **source)
    assert last.hash == fifth.hash
    assert "1" in last.feature_names
    named = load(source="csv", path=mixed, target=-1, drop=[0])
    assert np.array_equal(named.train.features, last.train.features)


@pytest.mark.parametrize("delimiter", ["tab", r"\t", "\t"])
def test_a_tab_can_be_named(mixed, tmp_path, delimiter):
    path = tmp_path / "tabs.tsv"
    path.write_text(MIXED.replace(",", "\t"))
    source = {"source": "csv", "target": "label", "drop": ["id"]}
    assert load(path=str(path), delimiter=delimiter, **source).hash == load(path=mixed, **source).hash


def test_features_can_be_named_and_numbers_be_texts(mixed):
    splits = load(source="csv", path=mixed, target="label", features=["income", "age"], categorical=["age"])
    assert splits.feature_names[0] == "income"
    assert "age_21" in splits.feature_names or "age_35" in splits.feature_names


@pytest.mark.parametrize("words", [("0", "1"), ("False", "True"), ("No", "Yes"), ("no", "yes"), ("0.0", "1.0")])
def test_labels_that_say_themselves_which_is_positive(tmp_path, words):
    path = tmp_path / "said.csv"
    path.write_text("x,y\n" + "".join(f"{row},{words[row % 2]}\n" for row in range(20)))
    splits = load(source="csv", path=str(path), target="y")
    assert splits.train.labels.tolist() == [row % 2 == 1 for row in splits.train.rows]


def test_other_labels_must_be_told(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("x,y\n" + "".join(f"{row},{'MR'[row % 2]}\n" for row in range(20)))
    with pytest.raises(DataError, match=r"holds 'M' \(10 rows\), 'R' \(10 rows\): which .* data.positive=M or"):
        load(source="csv", path=str(path), target="y")
    rocks = load(source="csv", path=str(path), target="y", positive="R")
    assert (rocks.positive, rocks.negative) == ("R", "M")
    assert rocks.train.labels.tolist() == [row % 2 == 1 for row in rocks.train.rows]
    with pytest.raises(DataError, match=r"data.positive='X' is not in column 'y', which holds 'M'"):
        load(source="csv", path=str(path), target="y", positive="X")


@pytest.mark.parametrize(
    ("text", "changes", "words"),
    [
        ("x,y\n1,0\n2,1\n3,\n", {}, "bad.csv, row 4, column 'y': the label is missing"),
        ("x,y\n1,0\n2,1\n3,2\n", {}, "must hold two values; it holds 3: '0' (1 rows)"),
        ("x,y\n1,0\n2,0\n", {}, "must hold two values; it holds 1: '0' (2 rows)"),
        ("x,y\n1,0\n2,1\n", {"target": "z"}, "bad.csv: data.target: unknown column 'z'; known: x, y"),
        ("x,y\n1,0\n2,1\n", {"target": 2}, "data.target: unknown column 2"),
        ("x,y\n1,0\n2,1\n", {"drop": ["w"]}, "data.drop: unknown column 'w'"),
        ("y,x,y\n" + "0,1,0\n1,2,1\n" * 9, {}, "bad.csv, row 1: two columns are called 'y'; rename one"),
        (
            "x;y\n1;0\n2;1\n",
            {},
            "has one column, and a table needs a label and a feature; check data.delimiter (every row holds as many",
        ),
        ("x,y\n" + "1,0\n2,1\n" * 9, {"drop": ["y"]}, "named by data.target and by data.drop"),
        ("x,y\n" + "1,0\n2,1\n" * 9, {"drop": ["x"]}, "no feature column is left"),
        ("x,y\n1,0\n2,1\n", {}, "each class needs 3 rows or more"),
        ("x,y\n", {}, "bad.csv: has no rows"),
        ("", {}, "bad.csv: is empty"),
        ('x,y\n"1,0\n2,1\n', {}, "bad.csv, row 2: a quote that opens here is never closed"),
        ("x,y,s\n1,0,train\n2,1,dev\n", {"split_column": "s"}, "row 3, column 's': 'dev' is none of train, validation"),
        (
            "x,y,s\n1,0,train\n2,1,train\n3,1,test\n",
            {"split_column": "s"},
            "the validation part (0 rows) has no row of",
        ),
        ("x,y\n" + "1e39,0\n2e39,1\n" * 9, {"features": ["x"]}, None),
        ("x,y\n" + "1,0\n2,1\n" * 9 + "?,1\n", {}, "row 20, column 'x': '?' is not a finite number"),
        ("x,y\n" + "1,0\n2,1\n" * 9 + '"1,004",1\n', {}, "column 'x': '1,004' is not a finite number"),
        ("x,y\n" + "1,0\ninf,1\n" * 9, {}, "row 3, column 'x': 'inf' is not a finite number"),
        ("x,y\n1,0,5\n2,1,6\n", {}, "bad.csv, row 2: has 3 fields, the header 2: '1,0,5'"),
        ("x,y\n\n\n1,0\n2,\n", {}, "bad.csv, row 5, column 'y': the label is missing"),
        ("x,y\n" + "1,0\n2,yes\n" * 9, {}, "which of them is positive?"),
        ("x,y\n" + "1,no\n2,1\n" * 9, {}, "which of them is positive?"),
        ("x,y\n" + ",0\n,1\n" * 9, {}, "column 'x' has no value in the training rows"),
    ],
)
def test_a_bad_table_is_told_by_file_row_column_and_value(tmp_path, text, changes, words):
    path = tmp_path / "bad.csv"
    path.write_text(text)
    source = {"source": "csv", "path": str(path), "target": "y"} | changes
    if words is None:
        assert np.isfinite(load(**source).train.features).all()
        return
    with pytest.raises(DataError) as caught:
        load(**source)
    assert words in str(caught.value)


def test_a_missing_file_is_told_before_anything_is_read(tmp_path):
    with pytest.raises(DataError, match=r"gone.csv: no such file .* name one with data.test_path=FILE"):
        data.require_files(
            replace(
                spec(data={"source": "csv", "target": 0, "path": "x.csv"}).data,
                path=None,
                train_path=__file__,
                validation_path=__file__,
                test_path="gone.csv",
            )
        )


def test_a_folder_is_not_a_file(tmp_path):
    with pytest.raises(DataError, match=r"is a folder, not a file; name one with data.path=FILE"):
        load(source="csv", path=str(tmp_path), target="y")


def test_a_column_that_names_rows_is_refused(tmp_path):
    path = tmp_path / "ids.csv"
    path.write_text("name,y\n" + "".join(f"person {row},{row % 2}\n" for row in range(400)))
    with pytest.raises(DataError, match=r"'name' has 240 different texts in 240 training rows.*data.drop=\[name\]"):
        load(source="csv", path=str(path), target="y")
