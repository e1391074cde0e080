"""What is said where runs are looked at: of an experiment; of a job its tags, its description and its own command."""

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from threshold_lab.heads import contract_for, head_of
from threshold_lab.naming import Known, data_name, head_name
from threshold_lab.plan import Job
from threshold_lab.records import Splits, Suspicion
from threshold_lab.spec import RunSpec, Training, leaves, placeless
from threshold_lab.thresholds import title
from threshold_lab.tracking import CELL, HEAD, KEY, RUN_ID, TABLE_HASH

EXPERIMENT = """What the output activation, the loss and the threshold of a Keras binary classifier each decide, on one
data set. A run is one configuration: its metrics are means over seeds on the test part (`_sd`: standard deviation), at
the threshold chosen on the validation part. Its name tells, beside activation, loss and threshold, what is not as in
the first runs here. `majority` is the accuracy of always saying the more frequent label; `test_rows_positive` and
`test_rows_negative` are the histogram of the scores on bins that all runs share: a step is where a bin begins, as a
probability in hundredths; the ends hold what lies beyond. Where runs are grouped, by what trained them, a bar is the
average over all thresholds of the group. A run of kind `sweep` holds the comparison of all its jobs: table, heat maps,
curves, histograms, and a slider for the threshold of each network; its page is printed by `threshold-lab ui`. Where the
data are files, the digits behind their names are the first of the hash of what they hold (tag `lab.table`): a file that
was edited is another data set. Each run says how it was made; `threshold-lab reproduce RUN_ID` makes it again."""
"""What is said of every experiment."""

BY_ITSELF = "This job alone, in a store of its own:"
"""What stands in a description before the command of a job."""

DEFAULT_STORE = "mlruns"
_WARNED = 20
_COMMAND = 10_000  # characters; MLflow refuses an experiment's tag of more than 20,000
_PARTS = {"train": "train", "validation": "validate", "test": "test"}
_SWEPT = ("activation", "loss", "threshold")
_SWEEPS = ("question", "none")  # of conf/sweep, those that sweep nothing else
_GROUPS = {"data": "data.source", "optimizer": "optimizer.name"}


def introduction(jobs: Sequence[Job], splits: Mapping[str, Splits], sweep: str, command: str, store: str) -> str:
    """Return what an experiment is, in Markdown: its data, and the commands of its last runs."""
    lines = [_data_in_words(jobs, splits)]
    if command:
        lines.append(f"Its last runs were made by\n\n    {_cut(typed(command))}")
    again = f"threshold-lab reproduce --sweep {sweep}{in_store(store)}"
    lines.append(f"They, trained again and compared, to the bit:\n\n    {again}")
    return "\n\n".join([*lines, EXPERIMENT])


def _cut(command: str) -> str:
    """A command, but for the end of one that is longer than MLflow takes: each run has it whole."""
    return command if len(command) <= _COMMAND else f"{command[:_COMMAND]} ..."


def _data_in_words(jobs: Sequence[Job], splits: Mapping[str, Splits]) -> str:
    """Rows and prevalence of the first split of them."""
    hashes = list(dict.fromkeys(job.data for job in jobs))
    parts = dict(splits[hashes[0]].parts())
    labels = np.concatenate([own.labels for own in parts.values()])
    each = ", ".join(f"{len(own.rows):,} to {_PARTS[name]}" for name, own in parts.items())
    more = f" These are the first of {len(hashes)} sets or splits of its last runs." if len(hashes) > 1 else ""
    return f"**{len(labels):,} rows**, {labels.mean():.1%} of them positive: {each}.{more}"


def tags_of(job: Job, known: Known | None = None) -> dict[str, str]:
    """Return what runs are found and grouped by."""
    spec = job.spec
    own = {"activation": spec.activation, "loss": spec.loss, "threshold": str(spec.threshold)}
    own[HEAD] = head_name(job, known)
    own["rule"] = title(spec.threshold, spec.rule)
    own["contract"] = contract_for(spec).verdict
    own["score"] = f"score is {_with_article(stands_for(spec))}"
    files = {TABLE_HASH: job.files} if job.files else {}
    return {KEY: job.key, CELL: job.cell, "data": job.data, "engine": job.engine, **files, **own}


