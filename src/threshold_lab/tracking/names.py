"""The tags by which the lab finds its runs."""

RUN_ID = "RUN_ID"
"""Stands in a description for the id of the run it is of."""

PARENT = "mlflow.parentRunId"
KEY, CELL, SWEEP, REASON = "lab.key", "lab.cell", "lab.sweep", "lab.reason"
FILES_HASH, WEIGHTS_HASH, SCORES_HASH = "lab.files", "lab.weights", "lab.scores"
