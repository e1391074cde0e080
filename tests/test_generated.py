"""Whatever a table or a configuration holds, it is refused in words or used whole: never a traceback, never a NaN.

LAB_GENERATED says how many of each are made; `make generated` makes 10,000.
"""

import csv
import io
import os
from pathlib import Path

import numpy as np
import pytest
from conftest import spec
from generated import configurations, tables
from hypothesis import given, settings

from threshold_lab import data, plan
from threshold_lab.errors import MOST, ConfigError, DataError, LabError
from threshold_lab.records import Splits
from threshold_lab.spec import canonical, run_spec

EXAMPLES = int(os.environ.get("LAB_GENERATED", "500"))


def told(error: LabError) -> None:
    """In a few lines, each of which prints."""
    lines = str(error).splitlines()
    assert 0 < len(lines) <= MOST + 1
    assert all(line.isprintable() and 0 < len(line) < 5000 for line in lines)


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("generated") / "table.csv"


@pytest.fixture(scope="module")
def became() -> dict[str, int]:
    """How many tables were used and how many refused."""
    return {"used": 0, "refused": 0}


@settings(max_examples=EXAMPLES)
@given(table=tables())
def _any_table(path: Path, became: dict[str, int], table) -> None:
    content, says = table
    path.write_bytes(content)
    own = spec(data={"source": "csv", "path": str(path), **says}).data
    try:
        splits = data.load(own)
    except DataError as error:
        became["refused"] += 1
        told(error)
        return
    became["used"] += 1
    whole(splits, data.read(own), content, says)


def test_any_table_is_refused_in_words_or_used_whole(path, became):
    _any_table(path, became)
    assert min(became.values()) > EXAMPLES / 20, became


def whole(own: Splits, table, content: bytes, says: dict) -> None:
    """Every row is in one part, or was told to be left out; every feature is a number, every label true or false."""
    rows = np.concatenate([part.rows for _, part in own.parts()])
    assert sorted(rows) == list(range(len(table.labels)))
    for _, part in own.parts():
        assert np.isfinite(part.features).all()
        assert (part.features.dtype, part.labels.dtype) == (np.float32, bool)
        assert part.labels.any()
        assert not part.labels.all()
        np.testing.assert_array_equal(part.labels, table.labels[part.rows])
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    records = [own for own in csv.reader(text, delimiter=says["delimiter"]) if len(own) > 1]
    assert len(rows) + len(table.blank) == len(records) - says.get("header", True)
    assert bool(table.blank) == any(one.kind == "left out" for one in own.suspicions)
    assert all(one.words.isprintable() for one in own.suspicions)


@settings(max_examples=EXAMPLES)
@given(config=configurations())
def test_any_configuration_is_refused_in_words_or_one_that_survives_being_stored(config):
    try:
        plan.check_names(config)
        own = run_spec(config)
        plan.check([own])
    except ConfigError as error:
        told(error)
        return
    assert canonical(own) == canonical(own)
    assert np.isfinite(own.seeds * own.epochs)