def stands_for(training: Training) -> str:
    """Return what a score is: a probability; or what it is meant as, where nothing holds it to that."""
    own, returned = head_of(training), contract_for(training).returns
    claim, place = own.claim.rstrip(","), own.scale.probability
    inside = place is None or (place(own.activation.low) >= 0 and place(own.activation.high) <= 1)
    return claim if inside and returned != "neither" else f"meant as {_with_article(claim)}"


def _with_article(words: str) -> str:
    return words if words.startswith("meant") else f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def description_of(job: Job, command: str, store: str = DEFAULT_STORE) -> str:
    """Return what a run is, in Markdown, with the commands that made it and that make it alone."""
    spec = job.spec
    lines = [
        f"**{spec.seeds} networks** ({data_name(spec)}; hidden layers {list(spec.network.hidden)}, "
        f"{spec.epochs} epochs), output activation **{spec.activation}**, trained on **{spec.loss}**, cut at "
        f"**{title(spec.threshold, spec.rule)}**. {_meaning(spec)}",
    ]
    if command:
        lines.append(f"Made by\n\n    {typed(command)}")
    if own := alone(command, spec):
        lines.append(f"{BY_ITSELF}\n\n    {own} store=again")
    again = f"threshold-lab reproduce {RUN_ID}{in_store(store)}"
    lines.append(f"Trained again and compared with this run, to the bit:\n\n    {again}")
    return "\n\n".join(lines)


def warned(suspicions: Sequence[Suspicion]) -> str:
    """Return what may be wrong with the data, in Markdown; columns are quoted as code, whatever they are called."""
    if not suspicions:
        return ""
    lines = [f"    {own.words}" for own in suspicions[:_WARNED]]
    more = [f"    and {len(suspicions) - _WARNED} more in warnings.json"] if len(suspicions) > _WARNED else []
    return "\n".join(["\n\nWhat may be wrong with the data:\n", *lines, *more])


def in_store(store: str) -> str:
    """Return what a command needs to find the runs of a store."""
    return "" if store == DEFAULT_STORE else f" --store {shlex.quote(store)}"


def _meaning(training: Training) -> str:
    half = head_of(training).scale.half
    natural = "" if half is None else f"; its natural cut is {half:g}"
    return f"The score is {_with_article(stands_for(training))}{natural}."


def alone(command: str, spec: RunSpec) -> str:
    """Return the command for one job of a sweep; empty where the sweep's own does not tell it."""
    program, *words = _words(command) or [""]
    if not words or words[0] not in ("sweep", "run") or any("=" not in word for word in words[1:]):
        return ""
    given, known = dict(word.split("=", 1) for word in words[1:]), leaves(spec)
    if given.pop("sweep", "question") not in _SWEEPS:
        return ""
    several = [key for key, value in given.items() if "," in value]
    if any(key not in known and key not in _GROUPS for key in several):
        return ""
    values = {key: _word(known[_GROUPS.get(key, key)]) for key in dict.fromkeys((*_SWEPT, *several))}
    chosen = (f"{key}={value}" for key, value in (given | values).items() if key != "store")
    return shlex.join([program, "run", *chosen])


def typed(command: str) -> str:
    """Return a command as it was typed: without what `sweep` says to Hydra."""
    return shlex.join(_words(command))


def _words(command: str) -> list[str]:
    return [word for word in shlex.split(command) if word != "--multirun"]


def _word(value: Any) -> str:
    return str(value) if isinstance(value, str) else json.dumps(value).replace(" ", "")


def data_of(job: Job, splits: Splits) -> Mapping[str, Any]:
    """Return what is said of a job's data: its hash, its rows and the share of positives by part, its split."""
    parts = dict(splits.parts())
    return {
        "hash": splits.hash,
        "rows": {name: len(part.rows) for name, part in parts.items()},
        "prevalence": {name: round(float(part.labels.mean()), 6) for name, part in parts.items()},
        "features": len(splits.feature_names),
        "positive": splits.positive,
        "negative": splits.negative,
        "spec": {key: value for key, value in leaves(placeless(job.spec)).items() if key.startswith("data.")},
    }
