"""Bad and odd CSV files, each with what must become of it: refused in these words, accepted whole, or warned about.

A row of a table that is fine is `x,y`: a number whose sign says little of the label, which is 0 or 1.
"""

import gzip
import io
import zipfile
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Case:
    """A file's bytes, what the configuration says of it, and what is to be told; `warned`, the kinds of suspicions.

    rows: how many rows an accepted file has.
    """

    content: bytes
    says: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()
    rows: int = 0
    spec: dict[str, Any] = field(default_factory=dict)


def rows(number: int = 40, x: Any = None, *, names: str = "x,y", end: str = "\n") -> str:
    """A table that is fine, but for its column x where one is given."""
    drawn = np.random.default_rng(0).normal(size=number).round(3)
    values = [drawn[row] if x is None else x(row) for row in range(number)]
    return end.join([names, *(f"{value},{row * 7 % 5 % 2}" for row, value in enumerate(values)), ""])


def two(value: Any, *, number: int = 40, header: str = "x,z,y") -> str:
    """A table with a good column x and a column z of values by row and label."""
    drawn = np.random.default_rng(1).normal(size=number).round(3)
    labels = [row * 7 % 5 % 2 for row in range(number)]
    return "\n".join([header, *(f"{drawn[row]},{value(row, labels[row])},{labels[row]}" for row in range(number)), ""])


