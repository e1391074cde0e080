"""Tables and configurations as nobody would write them: what is fine, mixed with what is not."""

import csv
import io
from random import Random
from typing import Any

from conftest import CONFIG
from hypothesis import strategies as st

from threshold_lab.records import PARTS

_ODD = ["", " ", "NA", "nan", "None", "?", "unknown", "inf", "-inf", "1e400", "1e200", "1e39", "-999", "9999", "0x1A"]
_ODD += ["1,5", "1,234", "1.234,5", "1 234", "5%", "$5", "2026-01-01", "1/2/26", "10:30", "(5)", "\u22125", "True"]
_ODD += [
    "FALSE",
    "yes",
    "no",
    "1e-320",
    "18446744073709551616",
    "-9223372036854775809",
    "00012",
    "1_000",
    "\u0661",
    "e",
]
_ODD += [
    "=1+1",
    "#REF!",
    "a,b",
    'say "x"',
    "a\nb",
    "a\r\nb",
    "'",
    "\x1b[31m",
    "\ufeff",
    "\u202e",
    "<script>",
    "{0}",
    "%n",
]
_ODD += ["x" * 300, "\U0001f4a3", "nan(1)", "1d5", ".5", "5.", "+5", "-0", "1E5", "Infinity", "N/A", "-", "1;2", "1\t2"]

_NAMES = ["x", "z", "w", "x ", "0", "part", "<b>", "\x1b[0m", "a b", "na\u00efve", "1.5", "y", "", " "]
_LABELS = [
    ("no", "yes"),
    ("False", "True"),
    ("0", "1"),
    ("0.0", "1"),
    ("a", "b"),
    ("Yes", "yes"),
    ("", "1"),
    ("0", "0"),
]


def tables() -> st.SearchStrategy[tuple[bytes, dict[str, Any]]]:
    """The bytes of a file, and what the configuration says of it: one of 2^60, half of which can be used."""
    return st.integers(0, 2**60).map(lambda seed: _Maker(Random(seed)).table())


