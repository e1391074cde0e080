"""What travels with a model reads a table as training did."""

import io
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from threshold_lab.data import csv, kinds
from threshold_lab.data.table import Table

with warnings.catch_warnings():  # on type hints, which a signature makes up for
    warnings.simplefilter("ignore", UserWarning)
    from threshold_lab import carried

FIELDS = st.one_of(
    st.sampled_from(
        ["Paris", "1.0", "01", "7", "7.0", "true", "True", "FALSE", "None", "NA", "nan", "", "1e5", "1_0", "-0"]
    ),
    st.integers(-3, 3).map(str),
    st.floats(-2, 2).map(str),
    st.text("abc01.-", max_size=3),
)
NUMBERS = st.sampled_from(["1", "2.5", "-3", "1e3", "", "NA", "NaN", "None", "0.1", "7.0"])
TRUTHS = st.sampled_from(["True", "False"])


def table(column: pd.Series, *categorical: str) -> Table:
    labels = np.arange(len(column)) % 2 == 0
    return Table(pd.DataFrame({"own": column}), labels, "1", "0", categorical=categorical)


def written(fields: list[str]) -> str:
    return "own,other\n" + "".join(f'"{field}",1\n' for field in fields)


def trained(fields: list[str], *categorical: str) -> pd.Series:
    """The column as it is trained on: read from a file by the lab, with all other rows of it."""
    read = pd.read_csv(io.StringIO(written(fields)), **csv._format(",", header=True))
    assume(read["own"].notna().any())  # a column without any value is refused
    return kinds.typed(table(read["own"], *categorical), np.arange(len(read)))[0]["own"]


def called(fields: list[str]) -> list[pd.Series]:
    """The column as a model may be given it: read plainly, as texts, a row at a time."""
    plain = pd.read_csv(io.StringIO(written(fields)), skipinitialspace=True)["own"]
    texts = pd.read_csv(io.StringIO(written(fields)), dtype=str, keep_default_na=False)["own"]
    alone = [pd.read_csv(io.StringIO(written([field])), skipinitialspace=True)["own"] for field in fields]
    return [plain, texts, pd.concat([own.astype(object) for own in alone], ignore_index=True)]


@given(st.lists(FIELDS, min_size=1, max_size=6))
def test_text_is_the_same_text_however_a_table_is_read(fields):
    expected = trained(fields, "own")
    for column in called(fields):
        pd.testing.assert_series_equal(carried._words(column), expected, check_dtype=False)


@given(st.one_of(st.lists(NUMBERS, min_size=1, max_size=6), st.lists(TRUTHS, min_size=1, max_size=4)))
def test_numbers_are_the_same_numbers_however_a_table_is_read(fields):
    expected = trained(fields)
    for column in called(fields):
        pd.testing.assert_series_equal(carried._numbers(column), expected, check_names=False)


@pytest.mark.parametrize("value", ["x", "inf", "1e400", "1,5"])
def test_what_is_no_finite_number_is_refused(value):
    with pytest.raises(ValueError, match=r"row 1, column 'own': .* is not a finite number"):
        carried._numbers(pd.Series(["1", value], name="own"))


def test_a_value_is_missing_where_pandas_has_it_missing_and_in_training_too():
    from pandas._libs.parsers import STR_NA_VALUES

    assert set(csv.MISSING) == carried._MISSING == set(STR_NA_VALUES)
