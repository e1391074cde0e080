"""Configuration files of the user's own, as Hydra reads them: plain YAML, or refused by file and row."""

from pathlib import Path

import yaml
from hydra._internal.core_plugins import file_config_source
from hydra._internal.sources_registry import SourcesRegistry
from hydra.core.plugins import Plugins
from hydra.plugins.config_source import ConfigResult
from omegaconf.errors import OmegaConfBaseException

from threshold_lab.errors import ConfigError, short

MOST_BYTES = 2**20
"""Of a file: YAML is taken apart by Python, slowly."""

DEEPEST = 50
"""Groups within groups; each is several calls within each other."""

_PLAIN = "a configuration file is YAML of KEY: VALUE"


def be_read_with_care() -> None:
    """Have Hydra read files by the class below."""
    Plugins.instance()  # which registers Hydra's own
    SourcesRegistry.instance().types["file"] = FileConfigSource


class FileConfigSource(file_config_source.FileConfigSource):
    """Hydra's reader of files. It has the name of Hydra's, which replaces none of that name by its own."""

    def load_config(self, config_path: str) -> ConfigResult:
        """Return what a file says. Raises ConfigError, also of what would run code or fill the memory."""
        path = Path(self.path, self._normalize_file_name(config_path))
        try:
            _require_plain(path)
            return super().load_config(config_path)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise _refusal(path, error.problem or error.context, mark) from None
        except UnicodeDecodeError:
            raise _refusal(path, "is no UTF-8 text; save it as UTF-8") from None
        except OSError as error:
            raise _refusal(path, f"cannot be read: {error.strerror}") from None
        except (yaml.YAMLError, OmegaConfBaseException, TypeError, ValueError) as error:
            raise _refusal(path, short(str(error), 200)) from None


def _require_plain(path: Path) -> None:
    """Raise ConfigError where a file is no group of keys, or is of more than values in groups."""
    if (size := path.stat().st_size) > MOST_BYTES:
        raise _refusal(path, f"has {size:,} bytes; {MOST_BYTES:,} are the most")
    depth = 0
    with path.open(encoding="utf-8") as file:
        for own in yaml.parse(file, yaml.SafeLoader):
            depth += isinstance(own, yaml.CollectionStartEvent) - isinstance(own, yaml.CollectionEndEvent)
            if why := _strange(own, depth):
                raise _refusal(path, why, own.start_mark)


def _strange(own: yaml.Event, depth: int) -> str:
    """Why a piece of a file is not for us: a tag may name a class of Python, and a line of aliases of aliases doubles
    what is held.
    """
    if isinstance(own, yaml.AliasEvent):
        return f"*{own.anchor} repeats another value; write ${{KEY}}"
    if tag := getattr(own, "tag", None):
        return f"{tag} is a tag, and only plain values are read; remove it"
    if depth > DEEPEST:
        return f"holds more than {DEEPEST} groups within each other"
    listed = depth == 1 and isinstance(own, yaml.SequenceStartEvent)
    bare = depth == 0 and isinstance(own, yaml.ScalarEvent) and own.value
    return "does not begin with a key" if listed or bare else ""


def _refusal(path: Path, why: str | None, mark: yaml.Mark | None = None) -> ConfigError:
    row = "" if mark is None else f", row {mark.line + 1}"
    return ConfigError(f"{path}{row}: {' '.join((why or '').split())}; {_PLAIN}")
