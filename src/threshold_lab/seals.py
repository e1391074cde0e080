"""What a run holds, against the hashes it was sealed with: which file, which number, or the seal itself was changed."""

import json
from collections.abc import Iterator, Mapping

from threshold_lab.sealing import HASHES, NUMBERS, numbers, sha256
from threshold_lab.tracking import FILES_HASH

Hashes = Mapping[str, str]


def changed_files(files: Mapping[str, bytes | None], hashes: Hashes) -> Iterator[tuple[str, str]]:
    """Yield the name of each file (None: gone) that is not as it was sealed, and what is wrong with it."""
    for name, content in files.items():
        if content is None:
            yield name, "is gone"
        elif sha256(content) != hashes.get(name):
            yield name, f"is not as it was recorded (SHA-256 {sha256(content)[:12]})" if content else "is empty"


def changed_seal(content: bytes, tags: Mapping[str, str]) -> str:
    """Say what is wrong where HASHES is not the file that its tag says; else nothing."""
    return "" if sha256(content) == tags.get(FILES_HASH) else f"{HASHES} was changed"


def changed_numbers(metrics: Mapping[str, float], hashes: Hashes) -> str:
    """Say what is wrong where the last values of all metrics are not as they were sealed; else nothing."""
    return "" if numbers(metrics) == hashes.get(NUMBERS) else "a metric is not as it was recorded"


def seal_again(contents: Mapping[str, bytes], hashes: Hashes) -> bytes:
    """Return HASHES as it would be of files as they are, with the sealed hash of the numbers."""
    again = {name: sha256(own) for name, own in contents.items()} | {NUMBERS: hashes.get(NUMBERS, "")}
    return json.dumps(again, indent=1, sort_keys=True).encode()
