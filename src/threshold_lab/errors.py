"""What a user can mend. Each message names the rule, what was received and what to do."""

import difflib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

MOST = 20
"""Problems that are told at once."""

_KNOWN, _LONGEST = 40, 60  # names that are listed, and characters of each


class LabError(Exception):
    """Base of every error a user can mend; the command line prints it and exits with 2.

    A file or a stored run may be quoted in it, so whatever does not print is written as Python writes it.
    """

    def __init__(self, message: object = "") -> None:
        super().__init__(plain(str(message)))


class ConfigError(LabError):
    """A configuration that breaks a rule."""


class DataError(LabError):
    """A table that cannot be used as it is."""


class StoreError(LabError):
    """A store or tracking server that cannot be used."""


class ModelError(LabError):
    """A Keras model, or a file of one, that cannot be looked at."""


@contextmanager
def as_recorded(what: str) -> Iterator[None]:
    """Read what was stored. Raises StoreError where it cannot be taken apart, so that nobody trusts what is left."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise StoreError(
            f"{what} is not as it was recorded: {short(str(error), 200)}; run the job again into another store"
        ) from None


def plain(text: str) -> str:
    """Return a text that moves no cursor and turns no line: what does not print as its escape, but for line ends."""
    return "".join(own if own.isprintable() or own == "\n" else repr(own)[1:-1] for own in text)


def gather(checks: Iterable[Callable[[], T]], kind: type[LabError] = ConfigError) -> list[T]:
    """Run every check and return what they return. Raises one error of a kind with all their problems, each once."""
    passed: list[T] = []
    problems: list[str] = []
    for check in checks:
        try:
            passed.append(check())
        except kind as error:
            problems += str(error).splitlines()
    refuse(problems, kind)
    return passed


def refuse(problems: Iterable[str], kind: type[LabError]) -> None:
    """Raise an error of a kind with all problems, each once, one a line; of more than MOST, how many more there are."""
    each = list(dict.fromkeys(own.replace("\n", "\\n") for own in problems))
    if each:
        more = [f"... and {len(each) - MOST} more problems"] if len(each) > MOST else []
        raise kind("\n".join([*each[:MOST], *more]))


def short(value: object, most: int = _LONGEST) -> str:
    """Return a value as Python writes it, cut where it is long."""
    try:
        written = repr(value)
    except ValueError:  # Python writes no whole number of more than 4,300 digits
        return "a number of thousands of digits"
    return written if len(written) <= most else f"{written[: most - 4]} ...{written[-1]}"


def unknown(kind: str, name: object, known: Iterable[object]) -> str:
    """Return the words for a name that is not in a table, with the nearest known one."""
    names = [str(choice) for choice in known]
    near = difflib.get_close_matches(str(name)[:_LONGEST], names, n=1)
    hint = f"; did you mean {short(near[0])}?" if near else ""
    more = f" and {len(names) - _KNOWN} more" if len(names) > _KNOWN else ""
    return f"unknown {kind} {short(name)}; known: {', '.join(own[:_LONGEST] for own in names[:_KNOWN])}{more}{hint}"
