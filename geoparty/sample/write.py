"""A sample as a project folder."""

from __future__ import annotations

import io
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoparty import words
from geoparty.files import batch
from geoparty.present import feature_collection
from geoparty.read import Terrain
from geoparty.sample.config import project_toml
from geoparty.sample.counts import AS_OF
from geoparty.sample.frames import Sample
from geoparty.sample.invent import invent_communes
from geoparty.sample.make import make_sample
from geoparty.sample.office import encoding_of, office_workbook
from geoparty.sample.workbook import COUNT_COLUMNS, PLACE_COLUMNS, table_workbook

MOST_GEOJSON_VERTICES = 400_000
"""Larger layers are written as GeoParquet."""


def write_sample(sample: Sample, folder: Path | str) -> list[Path]:
    """Write a sample as a project folder and return its files, ``project.toml`` last.

    ``boundaries/`` holds communes and border, ``data/`` the rest. Every file says that it is
    synthetic: GeoJSON in its ``note`` member, workbooks in the sheet's name, title and print
    header, the raster in its description. The same sample gives the same bytes.

    Raises
    ------
    InputError
        The folder cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from geoparty.sample import invent_communes, make_sample
    >>> made = make_sample(invent_communes(3, seed=1), places_per_commune=3, seed=1)
    >>> [path.name for path in write_sample(made, tempfile.mkdtemp())][:3]
    ['communes.geojson', 'border.geojson', 'places.xlsx']
    """
    folder = Path(folder)
    inputs: dict[str, object] = {}
    written: list[Path] = []
    with batch(folder / "boundaries") as files:
        for name, frame in (("communes", sample.communes), ("border", sample.border)):
            inputs[name], data = _layer(f"boundaries/{name}", frame)
            written.append(folder / str(inputs[name]))
            files.write(written[-1].name, data)
        files.write("README.md", _readme("boundaries", sample))
    with batch(folder / "data") as files:
        tables = _messy_tables(sample) if sample.tables else _tables(sample)
        counts = [f"data/{name}" for name in tables if name.startswith("counts")]
        inputs |= {"places": "data/places.xlsx", "counts": counts}
        if any(encoding_of(name) for name in sample.tables or ()):
            inputs["encoding"] = {"counts": "tcvn3"}
        for name, data in tables.items():
            written.append(folder / "data" / name)
            files.write(name, data)
        for name in ("centres", "roads", "streams"):
            inputs[name], data = _layer(f"data/{name}", getattr(sample, name))
            written.append(folder / str(inputs[name]))
            files.write(written[-1].name, data)
        inputs["terrain"] = "data/terrain.tif"
        written.append(folder / "data" / "terrain.tif")
        files.write("terrain.tif", _geotiff(sample.terrain))
        files.write("README.md", _readme("data", sample))
    with batch(folder) as files:
        values = {"name": sample.name, "is_synthetic": True, "inputs": inputs}
        values["classes"] = _seats(sample.communes)
        files.write("project.toml", project_toml(values).encode())
    return [*written, folder / "project.toml"]


def write_committed(root: Path | str) -> list[Path]:
    """Write the sample project that comes with the program: twelve invented communes.

    The same as ``geoparty sample . --invented 12 --seed 1 --snapshots 4``.
    """
    made = make_sample(invent_communes(12, seed=1), seed=1, n_snapshots=4)
    return write_sample(made, root)


def _readme(folder: str, sample: Sample) -> bytes:
    texts = [
        words.text(f"sample.readme_{folder}", language, command=sample.command, date=AS_OF)
        for language in words.LANGUAGES
    ]
    return "\n".join(texts).encode()


def _note() -> str:
    return " · ".join(words.text("sample.synthetic", language) for language in words.LANGUAGES)


def _seats(communes: gpd.GeoDataFrame) -> dict[str, list[str]]:
    """Return made-up seats: of each province its first phường, of old districts every fourth."""
    ordered = communes.sort_index()
    towns = ordered[ordered["commune_type"].eq("phường").fillna(value=False)]
    first = towns if len(towns) else ordered
    groups = ordered.groupby("province_code", sort=True)
    return {
        "province_seats": [str(c) for c in first[~first["province_code"].duplicated()].index],
        "district_seats": [str(code) for _, part in groups for code in part.index[::4]],
    }


def _layer(stem: str, frame: gpd.GeoDataFrame) -> tuple[str, bytes]:
    """Return a layer's path and bytes: GeoJSON, or GeoParquet where that would be heavy."""
    if shapely.get_num_coordinates(frame.geometry.to_numpy()).sum() <= MOST_GEOJSON_VERTICES:
        return f"{stem}.geojson", feature_collection(frame, note=_note())
    stream = io.BytesIO()
    frame.assign(note=_note()).to_parquet(stream, compression="zstd")
    return f"{stem}.parquet", stream.getvalue()


def _tables(sample: Sample) -> dict[str, bytes]:
    """Return the clean workbooks: places, the last counts, and those of each year before."""
    places = sample.places.reset_index().assign(
        lon=sample.places.geometry.x.to_numpy(), lat=sample.places.geometry.y.to_numpy()
    )
    places = pd.DataFrame(places)[list(PLACE_COLUMNS)]
    tables = {"places.xlsx": table_workbook(places, sheet=words.text("sample.sheet_places"))}
    last = sample.counts["as_of"].max()
    for as_of, year in sample.counts[list(COUNT_COLUMNS)].groupby("as_of"):
        name = "counts.xlsx" if as_of == last else f"counts_{as_of:%Y}.xlsx"
        tables[name] = table_workbook(year, sheet=words.text("sample.sheet_counts"))
    return tables


def _messy_tables(sample: Sample) -> dict[str, bytes]:
    """Return the workbooks as typed, and ``truth.csv``, which is no input."""
    as_of = pd.Timestamp(sample.counts["as_of"].max()).date()
    tables = {
        f"{name}.xlsx": office_workbook(name, table, as_of=as_of)
        for name, table in (sample.tables or {}).items()
    }
    if sample.truth is not None:
        tables["truth.csv"] = sample.truth.to_csv(index=False, lineterminator="\n").encode()
    return tables


def _geotiff(terrain: Terrain) -> bytes:
    """Whole metres in a deflated GeoTIFF; void cells are -32768."""
    import rasterio

    void = -32768
    grid = np.where(np.isnan(terrain.elevation_m), void, terrain.elevation_m).astype("int16")
    with rasterio.MemoryFile() as memory:
        with memory.open(
            driver="GTiff",
            height=grid.shape[0],
            width=grid.shape[1],
            count=1,
            dtype="int16",
            crs=terrain.crs.to_wkt(),
            transform=terrain.transform,
            nodata=void,
            compress="deflate",
            predictor=2,
            zlevel=9,
        ) as raster:
            raster.write(grid, 1)
            raster.update_tags(TIFFTAG_IMAGEDESCRIPTION=_note(), AREA_OR_POINT="Area")
            raster.set_band_unit(1, "m")
        return bytes(memory.read())
