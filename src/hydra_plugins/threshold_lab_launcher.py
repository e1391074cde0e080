"""Hydra launcher that composes a batch of jobs quickly and hands all of them at once to a task that can take them.

A task function with a method `batch(configs) -> results` is given every configuration of the batch, in order;
any other task function is called job by job, as by Hydra's basic launcher.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.core.utils import JobReturn, JobStatus, configure_log, run_job, setup_globals
from hydra.errors import ConfigCompositionException
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf, open_dict, read_write
from omegaconf.errors import OmegaConfBaseException


@dataclass
class BatchLauncherConf:
    """The node `hydra/launcher=threshold_lab`."""

    _target_: str = "hydra_plugins.threshold_lab_launcher.BatchLauncher"


ConfigStore.instance().store(
    group="hydra/launcher", name="threshold_lab", node=BatchLauncherConf, provider="threshold_lab"
)


class BatchLauncher(Launcher):
    """Composes each distinct choice of groups once, then launches the whole batch."""

    config: DictConfig
    hydra_context: HydraContext
    task_function: TaskFunction

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Keep what `launch` needs."""
        self.hydra_context = hydra_context
        self.task_function = task_function
        self.config = config

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Run every job; one return each, in the same order."""
        setup_globals()
        self._log()
        Path(str(self.config.hydra.sweep.dir)).mkdir(parents=True, exist_ok=True)
        composer = Composer(self.hydra_context, self.config)
        configs = [composer.config(overrides, initial_job_idx + index) for index, overrides in enumerate(job_overrides)]
        batch = getattr(self.task_function, "batch", None)
        if batch is None:
            return [self._alone(config, self.task_function) for config in configs]
        results = batch([_task_config(config) for config in configs])
        return [self._told(config, result) for config, result in zip(configs, results, strict=True)]

    def _told(self, config: DictConfig, result: Any) -> JobReturn:
        """What Hydra is told of a job that ran in a batch: by `run_job`, slower, only where its files are wanted."""
        if _wants_files(config):
            return self._alone(config, lambda _: result)
        self.hydra_context.callbacks.on_job_start(config=config, task_function=self.task_function)
        job = _job(config, result)
        self.hydra_context.callbacks.on_job_end(config=config, job_return=job)
        return job

    def _alone(self, config: DictConfig, task: TaskFunction) -> JobReturn:
        job = run_job(
            hydra_context=self.hydra_context,
            task_function=task,
            config=config,
            job_dir_key="hydra.sweep.dir",
            job_subdir_key="hydra.sweep.subdir",
        )
        self._log()
        return job

    def _log(self) -> None:
        configure_log(self.config.hydra.hydra_logging, self.config.hydra.verbose)


class Composer:
    """Composes jobs of a sweep: in full once per choice of groups, then by plain values on a copy."""

    def __init__(self, hydra_context: HydraContext, master: DictConfig) -> None:
        self.loader = hydra_context.config_loader
        self.master = master
        self._parser = OverridesParser.create(config_loader=self.loader)
        self._bases: dict[tuple[str, ...], DictConfig] = {}
        self._groups: dict[str, bool] = {}

    def config(self, overrides: Sequence[str], number: int) -> DictConfig:
        """Return the configuration of one job, equal to what Hydra's own composition gives."""
        parsed = self._parser.parse_overrides(list(overrides))
        values = [override for override in parsed if self._is_value(override)]
        structure = tuple(str(override.input_line) for override in parsed if override not in values)
        if structure not in self._bases:
            self._bases[structure] = self.loader.load_sweep_config(self.master, list(structure))
        config = copy.deepcopy(self._bases[structure])
        for override in values:
            _update(config, override)
        with open_dict(config):
            config.hydra.overrides.task = list(overrides)
            config.hydra.job.override_dirname = _dirname(parsed, config)
            config.hydra.job.id = str(number)
            config.hydra.job.num = number
        OmegaConf.copy_cache(from_config=self.master, to_config=config)
        return config

    def _is_value(self, override: Override) -> bool:
        """Whether an override only changes a value: it adds and deletes nothing, and chooses no group."""
        if override.is_add() or override.is_force_add() or override.is_delete() or override.package is not None:
            return False
        return not override.is_hydra_override() and not self._is_group(override.key_or_group)

    def _is_group(self, key: str) -> bool:
        if key not in self._groups:
            self._groups[key] = bool(self.loader.get_group_options(key))
        return self._groups[key]


def _update(config: DictConfig, override: Override) -> None:
    try:
        OmegaConf.update(config, override.key_or_group, override.value(), merge=True)
    except OmegaConfBaseException as error:
        raise ConfigCompositionException(
            f"Could not override '{override.key_or_group}' with '{override.input_line}'"
        ) from error


def _dirname(overrides: list[Override], config: DictConfig) -> str:
    """`hydra.job.override_dirname`: the job's overrides as one name."""
    style = config.hydra.job.config.override_dirname
    lines = sorted(str(own.input_line) for own in overrides if own.key_or_group not in style.exclude_keys)
    return str(style.item_sep.join(lines).replace("=", style.kv_sep))


def _task_config(config: DictConfig) -> DictConfig:
    """The job's own configuration, resolved while Hydra's is its own."""
    HydraConfig.instance().cfg = cast(Any, config)  # `set_config` would copy it, once a job
    folder = Path(str(config.hydra.sweep.dir), str(config.hydra.sweep.subdir))
    with open_dict(config):
        config.hydra.runtime.output_dir = str(folder.resolve())
    own = {str(key): OmegaConf.select(config, str(key)) for key in config if key != "hydra"}
    plain = {key: OmegaConf.to_container(v, resolve=True) if OmegaConf.is_config(v) else v for key, v in own.items()}
    return OmegaConf.create(plain)


def _wants_files(config: DictConfig) -> bool:
    own = config.hydra
    return own.output_subdir is not None or bool(own.job.chdir) or OmegaConf.select(own, "job_logging.root") is not None


def _job(config: DictConfig, result: Any) -> JobReturn:
    task = copy.copy(config)
    with read_write(task), open_dict(task):
        del task["hydra"]
    return JobReturn(
        overrides=list(config.hydra.overrides.task),
        cfg=task,
        hydra_cfg=config,
        working_dir=str(Path.cwd()),
        task_name=config.hydra.job.name,
        status=JobStatus.COMPLETED,
        _return_value=result,
    )
