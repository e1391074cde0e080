"""A resolved configuration -> a specification, or every rule it breaks."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from threshold_lab.errors import ConfigError
from threshold_lab.spec.job import RunSpec
from threshold_lab.spec.rule import RuleSettings
from threshold_lab.spec.words import problems

Spec = TypeVar("Spec")

_run_spec, _rule_settings = TypeAdapter(RunSpec), TypeAdapter(RuleSettings)


def run_spec(config: Mapping[str, Any]) -> RunSpec:
    """Check a resolved configuration. Raises ConfigError with every broken rule, one a line."""
    return checked(_run_spec, RunSpec, config)


def rule_settings(config: Mapping[str, Any]) -> RuleSettings:
    """Check the settings of the rules. Raises ConfigError with every broken rule, one a line."""
    return checked(_rule_settings, RuleSettings, config)


def checked(adapter: TypeAdapter[Spec], kind: type[Spec], config: Mapping[str, Any]) -> Spec:
    """Read a configuration by a type, and its adapter. Raises ConfigError with every broken rule, one a line."""
    try:
        return adapter.validate_python({str(key): value for key, value in config.items()})
    except ValidationError as error:
        raise ConfigError("\n".join(problems(error, kind))) from None
