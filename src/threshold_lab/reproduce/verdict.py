"""What differs between then and now -> one verdict, in words that say why."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from threshold_lab.provenance import Provenance

IDENTICAL, WITHIN, DIFFERS, CANNOT = VERDICTS = ("identical", "within tolerance", "differs", "cannot")

EXIT_CODES = {IDENTICAL: 0, WITHIN: 0, DIFFERS: 1, CANNOT: 2}

TOLERANCE = {"probability": 0.02, "roc_auc": 0.002, "accuracy": 0.01}
"""Largest differences on another processor or with other libraries: three times what was measured of a probability
(reported/tolerances), where no ROC AUC and no accuracy moved; of the rows of a test part one always may."""

_ROUNDING = 1e-9

_DECISIVE = ("engine", "decisions", "libraries", "python", "machine", "cpu", "flags", "threads", "settings")


@dataclass(frozen=True)
class Reproduction:
    """What became of one run. reasons: what differs, or why it cannot be run again, and what to do.

    environment: what has changed since, then and now. largest: differences of a weight, a probability, ROC AUC and
    accuracy. commit: of the code then. name: of the run, as MLflow's pages show it.
    """

    run_id: str
    verdict: str
    reasons: tuple[str, ...] = ()
    environment: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    largest: Mapping[str, float] = field(default_factory=dict)
    commit: str = ""
    name: str = ""

    @property
    def exit_code(self) -> int:
        """0 where it is reproduced, 1 where it differs, 2 where it cannot be."""
        return EXIT_CODES[self.verdict]


def changes(then: Mapping[str, Any], now: Provenance) -> dict[str, tuple[str, str]]:
    """Return what may change a bit and is not as it was; a record of before threads were recorded says none of them."""
    known = asdict(now) if "threads" in then else {**asdict(now), "threads": ""}
    before, today = _flat(decisive(then)), _flat(decisive(known))
    names = dict.fromkeys([*before, *today])
    return {
        name: (str(before.get(name, "")), str(today.get(name, "")))
        for name in names
        if before.get(name) != today.get(name)
    }


def in_words(environment: Mapping[str, tuple[str, str]]) -> list[str]:
    """Return what has changed since, a line each; of the processor's flags, which went and which came."""
    return [f"since then {name}: {_change(name, *pair)}" for name, pair in environment.items()]


def _change(name: str, then: str, now: str) -> str:
    if name != "flags" or not then or not now:
        return f"{then or 'none'} -> {now or 'none'}"
    before, today = set(then.split()), set(now.split())
    return " ".join(
        [*(f"-{word}" for word in sorted(before - today)), *(f"+{word}" for word in sorted(today - before))]
    )


def decisive(provenance: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a provenance that may change a bit."""
    return {name: provenance.get(name, "") for name in _DECISIVE}


def _flat(provenance: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in provenance.items():
        flat |= {f"{name} {own}": each for own, each in value.items()} if isinstance(value, Mapping) else {name: value}
    return flat


def tolerance(rows: int) -> dict[str, float]:
    """Return TOLERANCE for a test part of some rows: of their accuracy one of them, where that is more."""
    return {**TOLERANCE, "accuracy": max(TOLERANCE["accuracy"], 1 / rows)}


def verdict(
    differences: Sequence[str],
    damages: Sequence[str],
    *,
    environment: Mapping[str, Any],
    largest: Mapping[str, float],
    rows: int,
) -> tuple[str, tuple[str, ...]]:
    """Return the verdict of a run that was made again, and its reasons. rows: of its test part.

    Bits are asked for where nothing has changed that may change them; where something has, `tolerance` holds. What was
    changed in the store after it was recorded is never within it.
    """
    if damages:
        return DIFFERS, (*damages, *differences)
    if not differences:
        return IDENTICAL, ()
    small = largest and all(largest[name] <= most + _ROUNDING for name, most in tolerance(rows).items())
    return (WITHIN if environment and small else DIFFERS), tuple(differences)
