"""The tags by which the lab finds its runs."""

KEY, CELL, SWEEP, REASON = "lab.key", "lab.cell", "lab.sweep", "lab.reason"
