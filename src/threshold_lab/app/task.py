"""The task Hydra runs: one configuration, or a whole batch of them, handed to `sweep` as one."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, cast

from omegaconf import DictConfig, OmegaConf

from threshold_lab import data, plan
from threshold_lab.app.interrupt import Interrupt
from threshold_lab.app.place import settings
from threshold_lab.errors import ConfigError, DataError, LabError, gather
from threshold_lab.spec import RunSpec, run_spec

PLACES = ("store", "executor", "study", "claim", "strict")
"""Keys of the configuration that say where a job runs and is kept, what for, what is refused; they change no result."""


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
        return self.values([cast(Any, OmegaConf.to_container(own, resolve=True)) for own in configs])

    def values(self, plain: Sequence[Mapping[str, Any]]) -> list[float]:
        """Do the same with configurations that are plain already."""
        self.begun = True
        self.interrupt.check()
        if not plain:
            raise ConfigError("there is no job to run: what is swept matches nothing")
        specs, own, strict = _checked(plain)
        plan.check(specs)
        if strict:
            plan.require_ok(specs)
        gather([partial(data.require_files, source) for source in dict.fromkeys(own.data for own in specs)], DataError)
        from threshold_lab.app.session import place_of, run  # noqa: PLC0415 - mistakes are told before MLflow is imported

        errors = run(specs, place_of(own), self.command, self.interrupt)
        self.failed |= any(map(math.isnan, errors))
        return errors


def _checked(configs: Sequence[Mapping[str, Any]]) -> tuple[list[RunSpec], dict[str, Any], bool]:
    """The jobs, where they run, and whether what wants caution is refused. Raises ConfigError with all problems."""
    places: list[Callable[[], Any]] = [partial(settings, configs[0]), partial(_strict, configs[0].get("strict"))]
    found: list[Any] = gather([*(partial(_spec, own) for own in configs), *places])
    return found[:-2], found[-2], found[-1]


def _spec(config: Mapping[str, Any]) -> RunSpec:
    own = {key: value for key, value in config.items() if key not in PLACES}
    checks: list[Callable[[], Any]] = [partial(run_spec, own), partial(plan.check_names, own)]
    spec: RunSpec = gather(checks)[0]
    return spec


def _strict(strict: object) -> bool:
    if isinstance(strict, bool):
        return strict
    raise ConfigError(f"strict must be true or false; got {strict!r}")
