"""Arrays as the bytes of an .npz file, and back: nothing in a file is executed, and one that is damaged is told."""

import errno
import io
import struct
import zipfile
import zlib
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np

from threshold_lab.errors import StoreError, short

_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    TokenError,
    TypeError,
    ValueError,
)
"""What NumPy and zipfile raise on a file that is not as it was written."""


def plain_bytes(path: Path) -> bytes:
    """Return the bytes of a plain file. Raises OSError where there is none: a pipe or device would never end."""
    if not path.is_file():
        raise FileNotFoundError(errno.ENOENT, "no such file, or no plain one", str(path))
    return path.read_bytes()


def npz(arrays: dict[str, Any]) -> bytes:
    """Return arrays as the bytes of an .npz file, which `numpy.load(allow_pickle=False)` reads."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def arrays_in(content: bytes) -> dict[str, Any]:
    """Return the arrays of an .npz file. Raises StoreError where it is damaged; nothing in it is executed."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            held = sum(own.file_size for own in arrays.zip.infolist())
            if held > len(content):
                raise StoreError(
                    f"a file of arrays would unfold {len(content)} bytes to {held}, which `npz` never packs"
                )
            found = {name: arrays[name] for name in arrays.files}
    except _DAMAGED as error:
        raise StoreError(f"a file of arrays is damaged: {str(error)[:200]}") from None
    if strange := [name for name, own in found.items() if not isinstance(own, np.ndarray)]:
        raise StoreError(f"a file of arrays is damaged: {short(strange[0])} is no array")
    return found
