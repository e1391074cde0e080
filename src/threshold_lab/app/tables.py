"""The table at the end of a sweep, and what has to be said below it."""

import math
from collections.abc import Mapping, Sequence

from rich.table import Table

from threshold_lab.records import Suspicion
from threshold_lab.report import Estimate, Row

_FEW = 3


def comparison(rows: Sequence[Row]) -> Table:
    """Return a row a cell: means and standard deviations over seeds on the test part, the baseline on top."""
    rules = list(rows[0].accuracy)
    table = bare("Test part, mean ± standard deviation over seeds")
    for name in rows[0].name:
        table.add_column(name.removeprefix("data.").removeprefix("network.").removeprefix("optimizer."), no_wrap=True)
    for heading in _headings(rules):
        table.add_column(heading, justify="right", overflow="fold", min_width=8)
    for baseline in dict.fromkeys(_baseline(row, rules) for row in rows):
        table.add_row(*baseline)
    for row in rows:
        table.add_row(*row.name.values(), *_numbers(row, rules))
    return table


def bare(title: str) -> Table:
    """Return an empty table without a frame, its title at the left."""
    return Table(title=title, title_justify="left", title_style="", box=None, header_style="bold", pad_edge=False)


def _baseline(row: Row, rules: list[str]) -> tuple[str, ...]:
    """Always saying the more frequent label of the row's data, at whatever cut."""
    names = {name: value if name.startswith("data.") else "" for name, value in row.name.items()}
    accuracy = f"{row.majority:.3f}"
    tuned = [words for _ in rules[1:] for words in (accuracy, "")]
    return (*(names | {"activation": "(majority)"}).values(), accuracy, *tuned)


def footnotes(rows: Sequence[Row]) -> list[str]:
    """Return what has to be said below the table."""
    if any(row.outside > 0 for row in rows):
        return ["* some scores lie outside [0, 1] and are no probabilities; clipped for the Brier score"]
    return []


def failures(failed: Mapping[str, str]) -> list[str]:
    """Return the reasons of failed jobs, each once, with how many jobs it stopped."""
    reasons = list(failed.values())
    return [f"{count(reasons.count(reason), 'job')} failed: {reason}" for reason in dict.fromkeys(reasons)]


def warnings(suspicions: Sequence[Suspicion]) -> list[str]:
    """Return what may be wrong with the data, a line each; of many of a kind, three and how many more."""
    lines: list[str] = []
    for kind in dict.fromkeys(own.kind for own in suspicions):
        words = [own.words for own in suspicions if own.kind == kind]
        lines += [f"Warning ({kind}): {own}" for own in words[:_FEW]]
        if len(words) > _FEW:
            lines.append(f"Warning ({kind}): {len(words) - _FEW} more like these; each run's warnings.json lists them")
    return lines


def count(number: int, noun: str) -> str:
    """Return a number of things in words: 1 job, 2 jobs."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _headings(rules: list[str]) -> list[str]:
    tuned = [heading for rule in rules[1:] for heading in (f"accuracy\nat {rule}", f"{rule}\ncut")]
    return [f"accuracy\nat {rules[0]}", *tuned, "ROC AUC", "Brier score"]


def _numbers(row: Row, rules: list[str]) -> list[str]:
    tuned = [estimate for rule in rules[1:] for estimate in (row.accuracy.get(rule), row.threshold.get(rule))]
    clipped = "*" if row.outside > 0 else " "
    return [*map(_words, [row.accuracy[rules[0]], *tuned, row.roc_auc]), _words(row.brier) + clipped]


def _words(estimate: Estimate | None) -> str:
    if estimate is None:
        return ""
    mean, deviation = estimate
    return f"{mean:.3f}" if math.isnan(deviation) else f"{mean:.3f} ± {deviation:.3f}"
