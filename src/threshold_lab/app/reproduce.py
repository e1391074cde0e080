"""threshold-lab reproduce: run ids -> trained again -> a verdict each."""

import io
import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from threshold_lab.app.interrupt import Interrupt
from threshold_lab.app.screen import console
from threshold_lab.app.terminal import TerminalWatch
from threshold_lab.errors import ConfigError, StoreError, as_recorded, short
from threshold_lab.overview import TABLE
from threshold_lab.provenance import PACKAGE, provenance
from threshold_lab.report import opened
from threshold_lab.reproduce import IDENTICAL, Reproduction, reproduce
from threshold_lab.reproduce.again import Asked, annotate
from threshold_lab.reproduce.stored import origin
from threshold_lab.reproduce.verdict import in_words
from threshold_lab.tracking import SWEEP, Runs, is_run_id

_FEW, _LONGEST_NAME = 6, 60
_CODE = ("engine", "decisions")
_PROGRAM = "from threshold_lab.app import main; main()"


@dataclass(frozen=True)
class Question:
    """What is to be run again: runs by their ids, or those of a sweep; where they and their data are, and how."""

    run_ids: tuple[str, ...]
    sweep_name: str | None
    folders: tuple[Path, ...]
    workers: int | None
    at_commit: bool
    store: str


def answer(question: Question, *, quiet: bool) -> list[Reproduction]:
    """Run again what is asked for, and say so on the runs. quiet: no progress. Raises LabError."""
    runs = opened(Path(question.store))
    run_ids = _run_ids(question, runs)
    if question.at_commit:
        console.quiet = quiet
        return _at_commit(run_ids, question, runs)
    named = os.environ.get("THRESHOLD_LAB_DATA")
    folders = [Path(), *question.folders, *([Path(named)] if named else [])]
    console.quiet = quiet
    with Interrupt() as interrupt, TerminalWatch(interrupt) as watch:
        found = reproduce(run_ids, runs, Asked(folders, question.workers), watch)
    console.quiet = False
    annotate(found, runs)
    return found


def _run_ids(question: Question, runs: Runs) -> Sequence[str]:
    if bool(question.run_ids) == bool(question.sweep_name):
        raise ConfigError("name run ids, as MLflow's pages show them, or one sweep with --sweep ID")
    if question.sweep_name is None:
        return question.run_ids
    name = question.sweep_name
    if is_run_id(name):
        name = runs.run(name).tags.get(SWEEP, name)
    if not set(name) <= set("0123456789abcdef-+") or len(name) > _LONGEST_NAME:
        raise ConfigError(f"{short(name)} names no sweep: that is a date, a time and six digits, or its run's id")
    recorded = runs.of_sweep(name)
    ids = [own.run_id for own in recorded if own.key and own.status == "FINISHED"]
    for own in recorded:
        ids += [] if own.key else _summed_up(own.run_id, runs)
    if ids:
        return list(dict.fromkeys(ids))
    raise StoreError(f"no finished run of a sweep {name!r} is stored; the tag {SWEEP} of a run names its sweep")


def _summed_up(run_id: str, runs: Runs) -> list[str]:
    """The runs of a sweep's table, those among them that an earlier sweep recorded."""
    with as_recorded(f"{TABLE} of run {run_id}"):
        return [str(own) for own in pd.read_csv(io.BytesIO(runs.file(run_id, TABLE)))["run_id"]]


def _at_commit(run_ids: Sequence[str], question: Question, runs: Runs) -> list[Reproduction]:
    """Run again with the code of the runs' commit, in a worktree of its own that is removed afterwards."""
    known = [origin(run_id, runs) for run_id in run_ids]
    commits = {str(own.get("commit", "")) for own in known}
    if len(commits) > 1 or "" in commits or any(own.get("changed", True) for own in known):
        raise StoreError(
            "--at-commit needs runs of one commit, made in a clean checkout; what was changed and not committed is in "
            "provenance.json, and is not run"
        )
    checkout, commit = PACKAGE.parents[1], commits.pop()
    console.print(f"Running the code of commit {commit[:12]} in a worktree of its own ...")
    console.quiet = False
    with tempfile.TemporaryDirectory(prefix="threshold-lab-commit-") as place:
        tree = Path(place, "code")
        _git(checkout, "worktree", "add", "--detach", str(tree), commit)
        try:
            return _elsewhere(tree, run_ids, question)
        finally:
            _git(checkout, "worktree", "remove", "--force", str(tree))


def _git(checkout: Path, *words: str) -> None:
    done = subprocess.run(["git", *words], cwd=checkout, capture_output=True, text=True)
    if done.returncode:
        raise StoreError(f"git {' '.join(words[:2])} failed in {checkout}: {done.stderr.strip()}")


def _elsewhere(tree: Path, run_ids: Sequence[str], question: Question) -> list[Reproduction]:
    words = [sys.executable, "-c", _PROGRAM, "reproduce", *run_ids, "--json", *_places(question)]
    words += ["--workers", str(question.workers)] if question.workers else []
    own = os.environ | {"PYTHONPATH": str(tree / "src")}
    done = subprocess.run(words, env=own, stdout=subprocess.PIPE, text=True)
    try:
        found = json.loads(done.stdout)
    except ValueError:
        raise StoreError(f"the code of that commit gave no verdict (exit code {done.returncode})") from None
    return [Reproduction(**{**each, "reasons": tuple(each["reasons"])}) for each in found["runs"]]


def say(found: Sequence[Reproduction], question: Question, *, as_json: bool) -> None:
    """Print verdicts, for a program or for a person."""
    if as_json:
        worst = max(found, key=lambda own: own.exit_code)
        print(json.dumps({"verdict": worst.verdict, "runs": [asdict(own) for own in found]}))
        return
    for own in found:
        headline = "  ".join(filter(None, (own.run_id, own.name, own.verdict)))
        console.print(headline, style="green" if own.exit_code == 0 else "red", soft_wrap=True)
        for line in (*_differences(own), *_since(own, question)):
            console.print(f"    {line}", soft_wrap=True, markup=False)
    alike = sum(own.verdict == IDENTICAL for own in found)
    console.print(f"{alike} of {len(found)} identical to the bit")


def _differences(own: Reproduction) -> list[str]:
    lines = [*own.reasons[:_FEW], *([f"... and {len(own.reasons) - _FEW} more"] if len(own.reasons) > _FEW else [])]
    if own.largest and own.verdict != IDENTICAL:
        lines.append("largest differences: " + ", ".join(f"{name} {value:.3g}" for name, value in own.largest.items()))
    return lines


def _since(own: Reproduction, question: Question) -> list[str]:
    """What has changed since a run was recorded: of one that is identical only the code."""
    changed = [name for name in own.environment if own.verdict != IDENTICAL or name in _CODE]
    told = {name: own.environment[name] for name in changed}
    lines = in_words(told)
    if set(_CODE) & set(told) and own.commit and own.commit != provenance().commit:
        words = shlex.join(["threshold-lab", "reproduce", own.run_id, "--at-commit", *_places(question)])
        lines.append(f"its code is commit {own.commit[:12]}; to run that: {words}")
    return lines


def _places(question: Question) -> list[str]:
    """The words that say where runs and their data are."""
    return ["--store", question.store, *(word for folder in question.folders for word in ("--data", str(folder)))]
