"""Everything one run leaves in its folder, replaced together."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from geoparty import files, schema, words
from geoparty.present import geojson, labels, tables, workbook
from geoparty.present.reasons import with_reasons


def write_outputs(results: schema.Results, out: Path) -> list[Path]:
    """Write every output of a run into a folder and return their paths.

    ``places.geojson`` (all), ``gaps.geojson`` (``gap_level`` not ``covered``),
    ``communes.geojson``, ``border_communes.geojson`` (by geometry or by list),
    ``class_sites.geojson``, ``class_assignments.csv``, ``gaps.xlsx``, ``account.csv``,
    ``map.html`` and, last, ``run.json`` with the SHA-256 of the others.

    Files are written beside their place and moved there together; the same results give
    the same bytes. In GeoJSON, minutes are ``null`` both where not measured and where there
    is no way through; ``is_cut_off_<season>`` is true for the latter.

    Raises
    ------
    InputError
        The folder cannot be written, the disk is full, or a file is open elsewhere.
    """
    language = labels.language_of(results.run)
    with files.batch(out) as batch:
        for name, data in _geojson(results).items():
            batch.write(name, data)
        batch.write("class_assignments.csv", tables.csv_bytes(_assignments(results)))
        batch.write("gaps.xlsx", workbook.workbook_bytes(results))
        account = tables.account_table(results.account, language)
        batch.write("account.csv", tables.csv_bytes(account))
        batch.write("map.html", map_html(results).encode("utf-8"))
        batch.write("run.json", run_json(results, outputs=batch.sha256()))
    return [out / name for name in batch.names]


def run_json(results: schema.Results, *, outputs: dict[str, str] | None = None) -> bytes:
    """Return the run as strict JSON: unknown and infinite numbers are null.

    ``outputs`` are the SHA-256 of the files written with it, by name.
    """
    language = labels.language_of(results.run)
    run = dict(results.run)
    run["is_synthetic"] = labels.is_synthetic(results.run)
    if note := labels.note(results.run, language):
        run["note"] = note
    run["null_means"] = words.text("present.null_means", language)
    run["outputs"] = outputs or {}
    text = json.dumps(
        geojson.plain(run), ensure_ascii=False, allow_nan=False, indent=2, sort_keys=False
    )
    return f"{text}\n".encode()


def map_html(results: schema.Results) -> str:
    """Return a page with the map of a run that opens with no network at all."""
    from geoparty.present import page

    return page.map_page(results)


def _geojson(results: schema.Results) -> dict[str, bytes]:
    language = labels.language_of(results.run)
    note = labels.note(results.run, language)
    places, communes = results.places, results.communes
    gaps = places[places["gap_level"].astype(object).ne("covered")]
    gaps = with_reasons(gaps, results.run, language)
    border = communes["is_border"].fillna(value=False).astype(bool)
    if "is_listed_border" in communes:
        border |= communes["is_listed_border"].fillna(value=False).astype(bool)
    frames = {
        "places.geojson": places,
        "gaps.geojson": gaps,
        "communes.geojson": communes,
        "border_communes.geojson": communes[border],
        "class_sites.geojson": results.sites,
    }
    if labels.is_synthetic(results.run):
        frames = {name: frame.assign(is_synthetic=True) for name, frame in frames.items()}
    return {name: geojson.feature_collection(f, note=note) for name, f in frames.items()}


def _assignments(results: schema.Results) -> pd.DataFrame:
    columns = ["place_id", "site_id", "candidates", "travel_min", "weight"]
    table = results.assignments.reset_index()
    return table[[c for c in columns if c in table]].round({"travel_min": 3})
