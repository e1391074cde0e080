"""What travels with a model reads a table as training did."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from threshold_lab.data import kinds
from threshold_lab.data.table import Table
from threshold_lab.errors import DataError

with warnings.catch_warnings():  # on type hints, which a signature makes up for
    warnings.simplefilter("ignore", UserWarning)
    from threshold_lab import carried

WORDS = st.one_of(st.none(), st.text(max_size=3), st.integers(-3, 3), st.floats(-2, 2), st.booleans(), st.just(2.0))
NUMBERS = st.one_of(st.none(), st.sampled_from(["1", " 2.5", "x", "inf", "1e400", "NaN"]), st.floats(), st.integers())


def table(column: pd.Series, *categorical: str) -> Table:
    labels = np.arange(len(column)) % 2 == 0
    return Table(pd.DataFrame({"own": column}), labels, "1", "0", categorical=categorical)


@given(st.lists(WORDS, min_size=1, max_size=6))
def test_text_is_the_same_text(values):
    column = pd.Series(values, dtype=object, name="own")
    expected, _ = kinds.typed(table(column, "own"), np.arange(len(column)))
    pd.testing.assert_series_equal(carried._words(column), expected["own"])


@given(st.lists(NUMBERS, min_size=1, max_size=6))
def test_numbers_are_the_same_numbers_and_what_is_none_is_refused_by_both(values):
    column = pd.Series(values, dtype=object, name="own")
    try:
        expected = kinds._numbers(table(column), "own")
    except DataError:
        with pytest.raises(ValueError, match="is not a finite number"):
            carried._numbers(column)
        return
    pd.testing.assert_series_equal(carried._numbers(column), expected)
