"""The tags by which the lab finds its runs."""

PARENT = "mlflow.parentRunId"
KEY, CELL, SWEEP, REASON = "lab.key", "lab.cell", "lab.sweep", "lab.reason"
