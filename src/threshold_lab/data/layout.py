"""How a file is laid out: every record of it as wide as the first, or what is wrong with which row."""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from threshold_lab.data.files import Snapshot
from threshold_lab.data.formats import is_number
from threshold_lab.errors import MOST, short

LONGEST_NAME = 1000
"""Characters of a column's name."""

_SIGNS = {",": "','", ";": "';'", "\t": "tab", "|": "'|'"}
_LINES = 20


@dataclass(frozen=True, eq=False)
class Layout:
    """The first record of a file, how many records it has, which are blank lines, and what is wrong, in words."""

    first: Sequence[str]
    rows: int
    blank: Sequence[int]
    problems: Sequence[str]


@dataclass(eq=False)
class _Records:
    """What a walk through all records has met: how many there are, and the rows that are blank or not right."""

    first: list[str]
    rows: int = 1
    blank: list[int] = field(default_factory=list)
    uneven: list[tuple[int, list[str]]] = field(default_factory=list)
    repeated: list[int] = field(default_factory=list)
    broken: str = ""


def laid_out(own: Snapshot, *, header: bool) -> Layout:
    """Walk through all records of a file and return how it is laid out, and what is wrong with which row."""
    met = _walked(own)
    found = [*(_of_names(met.first) if header else ()), *_of_rows(met, header=header)]
    if len(met.first) == 1 and not met.broken and not met.uneven:
        found = [(0, "has one column, and a table needs a label and a feature; check data.delimiter")]
    hint = _other_sign(own) if met.uneven or met.broken or len(met.first) == 1 else ""
    words = [
        f"{own.path}{f', row {row}' if row else ''}: {what}{'' if at else hint}" for at, (row, what) in enumerate(found)
    ]
    return Layout(met.first, met.rows, met.blank, words)


def _walked(own: Snapshot) -> _Records:
    records = own.records()
    met = _Records([])
    try:
        met.first = next(records)
        width = len(met.first)
        for met.rows, record in enumerate(records, 2):
            if len(record) != width:
                blank = len(record) < 2 and not any(map(str.strip, record))
                met.blank.append(met.rows) if blank else met.uneven.append((met.rows, record[: width + 1]))
            elif record == met.first:
                met.repeated.append(met.rows)
    except csv.Error as error:
        met.broken, met.rows = str(error), met.rows + 1
    return met


def _of_names(names: Sequence[str]) -> Iterator[tuple[int, str]]:
    bare = [name.strip() for name in names]
    if not any(bare):
        yield 1, "is blank, and must hold the columns' names; or say data.header=false"
    for name, times in Counter(bare).items():
        if name and times > 1:
            yield 1, f"two columns are called {short(name)}; rename one" if times == 2 else _many(name, times)
    if long := [name for name in bare if len(name) > LONGEST_NAME]:
        yield 1, f"the name {short(long[0])} has {len(long[0])} characters; {LONGEST_NAME} are the most"
    if len(bare) > 1 and all(map(is_number, bare)) and not _counted(bare):
        yield 1, f"holds numbers only ({bare[0]}, {bare[1]} ...), no names; say data.header=false, or name the columns"


def _many(name: str, times: int) -> str:
    return f"{times} columns are called {short(name)}; give each its own name"


def _counted(names: Sequence[str]) -> bool:
    """Whether names are 0, 1, 2 ... or 1, 2, 3 ..., as programs name columns that have none."""
    return any(list(names) == [str(own) for own in range(begin, begin + len(names))] for begin in (0, 1))


def _of_rows(met: _Records, *, header: bool) -> Iterator[tuple[int, str]]:
    named = f"the header {len(met.first)}" if header else f"the first row {len(met.first)}"
    widths = Counter(len(record) for _, record in met.uneven)
    if len(met.uneven) > MOST and len(met.uneven) > met.rows / 2 and len(widths) == 1:
        row, record = met.uneven[0]
        yield row, f"has {_fields(record, met)}, {named}, and so have {len(met.uneven) - 1} more rows; name each column"
    else:
        for row, record in met.uneven:
            mend = (
                "quote a text that holds the delimiter" if len(record) > len(met.first) else "fill in what is missing"
            )
            yield row, f"has {_fields(record, met)}, {named}: {short(','.join(record))}; {mend}"
    if header:
        yield from ((row, "repeats the header; remove it") for row in met.repeated)
    if met.broken:
        yield met.rows, _broken(met.broken)


def _fields(record: Sequence[str], met: _Records) -> str:
    return f"{len(met.first)} fields or more" if len(record) > len(met.first) + 1 else f"{len(record)} fields"


def _broken(error: str) -> str:
    if "end of data" in error:
        return "a quote that opens here is never closed; close it, or double a quote that belongs to the text"
    if "field limit" in error:
        return f"a field has more than {csv.field_size_limit()} characters: is a quote never closed?"
    return f"quotes do not fit ({error}); quote the whole field, and double a quote that belongs to the text"


def _other_sign(own: Snapshot) -> str:
    """What parts the first lines alike where the delimiter does not."""
    begin = own.content[: 2**16].decode("utf-8-sig", errors="ignore").splitlines()
    lines = [line for line in islice(begin, _LINES) if line.strip()]
    for sign, name in _SIGNS.items():
        counts = {line.count(sign) for line in lines}
        if sign != own.delimiter and len(lines) > 1 and len(counts) == 1 and counts != {0}:
            return f" (every row holds as many {name}: is it data.delimiter={_typed(name)}?)"
    return ""


def _typed(name: str) -> str:
    return name if name == "tab" else f'"{name}"'
