"""The tags by which the lab finds its runs."""

RUN_ID = "RUN_ID"
"""Stands in a description for the id of the run it is of."""

PARENT = "mlflow.parentRunId"
ALONE = "lab.alone"
"""Of a run that no sweep is above, when its page is drawn."""

ADDED = "lab.added."
"""Begins the tag of a file that was added to a run later, with its SHA-256."""

KIND = "lab.kind"
"""Of the run that sums up a sweep, and of one that answers a claim."""

CLAIM, CONTENT = "lab.claim", "lab.content"
"""Of a claim's run: the claim's name, and the hash of all that decides its answer."""

SUMS = "lab.sums"
"""Of the run that sums up a sweep: the hash of the runs it is about."""

DRIVER, SUPERSEDED = "lab.driver", "lab.superseded"
"""The process that writes a run; and of one that was put away, why."""

HEAD = "head"
"""Activation, loss and what else trained a run, in one: MLflow's pages group by it, as they name a group by its value
where there is one tag, and by more than they show where there are two."""

KNOWN = "lab.known"
"""Of an experiment: what names of further runs need not tell."""

KEY, CELL, SWEEP, REASON = "lab.key", "lab.cell", "lab.sweep", "lab.reason"
FILES_HASH, WEIGHTS_HASH, SCORES_HASH, TABLE_HASH = "lab.files", "lab.weights", "lab.scores", "lab.table"