def zipped(text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("table.csv", text)
    return buffer.getvalue()


FINE = rows()


def told(text: str | bytes, *says: str, **spec: Any) -> Case:
    return Case(text if isinstance(text, bytes) else text.encode(), says, spec=spec)


def fine(text: str | bytes, number: int = 40, warned: tuple[str, ...] = (), **spec: Any) -> Case:
    return Case(text if isinstance(text, bytes) else text.encode(), (), warned, number, spec)


def suspicious(text: str, *kinds: str, number: int = 40, **spec: Any) -> Case:
    return fine(text, number, kinds, **spec)


REFUSED = {
    # what is no text
    "empty": told("", "is empty"),
    "blank": told(" \n\n", "is empty"),
    "UTF-16": told(FINE.encode("utf-16"), "is UTF-16 text", "iconv -f UTF-16"),
    "UTF-16 big end first": told(b"\xfe\xff" + FINE.encode("utf-16-be"), "is UTF-16 text"),
    "UTF-16 without a mark": told(FINE.encode("utf-16-le"), "row 1, byte 2 is a zero byte", "UTF-16LE"),
    "UTF-32": told(FINE.encode("utf-32"), "is UTF-32 text"),
    "Latin-1": told(rows(x=lambda row: "Köln").encode("latin-1"), "row 2, byte 2 is 0xf6", "'ö'", "40 rows hold"),
    "half a character": told(FINE.encode() + b"\xe2\x82", "row 42, byte 1 is 0xe2, which is no UTF-8"),
    "a zero byte": told(FINE.replace("x,y\n", "x,y\n1\0,0\n"), "row 2, byte 2 is a zero byte"),
    "a gzip file": told(gzip.compress(FINE.encode()), "is compressed by gzip; unpack it"),
    "a gzip bomb": told(gzip.compress(bytes(30_000_000)), "is compressed by gzip"),
    "a zip or Excel file": told(zipped(FINE), "is a zip archive or an Excel workbook"),
    "an old Excel file": told(b"\xd0\xcf\x11\xe0" + bytes(99), "is an Excel workbook"),
    "Parquet": told(b"PAR1" + bytes(99), "is a Parquet file"),
    "a database": told(b"SQLite format 3\0" + bytes(99), "is an SQLite database"),
    "a pickle": told(b"\x80\x04\x95cposix\nsystem\n", "is a Python pickle, which is never opened"),
    "a web page": told("<!DOCTYPE html><html><body>404", "is a web page or XML"),
    # how rows are laid out
    "only a header": told("x,y\n", "has no rows"),
    "a header and blank lines": told("x,y\n\n\n", "has no rows"),
    "one column": told("y\n0\n1\n", "has one column"),
    "semicolons": told(FINE.replace(",", ";"), "has one column", 'data.delimiter="\';\'"'),
    "tabs": told(FINE.replace(",", "\t"), "has one column", "data.delimiter=tab"),
    "bars": told(FINE.replace(",", "|"), "data.delimiter=\"'|'\""),
    "decimal commas and semicolons": told("x;y\n" + "1,5;0\n2,5;1\n" * 9, "data.delimiter=\"';'\""),
    "a short row": told(FINE + "7\n", "row 42: has 1 fields, the header 2: '7'", "fill in what is missing"),
    "a long row": told(FINE + "7,1,3\n", "row 42: has 3 fields, the header 2", "quote a text"),
    "short and long rows": told("x,y\n1\n2,1\n3,1,1\n4,0\n", "row 2: has 1 fields", "row 4: has 3 fields"),
    "one more field than the header": told(rows(names="x"), "row 2: has 2 fields, the header 1, and so have 39 more"),
    "one more field in all rows": told(
        "x,y\n" + "1,2,0\n" * 50, "row 2: has 3 fields, the header 2, and so have 49 more"
    ),
    "thousands apart without quotes": told("x,y\n" + "1,000,0\n2,000,1\n" * 9, "row 2: has 3 fields"),
    "an unclosed quote": told(FINE + '"7,1\n8,0\n', "row 42: a quote that opens here is never closed"),
    "a quote that ends inside": told(FINE + '"7"8,1\n', "row 42: quotes do not fit"),
    "a field without end": told(FINE + '"' + "7" * 200_000 + '",1\n', "row 42: a field has more than 131072"),
    "two columns of a name": told(rows(names="y,y"), "row 1: two columns are called 'y'"),
    "two names but for blanks": told("x,x ,y\n1,2,0\n", "two columns are called 'x'"),
    "three columns of a name": told("x,x,x,y\n1,2,3,0\n", "3 columns are called 'x'"),
    "a blank name": told(rows(names=",y"), "row 1: column 1 has no name", "data.drop=[0]"),
    "a comma at the end of each row": told(
        FINE.replace("\n", ",\n"), "row 1: column 3 has no name", "data.drop=[2]"
    ),
    "a blank header": told("\n" + FINE, "row 1"),
    "a name without end": told(rows(names="x" * 2000 + ",y"), "has 2000 characters; 1000 are the most"),
    "no header": told("\n".join(FINE.splitlines()[1:]), "holds numbers only", "data.header=false"),
    "a repeated header": told(FINE + FINE, "row 42: repeats the header; remove it"),
    # labels
    "a label that is missing": told(FINE + "7,\n8,0\n9,NA\n", "row 42", "row 44", "the label is missing"),
    "one class": told("x,y\n" + "1,0\n2,0\n" * 9, "must hold two values; it holds 1: '0' (18 rows)"),
    "three classes": told(FINE + "7,2\n", "must hold two values; it holds 3", "'2' (1 rows)"),
    "labels of .3": told(
        rows(names="y,x"), "must hold two values; it holds", "these are numbers, not classes", target="y"
    ),
    "labels in two spellings": told("x,y\n" + "1,Yes\n2,yes\n3,no\n" * 9, "in small and capital letters only"),
    "labels that name no positive": told("x,y\n" + "1,a\n2,b\n" * 9, "which of them is positive?", "data.positive=a"),
    "a positive that is none": told(FINE, "data.positive=7 is not in column 'y'", positive=7),
    "a label without end": told("x,y\n" + f"1,{'a' * 999}\n2,b\n" * 9, "a label of 999 characters; 200", positive="b"),
    "a class of one member": told("x,y\n" + "1,0\n" * 20 + "2,1\n", "needs 3 rows or more", "'1' has 1 of 21"),
    "an empty test part": told(
        "x,y,s\n" + "1,0,train\n2,1,train\n3,0,validation\n1,1,validation\n" * 9,
        "the test part (0 rows) has no row of class '1'",
        "class '0'",
        split_column="s",
    ),
    "a part that is none": told(
        "x,y,s\n" + "1,0,train\n2,1,dev\n" * 9, "row 3, column 's': 'dev' is none of train", split_column="s"
    ),
    "a part that is missing": told("x,y,s\n1,0,train\n2,1,\n", "column 's': no value is none", split_column="s"),
    "more folds than members": told(FINE, "each class needs 30 rows or more", folds=30, fold=0),
    "too few rows to part": told("x,y\n1,0\n2,1\n3,0\n4,1\n5,0\n6,1\n", "", test_fraction=0.01),
    # values
    "a word among numbers": told(FINE + "seven,1\n", "row 42, column 'x': 'seven' is not a finite number"),
    "two words among numbers": told(FINE + "seven,1\neight,0\n", "row 42, column 'x': 'seven'", "row 43", "'eight'"),
    "a question mark": told(FINE + "?,1\n?,0\n", "row 42", "'?'", "leave the field empty", "1 more rows"),
    "a decimal comma": told(FINE + '"7,5",1\n', "row 42, column 'x': '7,5'", "decimal comma: write 1.5"),
    "decimal commas": told(rows(x=lambda row: f'"{row},5"'), "column 'x': '2,5' has a decimal comma"),
    "thousands": told(rows(x=lambda row: f'"{row + 1},234"'), "'3,234' has a comma in its digits"),
    "thousands by points": told(rows(x=lambda row: f"1.{234 + row}.567"), "has points between its thousands"),
    "thousands by spaces": told(rows(x=lambda row: f"{row + 1} 234"), "has its thousands apart"),
    "currencies": told(rows(x=lambda row: f"${row}.50"), "has a currency"),
    "percent": told(rows(x=lambda row: f"{row}%"), "has a percent sign"),
    "hexadecimal": told(rows(x=lambda row: f"{row:#x}"), "is hexadecimal: write 26"),
    "dates": told(rows(x=lambda row: f"2026-01-{row % 28 + 1:02}"), "row 4, column 'x': '2026-01-03' is a date"),
    "dates by points": told(rows(x=lambda row: f"{row % 28 + 1}.01.2026"), "is a date"),
    "dates with times": told(rows(x=lambda row: f"2026-01-{row % 28 + 1:02}T10:30:00Z"), "is a date"),
    "times": told(rows(x=lambda row: f"10:{row:02}"), "is a time"),
    "brackets": told(rows(x=lambda row: f"({row})"), "is in brackets"),
    "a long minus sign": told(FINE + "\u22125,1\n", "long minus sign"),
    "errors of a spreadsheet": told(FINE + "#DIV/0!,1\n", "is a spreadsheet's error"),
    "formulas": told(rows(x=lambda row: f"=A{row}+1"), "is a formula"),
    "digits of another script": told(FINE + "\u0661\u0662,1\n", "is not a finite number"),
    "1e400": told(FINE + "1e400,1\n", "row 42, column 'x': '1e400' is too large: 1e+150 is the most"),
    "1e200": told(FINE + "1e200,1\n", "row 42, column 'x': '1e200' is too large"),
    "infinities": told(FINE + "inf,1\n-Infinity,0\n", "row 42, column 'x': 'inf'", "row 43", "'-Infinity'"),
    "too large for float32": told(FINE + "1e39,1\n", "row 42, column 'x': '1e39' is too large", standardise=False),
    "all missing": told(rows(x=lambda row: ""), "column 'x' has no value in the training rows"),
    "texts that name rows": told(
        rows(400, x=lambda row: f"case {row}"), "'x' has 240 different texts", "data.drop=[x]"
    ),
    # columns that are named
    "a label's column that is not there": told(FINE, "data.target: unknown column 'Y'; known: x, y", target="Y"),
    "all columns dropped": told(FINE, "no feature column is left", drop=["x"]),
    "the label dropped": told(FINE, "named by data.target and by data.drop", drop=["y"]),
    "label and part in one": told(FINE, "named by data.target and by data.split_column", split_column="y"),
    "many unknown columns": told(
        FINE, "data.drop: unknown column 'a'", "data.drop: unknown column 'b'", "data.categorical", drop=["a", "b"],
        categorical=["c"],
    ),
    # all at once
    "everything at once": told(
        two(lambda row, label: {3: "?", 5: '"1,5"'}.get(row, row)).replace("\n", ",\n", 1).replace(",\n", "\n", 1)
        + "1,seven,\n2,3,\n",
        "row 5, column 'z': '?'", "row 7, column 'z': '1,5'", "row 42, column 'z': 'seven'",
        "row 42, column 'y': the label is missing", "row 43, column 'y': the label is missing",
    ),
    "a hundred problems": told("x,y\n" + "1,0\n2,1\n" * 200 + "".join(f"w{own},1\n" for own in range(100)), "... and"),
}  # fmt: skip

ACCEPTED = {
    "a mark of UTF-8": fine(FINE.encode("utf-8-sig")),
    "line ends of Windows": fine(rows(end="\r\n")),
    "line ends of old": fine(rows(end="\r")),
    "no line end at the end": fine(FINE.rstrip("\n")),
    "blank lines": fine(FINE.replace("\n", "\n\n", 5)),
    "a line of spaces": fine(FINE + "   \n"),
    "a line of a space that breaks no line": fine(FINE + "\xa0\n"),
    "quoted fields": fine('"x","y"\n' + "".join(f'"{row}.5","{row * 3 % 5 % 2}"\n' for row in range(40))),
    "quoted line ends": fine(two(lambda row, label: f'"a\nb{row % 3}"')),
    "quoted delimiters and quotes": fine(two(lambda row, label: f'"a, ""b""{row % 3}"')),
    "spaces after commas": fine(FINE.replace(",", ", ")),
    "capital E, plus signs, bare points": fine(rows(x=lambda row: ("1E2", "+5", "5.", ".5")[row % 4])),
    "missing numbers": fine(rows(x=lambda row: "" if row % 5 == 0 else row * 7 % 11 / 3)),
    "True and False": fine(rows(x=lambda row: row % 3 == 0)),
    "labels yes and no": fine(FINE.replace(",0\n", ",no\n").replace(",1\n", ",yes\n")),
    "labels with blanks": fine(FINE.replace(",0\n", ",no \n").replace(",1\n", ",yes\n")),
    "no header, and said so": fine("\n".join(FINE.splitlines()[1:]), header=False, target=-1),
    "names 0 and 1": fine(rows(names="0,1"), target="1"),
    "an index without a name that is dropped": fine(rows(names=",y,x").replace("\n", ",7.5\n").replace(
        "x,7.5", "x", 1).replace("7.5", "1.5", 20), drop=[0], warned=()),
    "thousands that are words": fine(rows(x=lambda row: f'"{row % 3 + 1},234"'), categorical=["x"]),
    "emoji and Chinese": fine(two(lambda row, label: "中文😀ab"[row % 3])),
    "a table of dates that are words": fine(rows(x=lambda row: f"2026-01-0{row % 3 + 1}"), categorical=["x"]),
    "tiny numbers": fine(rows(x=lambda row: f"{row * 7 % 11}e-310")),
}  # fmt: skip

WARNED = {
    "a constant column": suspicious(two(lambda row, label: 3), "constant"),
    "a constant text": suspicious(two(lambda row, label: "same"), "constant"),
    "a leaked label": suspicious(two(lambda row, label: label), "leaked"),
    "a leaked label in words": suspicious(two(lambda row, label: "won" if label else "lost"), "leaked"),
    "a leaked label by missing values": suspicious(two(lambda row, label: row * 7 % 11 / 3 if label else ""), "leaked"),
    "a leaked label by a cut": suspicious(two(lambda row, label: row * 7 % 11 / 9 + label * 50.5), "leaked"),
    "a test row that training has": suspicious(
        FINE + FINE.split("\n", 1)[1],
        "duplicates", number=80,
    ),
    "-999 for missing": suspicious(two(lambda row, label: -999 if row % 7 == 0 else row * 7 % 11 / 3), "missing"),
    "9999 for missing": suspicious(two(lambda row, label: 9999 if row % 7 == 0 else row * 7 % 11 / 3), "missing"),
    "unknown for missing": suspicious(two(lambda row, label: ("a", "b", "unknown")[row % 3]), "missing"),
    "extreme imbalance": suspicious(
        "x,y\n" + "".join(f"{row * 7919 % 9973 / 10},{int(row % 100 == 0)}\n" for row in range(1000)), "imbalance",
        number=1000,
    ),
    "few rows of a class": suspicious(FINE, "few rows"),
    "a number of each row": suspicious(two(lambda row, label: row + 1), "identifier"),
    "another text in each row": suspicious(two(lambda row, label: f"case {row}"), "identifier", "unseen"),
    "integers beyond 2^63": suspicious(two(lambda row, label: 2**63 + row * 4096), "identifier"),
    "integers beyond 2^64": suspicious(two(lambda row, label: 2**64 + row * 65536 * 7919), "identifier"),
    "integers beyond 2^64, one of them 1e5, and a blank line": suspicious(
        two(lambda row, label: "1e5" if row == 39 else 2**70 + row * 2**30) + "\n", "identifier"
    ),
    "integers beyond 2^64, one of them 1e5, and missing ones": suspicious(
        two(lambda row, label: {2: "", 3: "NA", 39: "1e5"}.get(row, 2**70 + row * 2**30)), "identifier"
    ),
    "codes": suspicious(two(lambda row, label: (10, 20, 35)[row * 3 % 10 % 3], number=200), "codes", number=200),
    "mixed types": suspicious(two(lambda row, label: (f"A{row % 2}", row % 3, "B")[row % 3]), "mixed"),
    "texts not seen in training": suspicious(
        "x,z,y,s\n" + "".join(
            f"{row * 7 % 11},{'new' if row >= 60 else 'ab'[row % 2]},{row * 7 % 5 % 2},"
            f"{('train', 'validation', 'test')[row // 30]}\n" for row in range(90)
        ),
        "unseen", number=90, split_column="s",
    ),
    "rows of commas": suspicious(FINE + ",\n,\n", "left out"),
}  # fmt: skip
