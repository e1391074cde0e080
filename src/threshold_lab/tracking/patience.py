"""A client that waits for a server that went away, and for a database that another process holds."""

import os
import time
from collections.abc import Callable
from typing import Any

from mlflow.exceptions import MlflowException
from sqlalchemy.exc import OperationalError

from threshold_lab.errors import ConfigError

VARIABLE, DEFAULT = "THRESHOLD_LAB_PATIENCE", 300.0
"""Environment variable: for how many seconds a sweep waits for a server that went away; and without it."""

_PAUSE_SECONDS = 1.0
_BUSY = ("RESOURCE_EXHAUSTED", "TEMPORARILY_UNAVAILABLE", "REQUEST_LIMIT_EXCEEDED")
_AWAY = (
    "failed with exception",
    "failed with timeout exception",
    "error code 429",
    "error code 500",
    "error code 502",
    "error code 503",
    "error code 504",
    "database is locked",
    "OperationalError",
)
_FOR_GOOD = ("disk is full", "readonly database", "unable to open database", "disk I/O error", "no such table")

Look = Callable[[str], None]
"""Told what is waited for, about once a second; what it raises ends the waiting."""


class Patient:
    """A client whose calls are made again, for a while, where what they need is away; each may be made twice."""

    def __init__(self, client: Any, look: Look | None) -> None:
        """look: None waits for nothing."""
        self._client = client
        self._look = look
        self._seconds = most_patience() if look else 0.0

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._client, name)
        return lambda *words, **named: self.patiently(lambda: call(*words, **named))

    def patiently(self, call: Callable[[], Any]) -> Any:
        """Return what a call returns, made again while what it needs is away."""
        until = time.monotonic() + self._seconds
        while True:
            try:
                return call()
            except (MlflowException, OperationalError) as error:
                if self._look is None or not is_away(error) or time.monotonic() > until:
                    raise
                self._look(f"the runs cannot be reached; trying for {until - time.monotonic():.0f} s more")
            time.sleep(_PAUSE_SECONDS)


def most_patience() -> float:
    """Return for how long a sweep waits, in seconds. Raises ConfigError."""
    words = os.environ.get(VARIABLE) or str(DEFAULT)
    try:
        seconds = float(words)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise ConfigError(f"{VARIABLE} must be a number of seconds, 0 or more; got {words!r}")
    return seconds


def is_away(error: Exception) -> bool:
    """Whether an error says that a server does not answer, or is busy, and not that it refuses."""
    words = str(error)
    if any(own in words for own in _FOR_GOOD):
        return False
    return getattr(error, "error_code", "") in _BUSY or any(own in words for own in _AWAY)
