"""The bytes of a file, read once: what is hashed is what is parsed, whatever happens to the file meanwhile."""

import csv
import hashlib
import io
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from threshold_lab.errors import DataError, short

MOST_BYTES = 4 * 2**30
"""Of a file: a table is held in memory, whole and several times over."""

_GIBIBYTE = 2**30
_OTHERS = {
    b"\x1f\x8b": "is compressed by gzip; unpack it (gunzip FILE)",
    b"BZh": "is compressed by bzip2; unpack it (bunzip2 FILE)",
    b"\xfd7zXZ": "is compressed by xz; unpack it (unxz FILE)",
    b"\x28\xb5\x2f\xfd": "is compressed by zstd; unpack it (unzstd FILE)",
    b"PK\x03\x04": "is a zip archive or an Excel workbook; unpack it, or save its sheet as CSV (UTF-8)",
    b"\xd0\xcf\x11\xe0": "is an Excel workbook; save its sheet as CSV (UTF-8)",
    b"PAR1": "is a Parquet file; write it as CSV (pandas.read_parquet, then to_csv)",
    b"SQLite format 3": "is an SQLite database; export its table as CSV",
    b"%PDF": "is a PDF; a table must be text",
    b"\x80\x04\x95": "is a Python pickle, which is never opened; write it as CSV",
    b"\xff\xfe\x00\x00": "is UTF-32 text; save it as UTF-8 (iconv -f UTF-32 -t UTF-8)",
    b"\x00\x00\xfe\xff": "is UTF-32 text; save it as UTF-8 (iconv -f UTF-32 -t UTF-8)",
    b"\xff\xfe": "is UTF-16 text, as some spreadsheets save it; save it as UTF-8 (iconv -f UTF-16 -t UTF-8)",
    b"\xfe\xff": "is UTF-16 text, as some spreadsheets save it; save it as UTF-8 (iconv -f UTF-16 -t UTF-8)",
}
"""What begins with these bytes, and is no table as it is."""

_KINDS = {stat.S_IFIFO: "pipe", stat.S_IFSOCK: "socket", stat.S_IFCHR: "device", stat.S_IFBLK: "device"}
_PAGE = re.compile(rb"\s*<(!doctype|html|\?xml)", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A file's UTF-8 text as bytes, all of them read at one moment, and the sign between its fields."""

    path: Path
    content: bytes
    delimiter: str

    @property
    def sha256(self) -> bytes:
        """Hash of the bytes."""
        return hashlib.sha256(self.content).digest()

    def records(self) -> Iterator[list[str]]:
        """Yield the fields of each record, none of a blank line. Raises csv.Error where quotes do not fit."""
        text = io.TextIOWrapper(io.BytesIO(self.content), encoding="utf-8-sig", newline="")
        apart = self.delimiter != " "
        return csv.reader(text, delimiter=self.delimiter, skipinitialspace=apart, strict=True)

    def cell(self, row: int, column: int) -> str:
        """Return a field as the file has it, by its record and its place in it, both from 0."""
        return next(islice(self.records(), row, None))[column]


def snapshot(path: Path, delimiter: str) -> Snapshot:
    """Read a file. Raises DataError where it is none, cannot be read, changes meanwhile, or holds no UTF-8 text."""
    if why := unreadable(path):
        raise DataError(f"{path}: {why}")
    content = _content(path)
    if why := _no_text(content):
        raise DataError(f"{path}: {why}")
    return Snapshot(path, content, delimiter)


def unreadable(path: Path) -> str:
    """Say why a path names no file that can be read; empty where it does. A pipe or device is not opened."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            return "is a folder, not a file"
        if not stat.S_ISREG(mode):
            return f"is a {_KINDS.get(stat.S_IFMT(mode), 'device')}, not a file; write its rows into a file first"
        os.close(_opened(str(path), os.O_RDONLY))
    except FileNotFoundError:
        return f"no such file (looked in {Path.cwd()})"
    except (OSError, ValueError) as error:  # a ValueError, of a path with a zero byte
        return f"cannot be opened: {getattr(error, 'strerror', None) or error}"
    return ""


def _opened(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # or a pipe that has taken the file's place would be waited for


def _content(path: Path) -> bytes:
    try:
        with open(path, "rb", opener=_opened) as file:
            before = os.fstat(file.fileno())
            if before.st_size > MOST_BYTES:
                raise DataError(
                    f"{path}: has {before.st_size / _GIBIBYTE:.1f} GiB; more than {MOST_BYTES // _GIBIBYTE} are not "
                    f"read, as a table is held in memory; take fewer rows or columns"
                )
            content = file.read(before.st_size + 1)
            after = os.fstat(file.fileno())
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}; copy it to a disk that can") from None
    if len(content) != before.st_size or after.st_mtime_ns != before.st_mtime_ns:
        raise DataError(f"{path}: changed while it was read; try again when nothing writes to it")
    return content


def _no_text(content: bytes) -> str:
    """Why bytes are not the text of a table; empty where they are."""
    if not content.strip():
        return "is empty; a table has a row of names and a row for each case"
    if why := next((why for begin, why in _OTHERS.items() if content.startswith(begin)), ""):
        return why
    if _PAGE.match(content):
        return "is a web page or XML, not a table; download the file itself"
    if (place := content.find(b"\0")) >= 0:
        half = content.count(b"\0") > len(content) / 4
        what = "it is UTF-16 text without a mark (iconv -f UTF-16LE -t UTF-8)" if half else "remove it"
        return f"{_place(content, place)} is a zero byte, which no text has: {what}"
    try:
        content.decode()
    except UnicodeDecodeError as error:
        return _no_utf_8(content, error.start)
    return ""


def _no_utf_8(content: bytes, place: int) -> str:
    byte = content[place : place + 1]
    rows = sum(1 for line in content.split(b"\n") if _undecodable(line))
    others = f" ({rows} rows hold such bytes)" if rows > 1 else ""
    return (
        f"{_place(content, place)} is 0x{byte.hex()}, which is no UTF-8 text{others}; in Latin-1 it is "
        f"{short(byte.decode('latin-1'))}: save the file as UTF-8 (iconv -f LATIN1 -t UTF-8)"
    )


def _undecodable(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return True
    return False


def _place(content: bytes, place: int) -> str:
    begin = content.rfind(b"\n", 0, place) + 1
    return f"row {content.count(bytes([10]), 0, place) + 1}, byte {place - begin + 1}"
