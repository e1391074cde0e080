"""threshold-lab decide: a file of scores -> the operating point of a rule, how sure it is, and the metrics there."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table as Grid

from threshold_lab.app.screen import console
from threshold_lab.counts import Counts, Reals, counts_at
from threshold_lab.data.scores import read_scores
from threshold_lab.data.table import Table
from threshold_lab.decisions import decide
from threshold_lab.errors import ConfigError, DataError
from threshold_lab.heads import SCALES, Scale
from threshold_lab.influence import influences
from threshold_lab.metrics import majority
from threshold_lab.records import Scores
from threshold_lab.scoring import score_metrics
from threshold_lab.spec import RuleSettings, rule_settings
from threshold_lab.thresholds import Terms, at_a_cut, title
from threshold_lab.uncertainty import by_resamples, of_scores, varying

_OPTIONS = {"data.target": "--label", "data.positive=": "--positive ", "data.delimiter and data.header": "the file"}


@dataclass(frozen=True)
class Question:
    """What is asked: the file and its columns, the rule or number, its settings, and what the score stands for."""

    path: Path
    score: str
    label: str
    positive: str | None
    rule: str
    settings: Sequence[str]
    unit: str | None


def answer(question: Question) -> dict[str, Any]:
    """Return the operating point, the intervals and the metrics. Raises ConfigError and DataError."""
    own, table = _read(question)
    terms = Terms(_settings(question.settings), float(table.labels.mean()), _scale(question.unit, own))
    rule = _number_or_name(question.rule)
    decision = decide(rule, own, table.labels, terms)
    counts = counts_at(own[None], table.labels, np.array([decision.threshold]))
    return {
        "rule": title(rule, terms.settings),
        "threshold": decision.threshold,
        "threshold_in_short": _in_short(decision.threshold, own),
        "threshold_ci": [decision.low, decision.high],
        "value_ci": [decision.value_low, decision.value_high],
        "optimism": decision.optimism,
        "undecided": decision.undecided,
        "confidence": terms.settings.confidence,
        "positive": table.positive,
        "rows": len(own),
        "majority": majority(table.labels),
        **{name: int(getattr(counts, name)[0]) for name in ("tp", "fp", "tn", "fn")},
        **_metrics(Scores(table.labels, own[None], own[None]), counts, decision.threshold, terms),
    }


def _in_short(threshold: float, scores: Reals) -> str:
    """The fewest digits that part the scores alike."""
    called = scores >= threshold
    written = (f"{threshold:.{digits}g}" for digits in range(3, 18))
    return next((own for own in written if np.array_equal(scores >= float(own), called)), repr(threshold))


def _metrics(scores: Scores, counts: Counts, threshold: float, terms: Terms) -> dict[str, dict[str, Any]]:
    """Every metric, and its interval over rows where it has one."""
    probability, settings = terms.scale is SCALES["probability"], terms.settings
    values, moved = (of(scores, probability=probability) for of in (score_metrics, influences))
    for own in (values, moved):
        own["roc_auc"] = own.pop("roc_auc_logit")  # of the scores in all their digits
    rates = by_resamples(scores.scores >= threshold, scores.labels, settings, 0)
    sure = varying({**rates, **of_scores(values, moved, scores.labels, settings.confidence)})
    found = at_a_cut(counts, settings.cost) | {name: own for name, own in values.items() if not np.isnan(own).all()}
    return {
        "metrics": {name: float(value[0]) for name, value in found.items()},
        "metrics_ci": {name: list(ends) for name, ends in sure.items()},
    }


def say(found: dict[str, Any], *, as_json: bool) -> None:
    """Print an answer, for a program or for a person."""
    if as_json:
        print(json.dumps(_without_nan(found)))
        return
    console.print(
        f"{found['rule']}: positive ({found['positive']}) is a score of {found['threshold_in_short']} or more"
    )
    low, high = found["threshold_ci"]
    if not math.isnan(low):
        console.print(f"{found['confidence']:.0%} interval of the threshold {low:.10g} to {high:.10g}{_asides(found)}")
    console.print(
        f"{found['rows']} rows: tp {found['tp']}, fp {found['fp']}, tn {found['tn']}, fn {found['fn']}; "
        f"always saying the more frequent label is right on {found['majority']:.3f}"
    )
    console.print(_grid(found))


def _asides(found: dict[str, Any]) -> str:
    """What else the resamples say of the choice."""
    optimism, undecided = found["optimism"], found["undecided"]
    words = "" if math.isnan(optimism) else f"; optimism {optimism:.4f} on the rows it was chosen on"
    return words + (f"; no cut holds the limit on {undecided:.0%} of the resamples" if undecided else "")


def _grid(found: dict[str, Any]) -> Grid:
    grid = Grid(box=None, header_style="bold", pad_edge=False)
    grid.add_column("metric")
    grid.add_column("value", justify="right")
    grid.add_column(f"{found['confidence']:.0%} interval, the threshold as given")
    for name, value in found["metrics"].items():
        low, high = found["metrics_ci"].get(name, (math.nan, math.nan))
        grid.add_row(
            name,
            "" if math.isnan(value) else f"{value:.4f}",
            "" if math.isnan(low) else f"{low:.4f} to {high:.4f}",
        )
    return grid


def _read(question: Question) -> tuple[Reals, Table]:
    try:
        return read_scores(question.path, question.score, question.label, question.positive)
    except DataError as error:
        words = str(error)
        for key, option in _OPTIONS.items():
            words = words.replace(key, option)
        raise DataError(words) from None


def _settings(words: Sequence[str]) -> RuleSettings:
    config: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        *groups, leaf = name.split(".")
        within = config
        for group in groups:
            within = within.setdefault(group, {}) if isinstance(within, dict) else {}
        if not equals or not isinstance(within, dict):
            raise ConfigError(f"--set takes NAME=VALUE ..., as cost.fp=1 cost.fn=5; got {word!r}")
        within[leaf] = _value(value)
    return rule_settings(config)


def _value(word: str) -> Any:
    try:
        return json.loads(word)
    except ValueError:
        number = _number_or_name(word)
        return int(number) if isinstance(number, float) and number.is_integer() else number


def _scale(unit: str | None, scores: Reals) -> Scale:
    """Scores that all lie in [0, 1] are taken for probabilities."""
    if unit is not None:
        return SCALES[unit]
    return SCALES["probability" if scores.min() >= 0 and scores.max() <= 1 else "margin"]


def _number_or_name(rule: str) -> float | str:
    try:
        return float(rule)
    except ValueError:
        return rule


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nan(own) for name, own in value.items()}
    if isinstance(value, list):
        return [_without_nan(own) for own in value]
    if isinstance(value, float) and math.isinf(value):
        return str(value)  # which JSON has no number for
    return None if isinstance(value, float) and math.isnan(value) else value
