"""The tags by which the lab finds its runs."""

RUN_ID = "RUN_ID"
"""Stands in a description for the id of the run it is of."""

PARENT = "mlflow.parentRunId"
ALONE = "lab.alone"
"""Of a run that no sweep is above, when its page is drawn."""

KIND = "lab.kind"
"""Of the run that sums up a sweep."""

HEAD = "head"
"""Activation and loss together: MLflow's pages group by it, as they name a group by its value where there is one tag, and
by more than they show where there are two."""

KEY, CELL, SWEEP, REASON = "lab.key", "lab.cell", "lab.sweep", "lab.reason"
FILES_HASH, WEIGHTS_HASH, SCORES_HASH, TABLE_HASH = "lab.files", "lab.weights", "lab.scores", "lab.table"
