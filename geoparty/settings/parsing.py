"""A project file checked: every fault at once, unknown keys with the nearest known one."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ValidationError

from geoparty.errors import Problem, SettingsError
from geoparty.settings.travel import Season
from geoparty.settings.whole import Settings


def parse_settings(data: dict[str, Any], *, file: str = "project.toml") -> Settings:
    """Check a parsed ``project.toml`` and return its settings.

    Raises
    ------
    SettingsError
        All faults at once: unknown keys with the nearest known one, wrong types and values.

    Examples
    --------
    >>> inputs = {"communes": "c.geojson", "places": "p.csv"}
    >>> parse_settings({"inputs": inputs}).rules.min_official_members
    3
    >>> parse_settings({"inputs": inputs, "rule": {}})
    Traceback (most recent call last):
    geoparty.errors.SettingsError: file project.toml: unknown key "rule"; did you mean "rules"?
    """
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        raise SettingsError(list(_problems(error, file))) from None
    contradictions = list(_contradictions(settings, file))
    if contradictions:
        raise SettingsError(contradictions)
    settings.season(settings.classes.season)
    return settings


def _contradictions(settings: Settings, file: str) -> Iterator[Problem]:
    """Yield what is right key by key and wrong together."""
    classes = settings.classes
    if classes.min_size > classes.max_size:
        sizes = {"smallest": classes.min_size, "largest": classes.max_size}
        yield Problem(key="settings.sizes_contradict", params=sizes, file=file)
    kept = {*classes.fixed, *classes.running, *classes.assigned.values()}
    both = sorted(kept & set(classes.forbidden))
    if both:
        named = {"n": len(both), "names": ", ".join(both[:3])}
        yield Problem(key="settings.fixed_and_forbidden", params=named, file=file)
    names = [season.name for season in settings.seasons]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(key="settings.season_twice", params={"name": name}, file=file)


def _problems(error: ValidationError, file: str) -> Iterator[Problem]:
    for fault in error.errors(include_url=False):
        loc = [str(part) for part in fault["loc"]]
        where = ".".join(loc)
        if fault["type"] == "extra_forbidden":
            known = _known_keys(loc[:-1])
            near = difflib.get_close_matches(loc[-1], known, n=1, cutoff=0.0)
            yield Problem(
                key="settings.unknown_key",
                params={"key": where, "near": near[0] if near else ""},
                file=file,
            )
        elif fault["type"] == "missing":
            yield Problem(key="settings.missing_key", params={"key": where}, file=file)
        else:
            params = {"key": where, "value": repr(fault["input"])[:80], "why": fault["msg"]}
            yield Problem(key="settings.bad_value", params=params, file=file)


def _known_keys(loc: list[str]) -> list[str]:
    model: type[BaseModel] = Settings
    for part in loc:
        if part.isdigit():
            continue
        if part == "seasons":
            model = Season
            continue
        annotation = model.model_fields[part].annotation if part in model.model_fields else None
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return []
        model = annotation
    return list(model.model_fields)
