"""What each pair of activation and loss comes to, before it is trained."""

from collections.abc import Sequence

from rich.table import Table

from threshold_lab.app.tables import bare
from threshold_lab.heads import Contract


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
