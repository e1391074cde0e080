"""Hydra launcher that composes a batch of jobs quickly and hands all of them at once to a task that can take them.

A task function with a method `batch(configs) -> results` is given every configuration of the batch, in order;
any other task function is called job by job, as by Hydra's basic launcher. One that also has `values(plain) -> results`
is given plain, resolved dictionaries instead, where nothing else needs a job's configuration: no callback and no file.
They share all that an override does not change, so that ten thousand of them cost a second and little memory.
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
        values = getattr(self.task_function, "values", None)
        if values is not None and not _wants_files(self.config) and not self.hydra_context.callbacks.callbacks:
            results = values([composer.values(overrides) for overrides in job_overrides])
            return [_told_briefly(own, result) for own, result in zip(job_overrides, results, strict=True)]
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
        self._plain: dict[tuple[str, ...], dict[str, Any] | None] = {}
        self._groups: dict[str, bool] = {}
        self._parsed: dict[str, Override] = {}

    def config(self, overrides: Sequence[str], number: int) -> DictConfig:
        """Return the configuration of one job, equal to what Hydra's own composition gives."""
        parsed, values, structure = self._parts(overrides)
        config = copy.deepcopy(self._base(structure))
        for override in values:
            _update(config, override)
        with open_dict(config):
            config.hydra.overrides.task = list(overrides)
            config.hydra.job.override_dirname = _dirname(parsed, config)
            config.hydra.job.id = str(number)
            config.hydra.job.num = number
        OmegaConf.copy_cache(from_config=self.master, to_config=config)
        return config

    def values(self, overrides: Sequence[str]) -> dict[str, Any]:
        """Return the plain, resolved configuration of one job, without Hydra's own part; it is not to be changed."""
        _, values, structure = self._parts(overrides)
        plain = self._plain_base(structure)
        if plain is None or any(not _is_plain(plain, override) for override in values):
            config = _task_config(self.config(overrides, 0))
            return cast(dict[str, Any], OmegaConf.to_container(config))
        for override in values:
            plain = _with(plain, override.key_or_group.split("."), override.value())
        return plain

    def _parts(self, overrides: Sequence[str]) -> tuple[list[Override], list[Override], tuple[str, ...]]:
        """Overrides, those among them that only change a value, and the words of the others."""
        if new := [word for word in dict.fromkeys(overrides) if word not in self._parsed]:
            self._parsed |= zip(new, self._parser.parse_overrides(new), strict=True)
        parsed = [self._parsed[word] for word in overrides]
        values = [override for override in parsed if self._is_value(override)]
        return parsed, values, tuple(str(override.input_line) for override in parsed if override not in values)

    def _base(self, structure: tuple[str, ...]) -> DictConfig:
        if structure not in self._bases:
            self._bases[structure] = self.loader.load_sweep_config(self.master, list(structure))
        return self._bases[structure]

    def _plain_base(self, structure: tuple[str, ...]) -> dict[str, Any] | None:
        """The task's part of a base; None where a value of it stands for another, and so is each job's own."""
        if structure not in self._plain:
            base = OmegaConf.to_container(OmegaConf.masked_copy(own := self._base(structure), _task_keys(own)))
            self._plain[structure] = None if "${" in repr(base) else cast(dict[str, Any], base)
        return self._plain[structure]

    def _is_value(self, override: Override) -> bool:
        """Whether an override only changes a value: it adds and deletes nothing, and chooses no group."""
        if override.is_add() or override.is_force_add() or override.is_delete() or override.package is not None:
            return False
        return not override.is_hydra_override() and not self._is_group(override.key_or_group)

    def _is_group(self, key: str) -> bool:
        if key not in self._groups:
            self._groups[key] = bool(self.loader.get_group_options(key))
        return self._groups[key]


def _is_plain(base: dict[str, Any], override: Override) -> bool:
    """Whether an override puts a number, a word or a list of them where there is a value, and no more."""
    node: Any = base
    for name in override.key_or_group.split("."):
        if not isinstance(node, dict) or name not in node:
            return False
        node = node[name]
    value = override.value()
    return not isinstance(node, dict) and not isinstance(value, dict) and not set("${?") & set(repr(value))


def _with(tree: dict[str, Any], path: Sequence[str], value: Any) -> dict[str, Any]:
    """The tree with one leaf changed; all else is shared."""
    first, *rest = path
    return {**tree, first: _with(tree[first], rest, value) if rest else value}


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
    own = {key: OmegaConf.select(config, key) for key in _task_keys(config)}
    plain = {key: OmegaConf.to_container(v, resolve=True) if OmegaConf.is_config(v) else v for key, v in own.items()}
    return OmegaConf.create(plain)


def _task_keys(config: DictConfig) -> list[str]:
    return [str(key) for key in config if key != "hydra"]


def _wants_files(config: DictConfig) -> bool:
    own = config.hydra
    return own.output_subdir is not None or bool(own.job.chdir) or OmegaConf.select(own, "job_logging.root") is not None


def _told_briefly(overrides: Sequence[str], result: Any) -> JobReturn:
    return JobReturn(overrides=list(overrides), status=JobStatus.COMPLETED, _return_value=result)


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
