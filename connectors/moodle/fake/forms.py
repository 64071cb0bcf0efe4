"""What a call to Moodle's web services says: values out of a form, as PHP and Moodle read them.

Moodle 4.5 recordings, ws_err_invalid_parameter_type, ws_err_array_as_scalar,
ws_err_unexpected_parameter, ws_err_missing_parameter, ws_save_grade_bool_true_string
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Form = dict[str, Any]
NAME = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")


class Invalid(Exception):
    """A value that Moodle does not take."""


def nested(pairs: Mapping[str, str]) -> Form:
    """Return a form with a[0][b]=v as PHP has it: {"a": {"0": {"b": "v"}}}."""
    found: Form = {}
    for name, value in pairs.items():
        match = NAME.match(name)
        if match is None:
            continue
        keys = [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])]
        here = found
        for key in keys[:-1]:
            below = here.setdefault(key, {})
            if not isinstance(below, dict):
                below = here[key] = {}
            here = below
        here[keys[-1]] = value
    return found


def number(value: Any) -> int:
    """Read PARAM_INT."""
    if not isinstance(value, str) or not re.fullmatch(r"-?\d{1,18}", value):
        raise Invalid
    return int(value)


def real(value: Any) -> float:
    """Read PARAM_FLOAT: with a dot alone."""
    if not isinstance(value, str) or not re.fullmatch(r"-?\d+(\.\d+)?", value):
        raise Invalid
    return float(value)


def switch(value: Any) -> bool:
    """Read PARAM_BOOL: the words true and false are none."""
    if value not in ("0", "1", ""):
        raise Invalid
    return bool(value == "1")


def text(value: Any) -> str:
    """Read PARAM_RAW."""
    if not isinstance(value, str):
        raise Invalid
    return value


def anything(value: Any) -> Any:
    """Take what a plugin reads by itself."""
    return value


def each(read: Callable[[Any], Any]) -> Callable[[Any], list[Any]]:
    """Read a list of such values."""

    def listed(value: Any) -> list[Any]:
        if not isinstance(value, dict):
            raise Invalid
        return [read(value[key]) for key in value]

    return listed


def options(value: Any) -> dict[str, str]:
    """Read a list of {"name", "value"}."""
    pairs = each(anything)(value)
    if not all(isinstance(one, dict) and set(one) == {"name", "value"} for one in pairs):
        raise Invalid
    return {one["name"]: one["value"] for one in pairs}


@dataclass(frozen=True)
class Parameter:
    """One parameter of a function; without `default` it must be there."""

    read: Callable[[Any], Any]
    default: Any = ...


def taken(given: Form, wanted: Mapping[str, Parameter]) -> Form:
    """Return a function's arguments; raise Invalid."""
    if set(given) - set(wanted):
        raise Invalid
    found = {}
    for name, parameter in wanted.items():
        if name in given:
            found[name] = parameter.read(given[name])
        elif parameter.default is ...:
            raise Invalid
        else:
            found[name] = parameter.default
    return found
