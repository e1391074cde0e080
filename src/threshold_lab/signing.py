"""Files that say themselves whether they are whole and in their place: their name and their own SHA-256 are in them.

A fit has both as the comment of its zip archive, behind all else, so that NumPy reads it as before; a plan has both as
keys. Whoever changes a byte on purpose can sign anew: this finds damage, not malice.
"""

import hashlib
import json
from typing import Any

from threshold_lab.errors import StoreError

_END, _NO_COMMENT = b"PK\x05\x06", b"\0\0"
_MARK, _HASH = b"threshold-lab ", b" sha256 "
_DIGITS = 64

SWEEP, SHA256, AFTER, RUNS = "sweep", "sha256", "after", "runs"
"""Keys of a plan: its own name, its hash, the name of the plan before it; and the run of each job, by the job's key,
where the sweep went to its end."""


def signed(key: str, archive: bytes) -> bytes:
    """Return a zip archive that has no comment with its key and hash as its comment."""
    mark = _MARK + key.encode() + _HASH
    content = archive[: -len(_NO_COMMENT)] + (len(mark) + _DIGITS).to_bytes(2, "little") + mark
    return content + hashlib.sha256(content).hexdigest().encode()


def is_signed(archive: bytes) -> bool:
    """Whether an archive is not one without a comment, as they were before they were signed."""
    return not (archive[-22:-18] == _END and archive.endswith(_NO_COMMENT))


def require_whole(key: str, archive: bytes) -> None:
    """Raise StoreError where a signed archive is not as it was written, or belongs under another key."""
    if not is_signed(archive):
        return
    content, told = archive[:-_DIGITS], archive[-_DIGITS:]
    if not content.endswith(_HASH) or hashlib.sha256(content).hexdigest().encode() != told:
        raise StoreError("a byte of it has changed since it was written")
    if not content.endswith(_MARK + key.encode() + _HASH):
        raise StoreError("it is whole, but another's: it was written under another key")


def signed_plan(name: str, plan: dict[str, Any]) -> bytes:
    """Return a plan as JSON, with its name and its hash."""
    named = {SWEEP: name, **plan}
    return json.dumps({**named, SHA256: _hash(named)}).encode()


def plan_in(name: str, content: bytes) -> dict[str, Any]:
    """Return a plan. Raises StoreError where it is signed and not as it was written, or another's; or no plan."""
    try:
        plan = json.loads(content)
    except (ValueError, RecursionError):
        raise StoreError("it is no JSON") from None
    if not isinstance(plan, dict) or not isinstance(plan.get("jobs"), list):
        raise StoreError("it holds no jobs")
    if not is_signed_plan(plan):
        return plan
    named = {key: own for key, own in plan.items() if key != SHA256}
    if plan.get(SHA256) != _hash(named) or json.dumps(plan).encode() != content:
        raise StoreError("a byte of it has changed since it was written")
    if plan.get(SWEEP) != name:
        raise StoreError(f"it is whole, but another's: it was written as {str(plan.get(SWEEP))[:60]}")
    return named


def is_signed_plan(plan: dict[str, Any]) -> bool:
    """Whether a plan is not of the two keys that they had before they were signed."""
    return set(plan) != {"command", "jobs"}


def _hash(plan: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(plan).encode()).hexdigest()
