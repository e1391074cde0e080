"""make audit: known vulnerabilities of what requirements.lock names, as pip-audit finds them in a public database.

Exit code 0: every package was asked after, none is vulnerable. 1: some are. 3: not all could be asked after.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

LOCK = Path(__file__).parents[1] / "requirements.lock"
VERSION = "2.10.1"


def asked(lock: Path) -> Mapping[str, Any] | str:
    """Return what pip-audit says of a lock, or why it says nothing."""
    program = [str(Path(sys.executable).with_name("uv")), "tool", "run", "--from", f"pip-audit=={VERSION}", "pip-audit"]
    words = ["--requirement", str(lock), "--require-hashes", "--disable-pip", "--progress-spinner", "off"]
    done = subprocess.run([*program, *words, "--format", "json"], capture_output=True, text=True)
    try:
        found: Mapping[str, Any] = json.loads(done.stdout)
    except ValueError:
        return done.stderr.strip()[-500:] or f"it ended with {done.returncode}"
    return found


def told(found: Mapping[str, Any] | str) -> tuple[int, Sequence[str]]:
    """Return the exit code, and what is to be said."""
    if isinstance(found, str):
        return 3, ["The database could not be asked, so this says nothing about the lock:", f"  {found}"]
    packages = found["dependencies"]
    unasked = [own for own in packages if "skip_reason" in own]
    lines = list(_vulnerable(packages))
    if unasked:
        reason = unasked[0]["skip_reason"]
        lines.append(
            f"{len(unasked)} of {len(packages)} packages could not be asked after, as {unasked[0]['name']}: {reason}"
        )
        lines.append("A network that reaches the public database is needed; without it this says nothing about them.")
    if any(own.get("vulns") for own in packages):
        return 1, lines
    return (3, lines) if unasked else (0, [f"{len(packages)} packages, no known vulnerability."])


def _vulnerable(packages: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for own in packages:
        for each in own.get("vulns", ()):
            mended = ", ".join(each["fix_versions"]) or "no version yet"
            yield f"{own['name']} {own['version']}: {each['id']}, mended in {mended}"


if __name__ == "__main__":
    code, lines = told(asked(LOCK))
    print(*lines, sep="\n")
    sys.exit(code)
