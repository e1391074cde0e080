"""What pydantic finds wrong with a configuration, in our words: the rule, what was received, what to do."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, Literal, get_args, get_origin, get_type_hints

from pydantic import ValidationError

from threshold_lab.errors import short, unknown

# What pydantic adds to a field's path for the branch of a union it tried.
_BRANCHES = {"float", "str", "int", "bool", "constrained-str", "constrained-int", "constrained-float"}
_TAGS = {"breast_cancer", "moons", "circles", "classification", "csv", "sgd", "adam", "rmsprop"}

_REASONS = {
    "seeds": "each is a network to train and to keep",
    "epochs": "each takes a pass over all rows",
    "patience": "more epochs than there can be",
    "batch_size": "a batch is held in memory for every lane",
    "hidden": "its weights are held in memory for every lane",
    "rows": "they are held in memory",
    "features": "they are held in memory for every row",
    "resamples": "each chooses the threshold once more, for every network",
    "folds": "each needs rows of both labels",
    "learning_rate": "networks are trained in float32",
    "class_weight": "networks are trained in float32",
    "l2": "networks are trained in float32",
    "split_seed": "what scikit-learn takes",
}
_RULES = {
    "int_type": "be a whole number",
    "int_from_float": "be a whole number",
    "float_type": "be a number",
    "finite_number": "be a finite number",
    "string_type": "be text",
    "bool_type": "be true or false",
    "tuple_type": "be a list",
    "dict_type": "be a group of keys",
    "dataclass_type": "be a group of keys",
    "model_attributes_type": "be a group of keys",
    "greater_than_equal": "be {ge} or more",
    "greater_than": "be more than {gt}",
    "less_than_equal": "be {le} or less",
    "less_than": "be less than {lt}",
    "string_too_short": "have {min_length} or more characters",
    "string_too_long": "have {max_length} characters or less",
    "too_short": "hold {min_length} or more",
    "too_long": "hold {max_length} or less",
}


def problems(error: ValidationError, kind: object) -> list[str]:
    """Return one line a field, whichever way it could have been right. kind: the type that was asked for."""
    found: dict[str, list[Any]] = {}
    for problem in error.errors(include_url=False):
        found.setdefault(_path(problem), []).append(problem)
    return [_words(path, own, kind) for path, own in found.items()]


def _path(problem: Any) -> str:
    """Where a problem is: of a tuple that is too short, the tuple."""
    parts = [str(part) for part in problem["loc"] if part not in _BRANCHES | _TAGS]
    short_tuple = problem["type"] == "missing" and isinstance(problem["loc"][-1], int)
    return ".".join(parts[:-1] if short_tuple else parts)


def _words(path: str, own: Sequence[Any], kind: object) -> str:
    first = own[0]
    if first["type"] == "value_error":
        return "\n".join(str(problem["ctx"]["error"]) for problem in own)
    if first["type"] == "unexpected_keyword_argument":
        group = path.rpartition(".")[0]
        known = [f"{group}.{own}" if group else own for own in _keys(kind, first["loc"][:-1])]
        return f"{unknown('key', path, known)}; remove it"
    if first["type"] == "missing" and not isinstance(first["loc"][-1], int):
        return f"{path} is missing; name it with {path}=VALUE"
    if first["type"].startswith("union_tag"):
        return _of_tag(path, first)
    if first["type"] == "literal_error":
        return unknown(path, first["input"], _choices(kind, first["loc"]))
    rules = " or ".join(dict.fromkeys(map(_rule, own))).replace(" or be ", " or ")
    reason = _REASONS.get(_field(path), "") if first["type"] in ("less_than_equal", "too_long") else ""
    return f"{path} must {rules}; got {short(first['input'])}{f' ({reason})' if reason else ''}"


def _field(path: str) -> str:
    return next(part for part in reversed(path.split(".")) if not part.isdigit())


def _of_tag(path: str, problem: Any) -> str:
    """Of a group of keys whose name says which others it has."""
    name = problem["ctx"]["discriminator"].strip("'")
    if problem["type"] == "union_tag_not_found":
        return f"{path}.{name} is missing; choose one with {path}=NAME"
    return unknown(
        f"{path}.{name}", problem["ctx"]["tag"], problem["ctx"]["expected_tags"].replace("'", "").split(", ")
    )


def _rule(problem: Any) -> str:
    """What must be, as what follows "must"; a wrong length of a tuple is told with the right one."""
    if problem["type"] == "missing":
        return "hold 2"
    words = _RULES.get(problem["type"])
    limits = {name: _number(own) for name, own in problem.get("ctx", {}).items()}
    return words.format(**limits) if words else str(problem["msg"])


def _number(limit: object) -> str:
    if isinstance(limit, float) and not limit.is_integer():
        return f"{limit:g}"
    return f"{int(limit):,}" if isinstance(limit, (int, float)) else str(limit)


# ---- what there could have been


def _keys(kind: object, path: Sequence[object]) -> list[str]:
    """The keys of the group at a path."""
    own = _at(kind, path)
    return [field.name for field in fields(own)] if is_dataclass(own) else []


def _choices(kind: object, path: Sequence[object]) -> list[str]:
    """The values a field at a path may have."""
    return [str(own) for own in get_args(_at(kind, path))]


def _at(kind: object, path: Sequence[object]) -> Any:
    for part in path:
        groups = [own for own in _members(kind) if is_dataclass(own)]
        hints: Mapping[str, Any] = next((h for own in groups if part in (h := get_type_hints(own))), {})
        tagged = [own for own in groups if part in _tags(own)]
        kind = hints[str(part)] if part in hints else tagged[0] if tagged else kind
    return next((own for own in _members(kind) if is_dataclass(own) or get_origin(own) is Literal), kind)


def _members(kind: object) -> Iterator[Any]:
    """The types of a union, or the one."""
    return iter(get_args(kind) if get_origin(kind) not in (None, Literal) else (kind,))


def _tags(kind: Any) -> tuple[object, ...]:
    """The names by which a group of a union is chosen."""
    hints = get_type_hints(kind)
    return tuple(own for name in ("source", "name") if name in hints for own in get_args(hints[name]))
