"""What a user can mend. Each message names the rule, what was received and what to do."""

import difflib
from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


class LabError(Exception):
    """Base of every error a user can mend; the command line prints it and exits with 2."""


class ConfigError(LabError):
    """A configuration that breaks a rule."""


class DataError(LabError):
    """A table that cannot be used as it is."""


class StoreError(LabError):
    """A store or tracking server that cannot be used."""


class ModelError(LabError):
    """A Keras model, or a file of one, that cannot be looked at."""


def gather(checks: Iterable[Callable[[], T]]) -> list[T]:
    """Run every check and return what they return. Raises one ConfigError with all their problems, each once."""
    passed: list[T] = []
    problems: dict[str, None] = {}
    for check in checks:
        try:
            passed.append(check())
        except ConfigError as error:
            problems |= dict.fromkeys(str(error).splitlines())
    if problems:
        raise ConfigError("\n".join(problems))
    return passed


def unknown(kind: str, name: object, known: Iterable[object]) -> str:
    """Return the words for a name that is not in a table, with the nearest known one."""
    names = [str(choice) for choice in known]
    near = difflib.get_close_matches(str(name), names, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"unknown {kind} {name!r}; known: {', '.join(names)}{hint}"
