"""The task Hydra runs: one configuration, or a whole batch of them, handed to `sweep` as one."""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, cast

from omegaconf import DictConfig, OmegaConf

from threshold_lab import data, plan
from threshold_lab.app.interrupt import Interrupt
from threshold_lab.app.place import settings
from threshold_lab.errors import ConfigError, LabError, gather
from threshold_lab.spec import RunSpec, run_spec

PLACES = ("store", "executor", "study", "claim", "strict")
"""Keys of the configuration that say where a job runs and is kept, what for, what is refused; they change no result."""


class SweepTask:
    """Called with one configuration, or through `batch` with many.

    failed: whether any job has no result. error: what refused a single job, kept for the caller to raise, because
    Hydra would announce it in words of its own.
    """

    def __init__(self, command: str, interrupt: Interrupt) -> None:
        self.command = command
        self.interrupt = interrupt
        self.failed = False
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
        return self.values([cast(Any, OmegaConf.to_container(own, resolve=True)) for own in configs])

    def values(self, plain: Sequence[Mapping[str, Any]]) -> list[float]:
        """Do the same with configurations that are plain already."""
        self.interrupt.check()
        if not plain:
            raise ConfigError("there is no job to run: what is swept matches nothing")
        specs = gather(partial(_spec, own) for own in plain)
        plan.check(specs)
        if _strict(plain[0]["strict"]):
            plan.require_ok(specs)
        for source in {spec.data for spec in specs}:
            data.require_files(source)
        own = settings(plain[0])
        from threshold_lab.app.session import place_of, run  # noqa: PLC0415 - mistakes are told before MLflow is imported

        errors = run(specs, place_of(own), self.command, self.interrupt)
        self.failed |= any(map(math.isnan, errors))
        return errors


def _spec(config: Mapping[str, Any]) -> RunSpec:
    return run_spec({key: value for key, value in config.items() if key not in PLACES})


def _strict(strict: object) -> bool:
    if isinstance(strict, bool):
        return strict
    raise ConfigError(f"strict must be true or false; got {strict!r}")
