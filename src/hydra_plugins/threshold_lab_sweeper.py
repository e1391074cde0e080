"""Hydra sweeper that leaves composing to the launcher, instead of composing every job once more to check it.

It builds on Hydra's basic sweeper, whose module is internal; the conformance suites in the tests notice a change.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.config_store import ConfigStore
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.utils import JobReturn
from omegaconf import OmegaConf


@dataclass
class PlannedSweeperConf:
    """The node `hydra/sweeper=threshold_lab`; `params` are swept unless the command line says otherwise."""

    _target_: str = "hydra_plugins.threshold_lab_sweeper.PlannedSweeper"
    max_batch_size: int | None = None
    params: dict[str, str] | None = field(default_factory=dict)


ConfigStore.instance().store(
    group="hydra/sweeper", name="threshold_lab", node=PlannedSweeperConf, provider="threshold_lab"
)


class PlannedSweeper(BasicSweeper):
    """Hydra's basic sweeper, which composes no job: the launcher composes all of them before any runs.

    `multirun.yaml` is written as long as Hydra's other files are wanted (hydra.output_subdir is not null).
    """

    def sweep(self, arguments: list[str]) -> list[Sequence[JobReturn]]:
        """Hand the product of all choices to the launcher, batch by batch; raises what a job raised."""
        assert self.hydra_context is not None
        assert self.launcher is not None
        parser = OverridesParser.create(config_loader=self.hydra_context.config_loader)
        self._save_config()
        words = [*self._parse_config(), *arguments]
        self.overrides = self.split_arguments(parser.parse_overrides(words), self.max_batch_size)
        returns: list[Sequence[JobReturn]] = []
        while not self.is_done():
            done = sum(map(len, returns))
            returns.append(self.launcher.launch(self.get_job_batch(), initial_job_idx=done))
            _ = [job.return_value for job in returns[-1]]
        return returns

    def _save_config(self) -> None:
        assert self.config is not None
        if self.config.hydra.output_subdir is not None:
            folder = Path(self.config.hydra.sweep.dir)
            folder.mkdir(parents=True, exist_ok=True)
            OmegaConf.save(self.config, folder / "multirun.yaml")
