"""KML for phones: places in folders, by gap level or as asked for; every value as text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import geopandas as gpd
import numpy as np
import numpy.typing as npt
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
    "site_name",
    "travel_min",
    "is_border",
    "is_disadvantaged",
)
_OF_SEASON = ("centre_min", "is_cut_off")
_LAST_DETAILS = ("priority", "as_of")


@dataclass(frozen=True, kw_only=True)
class Folders:
    """How places are grouped: the words of each folder, in order, and where each place is.

    ``of`` and ``colours`` have a value a place: a position in ``labels``, and ``#rrggbb``.
    """

    labels: Sequence[str]
    of: npt.NDArray[np.int64]
    colours: npt.NDArray[np.object_]


def kml_bytes(
    places: gpd.GeoDataFrame,
    *,
    name: str = "",
    language: Language = "vi",
    note: str | None = None,
    run: Mapping[str, Any] | None = None,
    folders: Folders | None = None,
) -> bytes:
    """Return places as KML: a folder for each gap level, most severe first, or as ``folders`` say.

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
    folders = folders or _by_level(places, language)
    has_point = (places.geometry.notna() & ~places.geometry.is_empty).to_numpy()
    located = places[has_point].to_crs(schema.CRS)
    of, colours = folders.of[has_point], folders.colours[has_point]
    hidden = len(places) - len(located)
    about = [note or ""]
    if hidden:
        about.append(words.text("present.map_hidden", language, n=hidden, of=len(places)))
    marks = np.array(_placemarks(located, colours, run or {}, language), dtype=object)
    grouped = "".join(
        _folder(label, marks[of == i].tolist(), language) for i, label in enumerate(folders.labels)
    )
    styles = "".join(_style(colour) for colour in dict.fromkeys(colours))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
        f"<name>{_text(name)}</name><description>{_text(' '.join(about).strip())}</description>"
        f"{styles}{grouped}</Document></kml>\n"
    ).encode()


def _by_level(places: gpd.GeoDataFrame, language: Language) -> Folders:
    codes = pd.Categorical(places["gap_level"], categories=schema.GAP_LEVELS).codes
    levels = places["gap_level"].astype(object)
    return Folders(
        labels=[words.text(f"levels.{level}", language) for level in schema.GAP_LEVELS],
        of=np.asarray(codes, dtype=np.int64),
        colours=levels.map(LEVEL_COLOURS).to_numpy(dtype=object),
    )


def _placemarks(
    places: gpd.GeoDataFrame,
    colours: npt.NDArray[np.object_],
    run: Mapping[str, Any],
    language: Language,
) -> list[str]:
    table = pd.DataFrame(places.reset_index())
    seasons = labels.season_labels(run, language)
    of_season = [f"{stem}_{season}" for season in seasons for stem in _OF_SEASON]
    names = [n for n in (*_DETAILS, *of_season, *_LAST_DETAILS) if n in table]
    shown = labels.worded(table[names], language)
    heads = [quoteattr(_text(labels.header(n, seasons, language), plain=True)) for n in names]
    columns = [_shown(shown[n], language) for n in names]
    x, y = shapely.get_x(places.geometry), shapely.get_y(places.geometry)
    return [
        f"<Placemark><name>{_text(name)}</name><styleUrl>#{_id(colour)}</styleUrl>"
        f"{_data(heads, row)}"
        f"<Point><coordinates>{lon:.7f},{lat:.7f}</coordinates></Point></Placemark>"
        for name, colour, lon, lat, row in zip(
            table["place_name"],
            colours,
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
        return [
            "" if v != v else no_way if v == float("inf") else words.number(v, language)
            for v in values
        ]
    if pd.api.types.is_integer_dtype(column):
        return ["" if pd.isna(v) else words.number(int(v), language) for v in column]
    return ["" if pd.isna(v) else str(v) for v in column.astype(object)]


def _data(heads: list[str], row: tuple[str, ...]) -> str:
    pairs = "".join(
        f"<Data name={head}><value>{_text(value)}</value></Data>"
        for head, value in zip(heads, row, strict=True)
        if value
    )
    return f"<ExtendedData>{pairs}</ExtendedData>"


def _folder(label: str, marks: list[str], language: Language) -> str:
    if not marks:
        return ""
    name = _text(labels.counted(label, len(marks), language))
    return f"<Folder><name>{name}</name>{''.join(marks)}</Folder>"


def _style(colour: str) -> str:
    abgr = "ff" + colour[5:7] + colour[3:5] + colour[1:3]
    return f'<Style id="{_id(colour)}"><IconStyle><color>{abgr}</color></IconStyle></Style>'


def _id(colour: str) -> str:
    return f"c{colour[1:]}"


def _text(value: object, *, plain: bool = False) -> str:
    """Return a value as XML text; characters XML cannot hold become U+FFFD."""
    kept = _NOT_XML.sub("\ufffd", str(value))
    return kept if plain else escape(kept)
