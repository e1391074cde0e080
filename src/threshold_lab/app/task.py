"""The task Hydra runs: one configuration, or a whole batch of them, handed to `sweep` as one."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from threshold_lab import data, plan
from threshold_lab.app.interrupt import Interrupt
from threshold_lab.errors import ConfigError, DataError, LabError, gather, short, unknown
from threshold_lab.spec import RunSpec, run_spec

MOST_WORKERS = 1_000
"""Processes, each of which imports TensorFlow."""

_LONGEST_PATH = 4096

PLACES = ("store", "executor", "study")
"""Keys of the configuration that say where a job runs and is kept, and what for; they change no result."""


class SweepTask:
    """Called with one configuration, or through `batch` with many.

    begun: whether it was called at all. failed: whether any job has no result. error: what refused a single job, kept
    for the caller to raise, because Hydra would announce it in words of its own.
    """

    def __init__(self, command: str, interrupt: Interrupt) -> None:
        self.command = command
        self.interrupt = interrupt
        self.begun = self.failed = False
        self.error: LabError | None = None

    def __call__(self, config: DictConfig) -> float:
        """Run one job."""
        try:
            return self.batch([config])[0]
        except LabError as error:
            self.error = self.error or error
            return math.nan

    def batch(self, configs: Sequence[DictConfig]) -> list[float]:
        """Run all jobs as one sweep; returns the validation error of each, NaN where it failed.

        That is what a sweeper that looks for a minimum needs; no selection reads a test label.
        """
        self.begun = True
        self.interrupt.check()
        if not configs:
            raise ConfigError("there is no job to run: what is swept matches nothing")
        plain: list[Any] = [OmegaConf.to_container(own, resolve=True) for own in configs]
        specs, folder, workers = _checked(plain)
        plan.check(specs)
        gather([partial(data.require_files, source) for source in dict.fromkeys(own.data for own in specs)], DataError)
        from threshold_lab.app.session import run  # noqa: PLC0415 - mistakes are told before MLflow is imported
        from threshold_lab.sweep import Place  # noqa: PLC0415

        errors = run(specs, Place(folder, workers), self.command, self.interrupt)
        self.failed |= any(map(math.isnan, errors))
        return errors


def _checked(configs: Sequence[Mapping[str, Any]]) -> tuple[list[RunSpec], Path, int | None]:
    """The jobs, where they are kept and by how many processes they are trained. Raises ConfigError."""
    places: list[Callable[[], Any]] = [
        partial(_folder, configs[0].get("store")),
        partial(_workers, configs[0].get("executor")),
    ]
    found: list[Any] = gather([*(partial(_spec, own) for own in configs), *places])
    return found[:-2], found[-2], found[-1]


def _spec(config: Mapping[str, Any]) -> RunSpec:
    own = {key: value for key, value in config.items() if key not in PLACES}
    checks: list[Callable[[], Any]] = [partial(run_spec, own), partial(plan.check_names, own)]
    spec: RunSpec = gather(checks)[0]
    return spec


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


def _workers(executor: object) -> int | None:
    if not isinstance(executor, Mapping):
        raise ConfigError(f"executor must be a group of keys: executor.workers=2; got {short(executor)}")
    if strange := [key for key in executor if key != "workers"]:
        raise ConfigError(f"{unknown('key', f'executor.{strange[0]}', ['executor.workers'])}; remove it")
    workers = executor.get("workers")
    whole = isinstance(workers, int) and not isinstance(workers, bool)
    if workers is None or (whole and 0 < workers <= MOST_WORKERS):
        return workers
    raise ConfigError(
        f"executor.workers must be a whole number of 1 to {MOST_WORKERS:,}, or null for one a core; got "
        f"{short(workers)}"
    )
