"""What each pair of activation and loss comes to: a row of each before a sweep trains it, and all of it when asked."""

import contextlib
import json
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from rich.table import Table
from rich.text import Text

from threshold_lab.app.screen import console
from threshold_lab.app.tables import bare
from threshold_lab.errors import ConfigError, unknown
from threshold_lab.heads import ACTIVATIONS, LOSSES, Contract, contract


def asked(activation: str | None, loss: str | None, low: int) -> list[Contract]:
    """Return the contract of a pair, or of every pair of one of the two that Keras can train, or of all pairs.

    low: the number of the negative label, 0 or -1. Raises ConfigError on unknown names, and for a pair that is refused.
    """
    if activation is not None and loss is not None:
        return [contract(activation, loss, (low, 1))]
    found = []
    for own in _named("activation", activation, ACTIVATIONS):
        for other in _named("loss", loss, LOSSES):
            with contextlib.suppress(ConfigError):
                found.append(contract(own, other, (low, 1)))
    return found


def _named(kind: str, name: str | None, known: Iterable[str]) -> list[str]:
    if name is not None and name not in known:
        raise ConfigError(unknown(kind, name, known))
    return list(known) if name is None else [name]


def say(contracts: Sequence[Contract], *, as_json: bool) -> None:
    """Print all that is known of some pairs, for a program or for a person."""
    if as_json:
        json.dump([_plain(asdict(own)) | {"verdict": own.verdict} for own in contracts], sys.stdout, allow_nan=False)
        print()
        return
    for number, own in enumerate(contracts):
        console.print(Text(("\n" if number else "") + f"{own.activation}, {own.loss}{own.coding}", "bold"))
        table = Table.grid(padding=(0, 2))
        for row in _rows(own):
            table.add_row(*row)
        console.print(table)


def _plain(value: Any) -> Any:
    """As JSON has it: None for an end that is infinite."""
    if isinstance(value, dict):
        return {name: _plain(own) for name, own in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(own) for own in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _rows(own: Contract) -> Iterator[tuple[str, str]]:
    least = "is least where the score stands for P(y = 1)" if own.calibrated else "is not least at the true P(y = 1)"
    yield "the loss asks for", own.asks
    yield "predict returns", f"{own.returns}, from {own.low:g} to {own.high:g}"
    yield "P(y = 1) is one half", "nowhere" if own.half is None else f"at {own.half:g}"
    yield "'accuracy' is", f"{own.accuracy}, which {_cut(own)}"
    yield "the loss", f"is computed {own.computed}, and {least}"
    yield "verdict", own.verdict
    for trouble in own.troubles:
        yield "", trouble.text


def _cut(own: Contract) -> str:
    if own.accuracy == "CategoricalAccuracy":
        return "calls the class whose output is the larger"
    meant = "" if own.cut_as_probability is None else f", where P(y = 1) is {own.cut_as_probability:.3g}"
    return f"cuts above {own.cut:g}{meant}"


def table_of(contracts: Sequence[Contract]) -> Table:
    """Return a row a pair: what `predict` returns, where one half and Keras's accuracy lie, and the verdict."""
    numbers = _numbers(contracts)
    table = bare("What activation and loss come to")
    for name in ("activation", "loss", "predict\nreturns"):
        table.add_column(name, no_wrap=True)
    table.add_column("P = 1/2\nat", justify="right", no_wrap=True)
    table.add_column("accuracy\ncuts at P", justify="right", no_wrap=True)
    table.add_column("verdict")
    for own in contracts:
        cautions = " ".join(f"{numbers[trouble.text]}" for trouble in own.troubles)
        table.add_row(
            own.activation,
            own.loss + own.coding,
            own.returns,
            _number(own.half),
            _number(own.cut_as_probability),
            f"caution {cautions}" if cautions else "ok",
        )
    return table


def notes(contracts: Sequence[Contract]) -> list[str]:
    """Return each trouble of any pair once, with its number in the table."""
    known = {trouble.text: trouble.id for own in contracts for trouble in own.troubles}
    return [f"{number} {known[text]}: {text}" for text, number in _numbers(contracts).items()]


def _numbers(contracts: Sequence[Contract]) -> dict[str, int]:
    texts = dict.fromkeys(trouble.text for own in contracts for trouble in own.troubles)
    return {text: number for number, text in enumerate(texts, 1)}


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"
