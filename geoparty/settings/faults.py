"""What is wrong with a settings file, in the words of whoever wrote it."""

from __future__ import annotations

import difflib
import re
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from geoparty.errors import Problem

_LIMITS = {
    "greater_than_equal": ("at_least", "ge"),
    "greater_than": ("above", "gt"),
    "less_than_equal": ("at_most", "le"),
    "less_than": ("below", "lt"),
}
_KINDS = {
    "int": "whole_number",
    "float": "a_number",
    "finite": "a_number",
    "string": "a_text",
    "bool": "yes_or_no",
    "tuple": "a_list",
    "list": "a_list",
    "set": "a_list",
    "frozen": "a_list",
    "dict": "a_table",
    "model": "a_table",
    "date": "a_date",
    "auto": "whole_number_or_auto",
}
"""What a value should have been, by the first word of what the checker calls the fault."""


def faults(error: ValidationError, model: type[BaseModel], file: str) -> list[Problem]:
    """Return every fault of a file: unknown keys with the nearest known one, wrong values.

    Examples
    --------
    >>> from geoparty.settings import Rules
    >>> try:
    ...     Rules.model_validate({"cut_off_min": -1})
    ... except ValidationError as error:
    ...     [fault.text("en") for fault in faults(error, Rules, "project.toml")]
    ['file project.toml: key "cut_off_min" is -1; it must be more than 0']
    """
    return [_fault(one, model, file) for one in error.errors(include_url=False)]


def not_toml(error: Exception, file: str) -> Problem:
    """Return that a file cannot be parsed, with the line where that is known.

    Examples
    --------
    >>> not_toml(ValueError("Invalid value (at line 2, column 5)"), "project.toml").text("en")[:35]
    'file project.toml, row 2: not valid'
    """
    if isinstance(error, UnicodeDecodeError):
        return Problem(key="settings.not_utf8", file=file)
    line = re.search(r"line (\d+)", str(error))
    return Problem(key="settings.not_toml", file=file, rows=(int(line[1]),) if line else ())


def _fault(fault: ErrorDetails, model: type[BaseModel], file: str) -> Problem:
    kind, loc = fault["type"], [str(part) for part in fault["loc"]]
    told = {str(name): value for name, value in fault.get("ctx", {}).items()}
    params = {"key": ".".join(loc), "value": _shown(fault["input"])}
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(loc[-1], _known(model, loc[:-1]), n=1, cutoff=0.0)
        params = {"key": params["key"], "near": "".join(near)}
        return Problem(key="settings.unknown_key", params=params, file=file)
    if kind == "missing":
        return Problem(key="settings.missing_key", params={"key": params["key"]}, file=file)
    if kind in _LIMITS:
        name, limit = _LIMITS[kind]
        params["limit"] = f"{told[limit]:g}"
    elif kind == "literal_error":
        name = "one_of"
        params["known"] = ", ".join(re.findall(r"'([^']*)'", str(told["expected"])))
    elif kind == "string_pattern_mismatch":
        name = "of_form"
        params["pattern"] = str(told["pattern"])
    else:
        name = _KINDS.get(kind.split("_")[0], "bad_value")
    return Problem(key=f"settings.{name}", params=params, file=file)


def _shown(value: object) -> str:
    """Return a value as the file says it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"'[:80] if isinstance(value, str) else str(value)[:80]


def _known(model: type[BaseModel], loc: list[str]) -> list[str]:
    """Return the keys of the table at a place of the file."""
    for part in loc:
        if part.isdigit():
            continue
        annotation = model.model_fields[part].annotation if part in model.model_fields else None
        inner = [
            kind
            for kind in (annotation, *get_args(annotation))
            if isinstance(kind, type) and issubclass(kind, BaseModel)
        ]
        if not inner:
            return []
        model = inner[0]
    return list(model.model_fields)
