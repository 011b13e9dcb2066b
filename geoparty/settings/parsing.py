"""A project file checked: every fault at once, and what is wrong only together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from geoparty.errors import Problem, SettingsError
from geoparty.settings.faults import faults
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
        raise SettingsError(faults(error, Settings, file)) from None
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