class _Maker:
    """Makes tables: fine ones, of which a few things, each rarely, are otherwise."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.rare = random.choice([0.0, 0.01, 0.05, 0.2])

    def rarely(self) -> bool:
        return self.random.random() < self.rare

    def table(self) -> tuple[bytes, dict[str, Any]]:
        rows, width = (
            self.random.randint(0, 12) if self.rarely() else self.random.randint(20, 50),
            self.random.randint(1, 4),
        )
        columns = [self.column(rows) for _ in range(width if not self.rarely() else 0)]
        pair = self.random.choice(_LABELS if self.rarely() else _LABELS[:3])
        labels = [self.odd() if self.rarely() and self.rarely() else self.random.choice(pair) for _ in range(rows)]
        delimiter = self.random.choice(",,,;\t|")
        says: dict[str, Any] = {"target": "y", "delimiter": "," if self.rarely() else delimiter}
        names, every = [f"c{own}" for own in range(len(columns))], [*columns, labels]
        names = [self.random.choice(_NAMES) if self.rarely() else own for own in names] + ["y"]
        if self.random.random() < 0.2:
            names.append("part")
            every.append([self.odd() if self.rarely() else PARTS[row * 3 // rows] for row in range(rows)])
            says |= {} if self.rarely() else {"split_column": "part"}
        self.setting(says, len(columns))
        text = io.StringIO()
        writer = csv.writer(text, delimiter=delimiter, lineterminator=self.random.choice(["\n", "\n", "\r\n", "\r"]))
        lines: list[Any] = [names, *zip(*every, strict=True)]
        if self.rarely():
            lines.insert(self.random.randint(1, len(lines)), [])
        writer.writerows(lines)
        return self.dirtied(text.getvalue()), says

    def column(self, rows: int) -> list[str]:
        """A column of one kind, or constant, counting, or of all kinds; a few cells of which are others."""
        if self.rarely():
            return [self.odd()] * rows
        kinds = [self.number, self.number, self.large, self.long, self.word]
        kind = self.random.choice([*kinds, self.odd] if self.rarely() else kinds)
        cells = [str(row) for row in range(rows)] if self.rarely() else [kind() for _ in range(rows)]
        return [self.odd() if self.rarely() else cell for cell in cells]

    def number(self) -> str:
        return "" if self.random.random() < 0.05 else f"{self.random.gauss(0, 10):.4g}"

    def large(self) -> str:
        return self.random.choice(
            [
                repr(self.random.uniform(-1, 1) * 10.0 ** self.random.randint(-320, 140)),
                str(self.random.getrandbits(66)),
            ]
        )

    def long(self) -> str:
        return "" if self.random.random() < 0.05 else str(self.random.getrandbits(70))

    def word(self) -> str:
        return self.random.choice(["a", "b", "Rome", "K\u00f6ln", "\u4e2d\u6587", ""])

    def odd(self) -> str:
        if self.random.random() < 0.8:
            return self.random.choice(_ODD)
        return "".join(
            chr(self.random.choice([self.random.randrange(1, 300), self.random.randrange(0xE000, 0x11000)]))
            for _ in range(5)
        )

    def setting(self, says: dict[str, Any], columns: int) -> None:
        """What the configuration says: mostly what fits."""
        choices: list[dict[str, Any]] = [
            {"target": self.random.choice([0, -1, 99, "z"])},
            {"header": False, "target": -1},
            {"standardise": False},
            {"positive": self.random.choice(["1", "yes", 0, True, "nobody"])},
            {"folds": 3, "fold": 1},
            {"train_rows": 9},
            {"test_fraction": 0.05},
            *({key: [self.random.randint(0, columns)]} for key in ("categorical", "drop", "features")),
        ]
        for own in choices:
            if self.rarely() and not ("split_column" in says and {"folds", "train_rows"} & set(own)):
                says |= {} if {"folds", "train_rows"} & set(says) and {"folds", "train_rows"} & set(own) else own

    def dirtied(self, text: str) -> bytes:
        """A file's bytes, mostly as they are."""
        content = text.encode()
        for put in (b"\0", b"\xff", b'"', b"\n", b",", b"\n\n", b";", content.split(b"\n")[0], b"\xef\xbb\xbf"):
            if self.rarely() and self.rarely():
                place = self.random.randint(0, len(content))
                content = content[:place] + put + content[place:]
        if self.rarely() and self.rarely():
            return self.random.choice(
                [content[: len(content) // 2], text.encode("utf-16"), text.encode("latin-1", "replace")]
            )
        return b"\xef\xbb\xbf" + content if self.rarely() else content


values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([0, -1, 10**12, 2**63, 10**400, 0.5, 1.0, -0.0, 1e308]),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["sigmoid", "mse", "youden", "csv", "moons", "adam", "_target_", "${oc.env:HOME}", "x" * 10_000]),
    st.lists(st.integers(-1, 3) | st.floats() | st.text(max_size=3), max_size=4),
    st.dictionaries(st.text(max_size=5) | st.integers(), st.integers() | st.none(), max_size=3),
)
keys = st.sampled_from([*CONFIG, "rule", "patience", "targets", "class_weight", "label_smoothing", "trainer", "extra"])
inner = st.sampled_from(
    ["hidden", "dropout", "activation", "l2", "name", "learning_rate", "source", "rows", "folds", "cost"]
)


@st.composite
def configurations(draw: Any) -> dict[Any, Any]:
    """A configuration in which a few values, or whole groups, are others."""
    config: dict[Any, Any] = {key: dict(own) if isinstance(own, dict) else own for key, own in CONFIG.items()}
    for _ in range(draw(st.integers(0, 4))):
        key = draw(keys)
        if isinstance(config.get(key), dict) and draw(st.booleans()):
            config[key][draw(inner)] = draw(values)
        elif draw(st.integers(0, 9)):
            config[key] = draw(values)
        else:
            config.pop(key, None)
    return config
