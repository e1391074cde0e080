"""A resolved configuration -> a specification, or every rule it breaks."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from threshold_lab.errors import ConfigError, unknown
from threshold_lab.spec.job import RunSpec
from threshold_lab.spec.rule import RuleSettings

Spec = TypeVar("Spec")

_run_spec, _rule_settings = TypeAdapter(RunSpec), TypeAdapter(RuleSettings)


def run_spec(config: Mapping[str, Any]) -> RunSpec:
    """Check a resolved configuration. Raises ConfigError with every broken rule, one a line."""
    return checked(_run_spec, config)


def rule_settings(config: Mapping[str, Any]) -> RuleSettings:
    """Check the settings of the rules. Raises ConfigError with every broken rule, one a line."""
    return checked(_rule_settings, config)


def checked(adapter: TypeAdapter[Spec], config: Mapping[str, Any]) -> Spec:
    """Read a configuration by a type of its own. Raises ConfigError with every broken rule, one a line."""
    try:
        return adapter.validate_python(dict(config))
    except ValidationError as error:
        raise ConfigError("\n".join(_problems(error))) from None


# What pydantic adds to a field's path for the branch of a union it tried.
_BRANCHES = {"float", "str", "int", "bool", "constrained-str", "constrained-int"}
_BRANCHES |= {"breast_cancer", "moons", "circles", "classification", "csv", "sgd", "adam", "rmsprop"}


def _problems(error: ValidationError) -> list[str]:
    """One line a field, whichever way it could have been right."""
    found: dict[str, list[Any]] = {}
    for problem in error.errors():
        path = ".".join(str(part) for part in problem["loc"] if part not in _BRANCHES)
        found.setdefault(path, []).append(problem)
    return [_words(path, problems) for path, problems in found.items()]


def _words(path: str, problems: list[Any]) -> str:
    first = problems[0]
    if first["type"] == "value_error":
        return "\n".join(str(problem["ctx"]["error"]) for problem in problems)
    if first["type"] == "unexpected_keyword_argument":
        return f"unknown key {path!r}; remove it"
    if first["type"] == "missing":
        return f"{path} is missing; name it with {path}=VALUE"
    if first["type"] == "union_tag_invalid":
        tags = first["ctx"]["expected_tags"].replace("'", "").split(", ")
        discriminator = first["ctx"]["discriminator"].strip("'")
        return unknown(f"{path}.{discriminator}", first["ctx"]["tag"], tags)
    if first["type"] == "union_tag_not_found":
        return f"{path}.{first['ctx']['discriminator'].strip(chr(39))} is missing; choose one with {path}=NAME"
    rules = " or ".join(dict.fromkeys(_rule(problem["msg"]) for problem in problems))
    return f"{path} must {rules}; got {first['input']!r}"


def _rule(message: str) -> str:
    """Pydantic's "Input should be ..." or "String should have ..." as what follows "must"."""
    return message.removeprefix("Input should ").removeprefix("String should ")
