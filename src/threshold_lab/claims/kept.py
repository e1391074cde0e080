"""Answers in and out of the runs: one run a claim, found again by a hash of all that decides it."""

from collections.abc import Iterator, Mapping

from threshold_lab.claims.answer import FILE, LARGEST, Answer, Measured, read, written
from threshold_lab.tracking import CLAIM, CONTENT, KIND, RunRecord, Runs

EXPERIMENT, OF_CLAIM = "claims", "claim"
"""The experiment of the answers in MLflow, and the kind of their runs."""

ABOUT = """What became of each sentence of the question that can be tested. A run is one claim: its tag `verdict` says
supported, refuted, imprecise or not decided, by a rule from the numbers, and `answer.json` has the numbers, their
limits, the method and the command that makes it again: `threshold-lab claims`."""


def stored(runs: Runs) -> list[Answer]:
    """Return the stored answers by number, of each claim the newest. Raises StoreError on one that is damaged."""
    newest = {name: answer for _, _, name, answer in reversed(list(_found(runs)))}
    return sorted(newest.values(), key=lambda own: own.number)


def known(runs: Runs) -> Mapping[str, Answer]:
    """Return the stored answers by the hash of what decides them."""
    return {content: answer for _, content, _, answer in _found(runs)}


def keep(runs: Runs, answer: Answer, content: str) -> str:
    """Store an answer, put away what was known of its claim before, and return the id of its run."""
    before = [run.run_id for run in runs.of_kind(OF_CLAIM) if run.tags.get(CLAIM) == answer.name]
    run_id = runs.record(record_of(answer, content))
    for old in before:
        runs.supersede(old)
    return run_id


def record_of(answer: Answer, content: str) -> RunRecord:
    """Return all that is recorded of an answer. content: the hash of what decides it."""
    return RunRecord(
        experiment=EXPERIMENT,
        name=f"{answer.number:02d} {answer.name}",
        tags={KIND: OF_CLAIM, CLAIM: answer.name, CONTENT: content, "verdict": answer.verdict},
        params={"claim": answer.claim, "quote": answer.quote, "command": answer.command},
        description="\n".join(_description(answer)),
        metrics={_metric(own): own.value for own in answer.measured},
        files={FILE: written(answer)},
    )


def _found(runs: Runs) -> Iterator[tuple[str, str, str, Answer]]:
    """Run, hash, claim and answer, the newest first."""
    for run in runs.of_kind(OF_CLAIM):
        tags = run.tags
        yield run.run_id, tags.get(CONTENT, ""), tags.get(CLAIM, ""), read(runs.file(run.run_id, FILE, LARGEST))


def _metric(own: Measured) -> str:
    """A name that MLflow takes: letters, digits, spaces and a few signs."""
    words = f"{own.statistic} - {own.data}"
    return "".join(sign if sign.isalnum() or sign in " ._-/" else "_" for sign in words)[:200]


def _description(answer: Answer) -> Iterator[str]:
    yield f"**{answer.number}. {answer.claim}** {answer.verdict}\n"
    yield f"> {answer.quote}\n"
    yield f"{answer.says}\n"
    yield f"{answer.method}\n"
    yield "| data | statistic | value | interval | limit | holds |\n|---|---|---|---|---|---|"
    for own in answer.measured:
        sure = "" if own.low is None or own.high is None else f"{own.low:.4g} to {own.high:.4g}"
        holds = {True: "yes", False: "no", None: "not decided"}[own.holds]
        yield f"| {own.data} | {own.statistic} | {own.value:.4g} | {sure} | {own.limit} | {holds} |"
    yield f"\nMade again with `{answer.command}`"
