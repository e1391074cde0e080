"""docs/explain.md says what the code says."""

import re
from itertools import product
from pathlib import Path

from threshold_lab.errors import ConfigError
from threshold_lab.explanation.findings import FINDINGS
from threshold_lab.heads import ACTIVATIONS, LOSSES, contract

PAGE = (Path(__file__).parents[1] / "docs/explain.md").read_text()


def texts() -> dict[str, str]:
    """What `heads` says of each trouble, of the first pair that has it."""
    found: dict[str, str] = {}
    for activation, loss, targets in product(ACTIVATIONS, LOSSES, ((0, 1), (-1, 1))):
        try:
            troubles = contract(activation, loss, targets).troubles
        except ConfigError:
            continue
        found = {own.id: own.text for own in troubles} | found
    return found


def table() -> str:
    """Every finding, as the page is to have it."""
    known = texts()
    rows = ["| id | severity | what happens | mend |", "|---|---|---|---|"]
    for id_, own in FINDINGS.items():
        rows.append(f"| `{id_}` | {own.severity} | {own.text or known[id_]} | {f'`{own.mend}`' if own.mend else ''} |")
    return "\n".join(rows)


def test_the_page_holds_the_table_of_all_findings():
    assert table() in PAGE


def test_every_trouble_of_a_contract_is_a_finding():
    assert set(texts()) <= set(FINDINGS)


def test_the_page_names_every_key_of_the_json():
    from threshold_lab import explain

    model, x, y = example()
    named = set(re.findall(r"`(\w+)`", PAGE.split("## JSON")[1].split("## Files")[0]))
    assert set(explain(model, x, y)) <= named


def example():
    """The model of the page."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, object] = {"print": lambda _: None}
    exec(code, names)
    return names["model"], names["x"], names["y"]


def test_the_page_prints_what_is_printed():
    from threshold_lab import explain

    (shown,) = re.findall(r"```\n(Who.*?)\n```", PAGE, re.DOTALL)
    assert str(explain(*example())) == shown
