"""What the configuration says of where a sweep runs; it changes no result."""

import math
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from threshold_lab.errors import ConfigError, gather, short, unknown

MOST_WORKERS = 1_000
"""Processes, each of which imports TensorFlow."""

_LONGEST_PATH = 4096
_KEYS = ("workers", "lease", "time_limit", "wait")
_SECONDS = "must be a number of seconds above 0, or null for none"


def settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return folder, workers, lease, time_limit and wait by their names. Raises ConfigError with all that is wrong."""
    executor = _group(config.get("executor"))
    checks: dict[str, Callable[[], Any]] = {
        "folder": partial(_folder, config.get("store")),
        "workers": partial(_workers, executor.get("workers")),
        "lease": partial(_seconds, "lease", executor.get("lease")),
        "time_limit": partial(_seconds, "time_limit", executor.get("time_limit")),
        "wait": partial(_wait, executor.get("wait", True)),
    }
    return dict(zip(checks, gather(checks.values()), strict=True))


def _group(executor: object) -> Mapping[str, Any]:
    if not isinstance(executor, Mapping):
        raise ConfigError(f"executor must be a group of keys: executor.workers=2; got {short(executor)}")
    if strange := [key for key in executor if key not in _KEYS]:
        known = [f"executor.{own}" for own in _KEYS]
        raise ConfigError(f"{unknown('key', f'executor.{strange[0]}', known)}; remove it")
    return executor


def _folder(store: object) -> Path:
    if (
        isinstance(store, str)
        and 0 < len(store) < _LONGEST_PATH
        and store.isprintable()
        and not set(store) & set("?#%")
    ):
        return Path(store)
    raise ConfigError(
        f"store must name a folder, without ?, # and %, which an address reads otherwise, and in signs that print; got "
        f"{short(store)}"
    )


def _workers(workers: object) -> int | None:
    whole = isinstance(workers, int) and not isinstance(workers, bool)
    if workers is None or (whole and 0 < workers <= MOST_WORKERS):  # type: ignore[operator]
        return workers  # type: ignore[return-value]
    raise ConfigError(
        f"executor.workers must be a whole number of 1 to {MOST_WORKERS:,}, or null for one a core; got "
        f"{short(workers)}"
    )


def _seconds(name: str, value: object) -> float | None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if value is None or (number and 0 < float(value) < math.inf):  # type: ignore[arg-type]
        return value  # type: ignore[return-value]
    raise ConfigError(f"executor.{name} {_SECONDS}; got {short(value)}")


def _wait(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise ConfigError(f"executor.wait must be true, to wait for another sweep there, or false; got {short(value)}")
