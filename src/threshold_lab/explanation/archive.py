"""A .keras file, looked through before Keras sees it: nothing in it may run, read other files, or fill the memory.

Keras's own safe mode is not such a boundary (CVE-2025-1550, CVE-2025-9906, CVE-2025-12058, CVE-2026-0897).
"""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import h5py

from threshold_lab.errors import ModelError
from threshold_lab.explanation.allowed import refused

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
MOST_BYTES = 1 << 30
"""Of a file, and of what it unpacks to."""
MOST_OF_JSON = 10 << 20

_HDF5 = b"\x89HDF\r\n\x1a\n"
_SAVE = "save it with model.save('model.keras')"


def checked(path: Path) -> bytes:
    """Return the bytes of a model file, made anew of its checked parts alone. Raises ModelError with the reason."""
    parts = _parts(path)
    _check_config(path, parts[CONFIG])
    _check_weights(path, parts[WEIGHTS])
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _parts(path: Path) -> dict[str, bytes]:
    _require_file(path)
    try:
        with zipfile.ZipFile(path) as archive:
            return _unpacked(path, archive)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, OSError, ValueError) as error:
        raise ModelError(f"{path}: is no .keras file ({error}); {_SAVE}") from None


def _require_file(path: Path) -> None:
    if path.is_dir():
        kind = "a SavedModel folder" if (path / "saved_model.pb").exists() else "a folder"
        raise ModelError(f"{path}: is {kind}, not a .keras file; load it where it was made, and {_SAVE}")
    if not path.is_file():
        raise ModelError(f"{path}: no such file (looked in {Path.cwd()})")
    if path.stat().st_size > MOST_BYTES:
        raise ModelError(f"{path}: has {path.stat().st_size:,} bytes; explain opens files of at most {MOST_BYTES:,}")
    with path.open("rb") as file:
        if file.read(len(_HDF5)) == _HDF5:
            raise ModelError(f"{path}: is an HDF5 file of an older Keras, which can hold code; load it, and {_SAVE}")


def _unpacked(path: Path, archive: zipfile.ZipFile) -> dict[str, bytes]:
    entries = archive.infolist()
    names = sorted(own.filename for own in entries)
    if names != sorted({CONFIG, METADATA, WEIGHTS}):
        strange = [own for own in names if own not in (CONFIG, METADATA, WEIGHTS)] or names
        raise ModelError(f"{path}: must hold {CONFIG}, {METADATA} and {WEIGHTS}, each once; it holds {strange[:5]}")
    for own in entries:
        most = MOST_BYTES if own.filename == WEIGHTS else MOST_OF_JSON
        if own.file_size > most:
            raise ModelError(f"{path}: {own.filename} unpacks to {own.file_size:,} bytes; at most {most:,} are opened")
    return {own.filename: _read(archive, own) for own in entries}


def _read(archive: zipfile.ZipFile, own: zipfile.ZipInfo) -> bytes:
    """No more than the entry says of itself, whatever it unpacks to."""
    with archive.open(own) as file:
        content = file.read(own.file_size + 1)
    if len(content) != own.file_size:
        raise zipfile.BadZipFile(f"{own.filename} is not as long as it says")
    return content


def _check_config(path: Path, content: bytes) -> None:
    try:
        config = json.loads(content)
    except (ValueError, RecursionError):
        raise ModelError(f"{path}: {CONFIG} is no JSON; {_SAVE}") from None
    names = list(dict.fromkeys(refused(config)))
    if not isinstance(config, dict) or "class_name" not in config:
        raise ModelError(f"{path}: {CONFIG} describes no model; {_SAVE}")
    if names:
        why = "which holds code" if any("Lambda" in own or "lambda" in own for own in names) else "which may run code"
        raise ModelError(
            f"{path}: names {', '.join(names[:5])}, {why} or reads other files; explain opens models of Keras's own "
            f"layers only: ask a model of your own in Python, threshold_lab.explain(model)"
        )


def _check_weights(path: Path, content: bytes) -> None:
    try:
        with h5py.File(io.BytesIO(content), "r") as weights:
            problem = _problem(weights)
    except (OSError, ValueError, RuntimeError, KeyError, TypeError) as error:
        raise ModelError(f"{path}: {WEIGHTS} cannot be read ({error}); {_SAVE}") from None
    if problem:
        raise ModelError(f"{path}: {WEIGHTS} {problem}; explain opens plain arrays only")


def _problem(weights: h5py.File) -> str | None:
    """What is wrong with a file of weights: a link out of it, numbers that are elsewhere, or more than are opened."""
    total, queue, seen = 0, [weights], {weights.id.__hash__()}
    while queue:
        group = queue.pop()
        for name in group:
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                return f"has a link at {name!r}"
            own: Any = group[name]
            if isinstance(own, h5py.Group):
                if hash(own) in seen:
                    return f"has a circle at {name!r}"
                seen.add(hash(own))
                queue.append(own)
                continue
            if not isinstance(own, h5py.Dataset) or own.external or own.is_virtual or own.dtype.kind not in "fiub":
                return f"has something at {name!r} that is no array of numbers in the file"
            total += own.nbytes
            if total > MOST_BYTES:
                return f"unpacks to more than {MOST_BYTES:,} bytes"
    return None
