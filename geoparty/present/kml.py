"""KML for phones: one folder a gap level, every value as text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import geopandas as gpd
import pandas as pd
import shapely

from geoparty import schema, words
from geoparty.present import labels
from geoparty.present.palette import LEVEL_COLOURS
from geoparty.words import Language

_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DETAILS = (
    "place_id",
    "place_kind",
    "commune_name",
    "province_name",
    "gap_level",
    "risk_reasons",
    "members",
    "cell_status",
    "candidates",
    "is_border",
    "is_disadvantaged",
    "centre_min_dry",
    "centre_min_wet",
    "is_cut_off_wet",
    "priority",
    "as_of",
)


def kml_bytes(
    places: gpd.GeoDataFrame,
    *,
    name: str = "",
    language: Language = "vi",
    note: str | None = None,
    run: Mapping[str, Any] | None = None,
) -> bytes:
    """Return places as KML: a folder for each gap level, most severe first.

    Details are ``ExtendedData``, which viewers show as a table of text; nothing in the file
    is markup from data or an address to fetch. Places without a usable location are left
    out and counted in the description. Unknown values are left out of the table.

    Examples
    --------
    >>> frame = gpd.GeoDataFrame(
    ...     {"place_name": ["Bản <b>"], "gap_level": ["no_cell"]},
    ...     geometry=gpd.points_from_xy([103], [21]), crs=4326,
    ... )
    >>> b"&lt;b&gt;</name>" in kml_bytes(frame)
    True
    """
    located = places[places.geometry.notna() & ~places.geometry.is_empty].to_crs(schema.CRS)
    hidden = len(places) - len(located)
    about = [note or ""]
    if hidden:
        about.append(words.text("present.map_hidden", language, n=hidden, of=len(places)))
    marks = pd.Series(_placemarks(located, run or {}, language), index=located.index)
    levels = located["gap_level"].astype(object)
    folders = "".join(
        _folder(level, list(marks[levels.eq(level).to_numpy()]), language)
        for level in schema.GAP_LEVELS
    )
    styles = "".join(_style(level) for level in schema.GAP_LEVELS)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
        f"<name>{_text(name)}</name><description>{_text(' '.join(about).strip())}</description>"
        f"{styles}{folders}</Document></kml>\n"
    ).encode()


def _placemarks(places: gpd.GeoDataFrame, run: Mapping[str, Any], language: Language) -> list[str]:
    table = pd.DataFrame(places.reset_index())
    names = [n for n in _DETAILS if n in table]
    seasons = labels.season_labels(run, language)
    shown = labels.worded(table[names], language)
    heads = [quoteattr(_text(labels.header(n, seasons, language), plain=True)) for n in names]
    columns = [_shown(shown[n], language) for n in names]
    x, y = shapely.get_x(places.geometry), shapely.get_y(places.geometry)
    return [
        f"<Placemark><name>{_text(name)}</name><styleUrl>#{level}</styleUrl>{_data(heads, row)}"
        f"<Point><coordinates>{lon:.7f},{lat:.7f}</coordinates></Point></Placemark>"
        for name, level, lon, lat, row in zip(
            table["place_name"],
            table["gap_level"],
            x,
            y,
            zip(*columns, strict=True),
            strict=True,
        )
    ]


def _shown(column: pd.Series[Any], language: Language) -> list[str]:
    if pd.api.types.is_datetime64_any_dtype(column):
        column = column.dt.strftime("%d/%m/%Y")
    elif pd.api.types.is_float_dtype(column):
        no_way = words.text("present.no_way", language)
        values = column.astype(float).tolist()
        return ["" if v != v else no_way if v == float("inf") else f"{v:.0f}" for v in values]
    return ["" if pd.isna(v) else str(v) for v in column.astype(object)]


def _data(heads: list[str], row: tuple[str, ...]) -> str:
    pairs = "".join(
        f"<Data name={head}><value>{_text(value)}</value></Data>"
        for head, value in zip(heads, row, strict=True)
        if value
    )
    return f"<ExtendedData>{pairs}</ExtendedData>"


def _folder(level: str, marks: list[str], language: Language) -> str:
    if not marks:
        return ""
    label = f"{words.text(f'levels.{level}', language)}: {len(marks)}"
    return f"<Folder><name>{_text(label)}</name>{''.join(marks)}</Folder>"


def _style(level: str) -> str:
    colour = LEVEL_COLOURS[level]
    abgr = "ff" + colour[5:7] + colour[3:5] + colour[1:3]
    return f'<Style id="{level}"><IconStyle><color>{abgr}</color></IconStyle></Style>'


def _text(value: object, *, plain: bool = False) -> str:
    """Return a value as XML text; characters XML cannot hold become U+FFFD."""
    kept = _NOT_XML.sub("\ufffd", str(value))
    return kept if plain else escape(kept)
