"""threshold-lab compare: two runs -> the difference of a metric, seed by seed, and what it is worth."""

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from threshold_lab.comparison import Asked
from threshold_lab.pairing import compared
from threshold_lab.report import opened


def answer(run_ids: tuple[str, str], metric: str, asked: Asked, store: str) -> dict[str, Any]:
    """Return the comparison of two runs of a store, and its verdict. Raises LabError."""
    found, over_rows = compared(run_ids, metric, asked, opened(Path(store)))
    rows = None if math.isnan(over_rows[0]) else list(over_rows)
    return {"metric": metric, **asdict(found), "rows": rows, "verdict": found.verdict}


def say(found: dict[str, Any], *, as_json: bool) -> None:
    """Print a comparison, for a program or for a person."""
    if as_json:
        print(json.dumps(found))
        return
    print(
        f"{found['metric']} of the second run above the first: {found['difference']:+.4f} "
        f"({found['confidence']:.0%} interval {found['low']:+.4f} to {found['high']:+.4f}, {found['seeds']} seeds); "
        f"larger on {found['improvement']:.0%} of the seeds, ties counting half"
    )
    if found["rows"]:
        low, high = found["rows"]
        print(f"On other rows, the networks as they are: {low:+.4f} to {high:+.4f}")
    unlikely = f"that they differ by {found['margin']:g} or more: p = {found['p_equivalence']:.3g}"
    print(f"Verdict: {found['verdict']}; {unlikely}")
    print(f"Were there no difference, {found['seeds_needed']} seeds would show it with power {found['power']:g}.")
