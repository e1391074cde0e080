"""The canonical form of a specification, which is its identity, and hashes of it."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

_any = TypeAdapter(Any)


def canonical(value: object) -> str:
    """Return the canonical JSON of a spec: sorted keys, no spaces, shortest floats."""
    return json.dumps(_any.dump_python(value, mode="json"), sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(*values: object) -> str:
    """Return the SHA-256 of values' canonical JSON, in hexadecimal."""
    return hashlib.sha256("\n".join(map(canonical, values)).encode()).hexdigest()


def leaves(value: Any, prefix: str = "") -> dict[str, Any]:
    """Return every leaf of a spec by its dotted name, as the command line spells it."""
    tree = value if isinstance(value, Mapping) else json.loads(canonical(value))
    flat: dict[str, Any] = {}
    for name, leaf in tree.items():
        flat |= leaves(leaf, f"{prefix}{name}.") if isinstance(leaf, Mapping) else {prefix + name: leaf}
    return flat
