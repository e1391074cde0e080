"""Words of the command line -> Hydra -> the task."""

import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from shlex import join
from typing import Any

import hydra
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from threshold_lab.app.config_files import be_read_with_care
from threshold_lab.app.interrupt import Interrupt
from threshold_lab.app.task import SweepTask
from threshold_lab.errors import ConfigError, short, unknown
from threshold_lab.spec import leaves

CONFIG = "config"
_LONGEST = 300
_FULL = "HYDRA_FULL_ERROR"
_REFUSALS = (HydraException, OmegaConfBaseException)
_MISREADINGS = (ValueError, TypeError, RecursionError)  # Hydra's own, of words that it takes apart
_PACKAGE = Path(__file__).parents[1]


def configuration_folder() -> Path:
    """Return `conf/`: beside the installed package, or at the top of the checkout."""
    installed = _PACKAGE / "conf"
    return installed if installed.is_dir() else _PACKAGE.parents[1] / "conf"


def run_hydra(words: Sequence[str], *, program: str) -> bool:
    """Give words to Hydra as its command line. Returns whether every job has a result.

    Raises ConfigError for what Hydra refuses, and LabError for what we do. With HYDRA_FULL_ERROR=1 Hydra's own
    errors come through as they are.
    """
    task = SweepTask(join([*program.split(), *words]), Interrupt())
    _given(words, program, task)
    if task.error is not None:
        raise task.error
    return not task.failed


def _given(words: Sequence[str], program: str, task: Callable[[DictConfig], object]) -> None:
    """Have Hydra call a task. Its errors are to reach us, not Hydra's printer."""
    be_read_with_care()
    before, argv = os.environ.get(_FULL), sys.argv
    os.environ[_FULL], sys.argv = "1", [program, *words]
    try:
        hydra.main(config_path=str(configuration_folder()), config_name=CONFIG, version_base="1.3")(task)()
    except _REFUSALS as error:
        if before == "1":
            raise
        raise ConfigError(_words(error, words)) from None
    except _MISREADINGS as error:
        if before == "1" or getattr(task, "begun", False):
            raise
        raise ConfigError(f"the command line cannot be read: {short(str(error), _LONGEST)}") from None
    finally:
        os.environ[_FULL], sys.argv = before or "0", argv


class _Collector:
    """A task that runs nothing."""

    def __init__(self) -> None:
        self.configs: list[Any] = []

    def __call__(self, config: DictConfig) -> None:
        self.batch([config])

    def batch(self, configs: Sequence[DictConfig]) -> list[None]:
        return self.values([OmegaConf.to_container(own, resolve=True) for own in configs])

    def values(self, plain: Sequence[Any]) -> list[None]:
        self.configs += plain
        return [None] * len(plain)


def composed(*words: str) -> list[Any]:
    """Return the configurations of a sweep's jobs, without running any. Raises ConfigError for what Hydra refuses."""
    collector = _Collector()
    _given(["--multirun", *words], "threshold-lab sweep", collector)
    return collector.configs


def _words(error: Exception, words: Sequence[str]) -> str:
    """Hydra's message; for a key that is none, the nearest one there is, or how its group is added."""
    found = re.match(r"Could not override '([^']+)'(\. No match in the defaults list)?", str(error))
    if found is None:
        return _plain(error)
    key, unchosen = found.groups()
    if (configuration_folder() / key).is_dir():
        return _addition(key, words) if unchosen else _plain(error)
    try:
        known = _known_keys(words)
    except (*_REFUSALS, *_MISREADINGS) as other:  # of a group that is swept over, which Hydra reads last
        return _words(other, words)
    return _plain(error) if key in known else unknown("key", key, known) + _elsewhere(key)


def _plain(error: Exception) -> str:
    """Hydra's message as it is."""
    return "\n".join(str(part).expandtabs(4) for part in (error, error.__cause__) if part is not None)


def _addition(group: str, words: Sequence[str]) -> str:
    """What to type for a group that no job has by itself, and so has nothing to be replaced."""
    names = sorted(path.stem for path in (configuration_folder() / group).glob("*.yaml"))
    typed = next((word[:_LONGEST] for word in words if word.startswith(f"{group}=")), f"{group}=NAME")
    nothing = f"a job has no {group!r} by itself that {typed} could replace"
    return f"{nothing}; add one with +{typed}; known: {', '.join(names)}"


def _elsewhere(key: str) -> str:
    """Where else a key is at home: data.path is one of data=csv."""
    group, _, leaf = key.partition(".")
    files = sorted((configuration_folder() / group).glob("*.yaml")) if leaf else []
    named = re.compile(rf"^{re.escape(leaf)}:", re.MULTILINE)
    homes = [f"{group}={path.stem}" for path in files if named.search(path.read_text())]
    return f"; {key} is a key of {', '.join(homes)}: add that" if homes else ""


def _known_keys(words: Sequence[str]) -> list[str]:
    """The keys there are, with the groups chosen on the command line; the first of those that are swept."""
    GlobalHydra.instance().clear()
    with hydra.initialize_config_dir(str(configuration_folder()), version_base="1.3"):
        return list(leaves(OmegaConf.to_container(hydra.compose(CONFIG, _groups(words)))))


def _groups(words: Sequence[str]) -> list[str]:
    """The words that choose a group, by the first of the options that each may sweep over."""
    parser = OverridesParser.create(GlobalHydra.instance().config_loader())
    read = parser.parse_overrides([word for word in words if not word.startswith("-")])
    chosen = [own for own in read if (configuration_folder() / own.key_or_group).is_dir() and not own.is_delete()]
    return [f"{'+' * own.is_add()}{own.key_or_group}={option}" for own in chosen for option in islice(_options(own), 1)]


def _options(own: Override) -> Iterator[object]:
    return own.sweep_string_iterator() if own.is_sweep_override() else iter([own.value()])
