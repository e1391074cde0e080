"""What the configuration says of where a sweep runs; it changes no result."""

import math
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from threshold_lab.errors import ConfigError, gather

_SECONDS = "must be a number of seconds above 0, or null for none"


def settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return folder, workers, lease, time_limit and wait by their names. Raises ConfigError with all that is wrong."""
    executor = config["executor"]
    checks: dict[str, Callable[[], Any]] = {
        "folder": partial(_folder, config["store"]),
        "workers": partial(_workers, executor["workers"]),
        "lease": partial(_seconds, "lease", executor["lease"]),
        "time_limit": partial(_seconds, "time_limit", executor["time_limit"]),
        "wait": partial(_wait, executor["wait"]),
    }
    return dict(zip(checks, gather(checks.values()), strict=True))


def _folder(store: object) -> Path:
    if isinstance(store, str) and store and not set(store) & set("?#%"):
        return Path(store)
    raise ConfigError(f"store must name a folder, without ?, # and %, which an address reads otherwise; got {store!r}")


def _workers(workers: object) -> int | None:
    if workers is None or (isinstance(workers, int) and not isinstance(workers, bool) and workers > 0):
        return workers
    raise ConfigError(f"executor.workers must be a whole number of 1 or more, or null for one a core; got {workers!r}")


def _seconds(name: str, value: object) -> float | None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if value is None or (number and 0 < float(value) < math.inf):  # type: ignore[arg-type]
        return value  # type: ignore[return-value]
    raise ConfigError(f"executor.{name} {_SECONDS}; got {value!r}")


def _wait(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise ConfigError(f"executor.wait must be true, to wait for another sweep in the store, or false; got {value!r}")
