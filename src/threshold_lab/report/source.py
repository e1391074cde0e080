"""Where what is told comes from: the store, the code and the machine of its runs, and what makes it again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from threshold_lab.captions import in_store
from threshold_lab.report.found import Found


@dataclass(frozen=True)
class Source:
    """Facts by their names, and commands by what they do."""

    facts: tuple[tuple[str, str], ...]
    commands: tuple[tuple[str, str], ...]


def source(own: Found, folder: Path) -> Source:
    """Return the source of what was found in a folder."""
    return Source(tuple(_facts(own)), tuple(_commands(own, in_store(str(folder)))))


def _facts(own: Found) -> Iterator[tuple[str, str]]:
    yield "Store", own.address
    if own.sweep is None:
        return
    made = own.sweep.provenance
    yield "Sweep", f"{own.sweep.name}: {len(own.sweep.runs)} runs of {own.sweep.networks} networks"
    yield "Code", _code(made)
    libraries: Mapping[str, Any] = made.get("libraries", {})
    versions = ", ".join(f"{name} {version}" for name, version in libraries.items())
    yield "Versions", f"Python {made.get('python', '')}, {versions}"
    yield "Machine", f"{made.get('machine', '')}, {made.get('cpu', '')}, {made.get('usable', '')} cores"


def _code(made: Mapping[str, Any]) -> str:
    """The commit; without one, as where the package is installed, the hashes of what trained and decided."""
    commit = str(made.get("commit", ""))
    changed = ", with changes that are not committed" if made.get("changed") else ""
    known = f"commit {commit}{changed}; " if commit else ""
    return f"{known}training code {made.get('engine', '')}, deciding code {made.get('decisions', '')}"


def _commands(own: Found, place: str) -> Iterator[tuple[str, str]]:
    if own.sweep is not None:
        yield (
            "The networks of the sweep, trained again from nothing stored and compared, to the bit",
            f"threshold-lab reproduce --sweep {own.sweep.name}{place}",
        )
    if own.answers:
        yield "All claims, where they are not stored yet", f"threshold-lab claims{place}"
    yield "The runs themselves", f"threshold-lab ui{place}"
