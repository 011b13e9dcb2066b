"""``map.html``: the whole map in one file that opens with no network."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from importlib.resources import files
from typing import Any

import geopandas as gpd
import pandas as pd

from geoparty import schema, words
from geoparty.present import facts, labels, maps
from geoparty.words import Language

_CARD = (
    "place_id",
    "place_kind",
    "commune_name",
    "province_name",
    "gap_level",
    "risk_reasons",
    "cell_status",
    "members",
    "official_members",
    "reinforced_members",
    "members_over_60",
    "candidates",
    "graduates",
    "households",
    "population",
    "as_of",
    "is_border",
    "is_disadvantaged",
    "priority",
)
_SOURCE = ("file", "sheet", "row")
_COMMUNE_CARD = (
    "commune_code",
    "province_name",
    "n_places",
    *(f"n_{level}" for level in schema.GAP_LEVELS),
    "members",
    "candidates",
    "households",
    "is_border",
    "is_listed_border",
    "border_km",
    "is_disadvantaged",
)
_ZOOM_LOCK = re.compile(r",\s*maximum-scale=1.0, user-scalable=no")
_MAP = re.compile(r'<div class="folium-map"[^>]*></div>')
_STYLES = ("vendor/leaflet.css", "page.css")
_SCRIPTS = ("vendor/leaflet.js", "layer.js", "page.js")
_SITE_CARD = ("place_name", "commune_name", "n_candidates", "mean_min", "max_min")
_SITE_KIND = {"colour": "#ffffff", "shape": "star", "size": 2.2}


def map_page(results: schema.Results) -> str:
    """Return the page: every script, style and value is inside it.

    Communes, roads, streams and the border are the background; places show their gap level by
    colour and shape, class sites are stars with lines to the places they serve. Text from data
    only ever becomes text, never markup. The same results give the same page.
    """
    import folium
    from branca.element import Figure

    language = labels.language_of(results.run)
    the_map = folium.Map(tiles=None, fade_animation=False, zoom_snap=0.25)
    the_map.default_js, the_map.default_css = [], []
    the_map._id = "geoparty"  # noqa: SLF001 - folium draws a random one
    figure = Figure()
    the_map.add_to(figure)
    title = html.escape(_title(results.run, language))
    header = {"title": f"<title>{title}</title>"}
    header |= {name: f"<style>{_asset(name)}</style>" for name in _STYLES}
    header |= {name: f"<script>{_asset(name)}</script>" for name in _SCRIPTS}
    for name, text in header.items():
        figure.header.add_child(folium.Element(_verbatim(text)), name=name)
    page: str = figure.render()
    message = maps.script_json(_message(results, language))
    page = page.replace("<html>", f'<html lang="{language}">', 1)
    page = _ZOOM_LOCK.sub("", page, count=1)
    page = _MAP.sub(r"<main>\g<0></main>", page, count=1)
    return f"{page}<script>geopartyPage({the_map.get_name()}, {message});</script>\n"


def _verbatim(text: str) -> str:
    """Return text that a Jinja template renders as it is."""
    return "{% raw %}" + text + "{% endraw %}"


def _asset(name: str) -> str:
    text = files(__package__).joinpath(name).read_text("utf-8")
    return re.sub(r"url\([^)]*\)", "none", text) if name.endswith(".css") else text


def _title(run: dict[str, Any], language: Language) -> str:
    name = str(run.get("settings", {}).get("name", ""))
    title = words.text("present.title", language)
    return f"{title} – {name}" if name else title


def _points(frame: gpd.GeoDataFrame, kinds: Iterable[int]) -> dict[str, Any]:
    shapes = frame.geometry.to_crs(schema.CRS).to_numpy()
    return maps.points(shapes, frame["place_name"], kinds)


def _message(results: schema.Results, language: Language) -> dict[str, Any]:
    places, sites = results.places, results.sites
    lines = {"border": results.border, "road": results.roads, "stream": results.streams}
    drawn = [kind for kind, frame in lines.items() if frame is not None and len(frame)]
    return {
        "geo": maps.geo(
            results.communes,
            border=results.border,
            roads=results.roads,
            streams=results.streams,
            terrain=results.terrain,
        ),
        "kinds": [*maps.level_kinds(), _SITE_KIND],
        "bounds": maps.bounds(results.communes, places),
        "legend": {
            "title": words.text("present.sum_levels", language),
            "rows": [*_point_legend(results, language), *maps.line_legend(drawn, language)],
        },
        "aria": words.text("present.map_aria", language),
        "words": maps.spoken(language),
        "places": _points(places, places["gap_level"].map(schema.GAP_LEVELS.index)),
        "sites": _points(sites, [len(schema.GAP_LEVELS)] * len(sites)),
        "pairs": maps.pairs(results.assignments, places, sites),
        "cards": {
            "place": maps.cards(_some(places, _place_card(results.run)), results.run, language),
            "site": maps.cards(_some(sites, _SITE_CARD), results.run, language),
            "commune": maps.cards(_some(results.communes, _COMMUNE_CARD), results.run, language),
        },
        "texts": {
            key: words.text(f"present.map_{key}", language)
            for key in ("layers", "lines", "pairs", "unknown")
        },
        "head": _head(results, language),
    }


def _point_legend(results: schema.Results, language: Language) -> list[dict[str, Any]]:
    rows = maps.level_legend(results.places, language)
    if len(results.sites):
        label = words.text("present.sheet_sites", language)
        rows.append(_SITE_KIND | {"label": labels.counted(label, len(results.sites), language)})
    return rows


def _head(results: schema.Results, language: Language) -> dict[str, str | None]:
    places = results.places
    hidden = int((places.geometry.isna() | places.geometry.is_empty).sum())
    dates = facts.data_dates(places, language)
    return {
        "title": _title(results.run, language),
        "note": labels.note(results.run, language),
        "dates": f"{words.text('present.sum_data_dates', language)}: {dates}",
        "hidden": words.text("present.map_hidden", language, n=hidden, of=len(places))
        if hidden
        else None,
    }


def _place_card(run: dict[str, Any]) -> list[str]:
    seasons = labels.season_labels(run, "vi")
    stems = ("centre_min", "cell_min", "is_cut_off")
    return [*_CARD, *(f"{stem}_{season}" for season in seasons for stem in stems), *_SOURCE]


def _some(frame: gpd.GeoDataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return the columns of those names that the frame or its index has."""
    table = pd.DataFrame(frame.reset_index())
    return table[[name for name in (*names, "masked") if name in table]]
