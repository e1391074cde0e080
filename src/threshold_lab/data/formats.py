"""How numbers are written that are none to a program, and what to do about each."""

import re

_FORMATS = {
    r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?": "has a comma in its digits: write 1234.5, not 1,234.5",
    r"[+-]?\d*,\d+([eE][+-]?\d+)?": "has a decimal comma: write 1.5, not 1,5",
    r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?": "has points between its thousands: write 1234.5, not 1.234,5",
    r"[+-]?\d{1,3}([ '\u2019\u00a0\u202f_]\d{3})+([.,]\d+)?": "has its thousands apart: write 1234, not 1 234",
    r"[+-]?\s?[$\u20ac\u00a3\u00a5]\s?[+-]?[\d.,]+|[\d.,]+\s?[$\u20ac\u00a3\u00a5]": "has a currency: write 5 alone",
    r"[+-]?[\d.,]+\s?%": "has a percent sign: write the number alone",
    r"[+-]?0[xX][0-9a-fA-F]+": "is hexadecimal: write 26, not 0x1A",
    r"\(\s?[\d.,]+\s?\)": "is in brackets: write -5, not (5)",
    r"\u2212[\d.,]+": "has a long minus sign: write -5 with the short one",
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([T ]\d{1,2}:\d{2}.*)?": "is a date: write a number, as days since the first",
    r"\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2})( \d{1,2}:\d{2}.*)?": "is a date: write a number, as days since the first",
    r"\d{1,2}:\d{2}(:\d{2})?(\.\d+)?": "is a time: write a number, as minutes",
    r"#(REF|VALUE|DIV/0|NAME|NUM|NULL|SPILL|CALC)[!?]?": "is a spreadsheet's error: mend its formula",
    r"=.*": "is a formula: write its value",
}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_MEANT = [(re.compile(pattern, re.ASCII), words) for pattern, words in _FORMATS.items()]

MISSING_WORDS = frozenset(
    ("?", "-", "--", ".", "..", "*", "unknown", "missing", "not available", "not applicable", "n.a.", "n. a.", "nil")
) | {"undefined", "unspecified", "none given", "no data", "nodata", "not known", "blank", "empty", "tbd", "na"}
"""What people write where a value is missing, in small letters, and no program takes for it."""


def is_number(text: str) -> bool:
    """Whether a text is a number as programs write it."""
    return _NUMBER.fullmatch(text.strip()) is not None


def meant(text: str) -> str:
    """Say what is the matter with a number, date or time that no program reads; empty where it is none."""
    bare = text.strip()[:100]
    return next((words for pattern, words in _MEANT if pattern.fullmatch(bare)), "")


def stands_for_missing(text: str) -> bool:
    """Whether a text is what people write where a value is missing."""
    return text.strip().casefold() in MISSING_WORDS
