"""``project.toml`` with every setting explained, from the settings themselves."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from geoparty import words
from geoparty.settings import (
    DRY,
    WET,
    Classes,
    Inputs,
    Map,
    ProgressRules,
    Rules,
    Season,
    Settings,
    Travel,
)
from geoparty.words import Language

TABLES: dict[str, type[BaseModel]] = {
    "inputs": Inputs,
    "rules": Rules,
    "travel": Travel,
    "classes": Classes,
    "progress": ProgressRules,
    "map": Map,
}
WIDTH = 92


def project_toml(values: Mapping[str, Any], *, language: Language = "vi") -> str:
    """Return a ``project.toml`` that sets ``values`` and shows every other key as a comment.

    Examples
    --------
    >>> text = project_toml({"inputs": {"communes": "c.geojson", "places": "p.xlsx"}})
    >>> [line for line in text.splitlines() if line.startswith(("communes", "# language"))]
    ['# language = "vi"', 'communes = "c.geojson"']
    """
    lines = [*_comment("sample.project_head", language), ""]
    for key, field in Settings.model_fields.items():
        if key not in TABLES and key != "seasons":
            lines += _entry(key, key, field, values, language)
    for table, model in TABLES.items():
        lines += ["", *_comment(f"sample.set_{table}", language), f"[{table}]"]
        for key, field in model.model_fields.items():
            lines += _entry(f"{table}_{key}", key, field, values.get(table, {}), language)
    lines += ["", *_comment("sample.set_seasons", language)]
    for season in (DRY, WET):
        lines += ["# [[seasons]]", *_season(season)]
    return "\n".join(lines) + "\n"


def _entry(
    name: str, key: str, field: FieldInfo, values: Mapping[str, Any], language: Language
) -> Iterator[str]:
    yield from _comment(f"sample.set_{name}", language, otherwise=field.description or "")
    if key in values:
        yield f"{key} = {_value(values[key])}"
        return
    default = field.get_default(call_default_factory=True)
    yield f"# {key} = {_value(EXAMPLES.get(name, '') if default is None else default)}"


EXAMPLES = {
    "inputs_communes": "boundaries/communes.geojson",
    "inputs_places": "data/places.xlsx",
    "inputs_centres": "data/centres.geojson",
    "inputs_border": "boundaries/border.geojson",
    "inputs_roads": "data/roads.geojson",
    "inputs_streams": "data/streams.geojson",
    "inputs_terrain": "data/terrain.tif",
    "inputs_land_cover": "data/land_cover.tif",
    "inputs_edits": "data/edits.geojson",
    "inputs_crosswalk": "data/crosswalk.csv",
    "inputs_lineage": "data/lineage.xlsx",
    "map_tiles_url": "http://localhost:8080/{z}/{x}/{y}.png",
}


def _season(season: Season) -> Iterator[str]:
    for key in Season.model_fields:
        yield f"# {key} = {_value(getattr(season, key))}"


def _comment(key: str, language: Language, *, otherwise: str = "") -> list[str]:
    """Return the words for a key, or the setting's own description while it has none."""
    known = key.removeprefix("sample.") in words.catalogue("sample")
    text = words.text(key, language) if known or not otherwise else otherwise
    return [f"# {line}" for line in textwrap.wrap(text, WIDTH)]


def _value(value: object) -> str:
    """Write one value as TOML."""
    if isinstance(value, BaseModel):
        value = value.model_dump()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(k)} = {_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (set, frozenset)):
        value = sorted(value)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_value(v) for v in value) + "]"
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False)
