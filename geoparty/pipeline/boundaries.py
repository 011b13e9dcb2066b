"""Defects of the boundaries as a whole, and their repair: measured first, then offered."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from geoparty import files, read, words
from geoparty.present import geopackage_bytes
from geoparty.project import FILE_NAME, Project, changed
from geoparty.words import Language

REPAIRED = "boundaries/communes_repaired.gpkg"
"""Where repaired boundaries are written; the file they were made from stays."""


@dataclass(frozen=True)
class Boundaries:
    """What is wrong with the commune polygons, and what a repair would change.

    ``defects``, index commune_code: commune_name, n_parts, n_repeated_points,
    invalid_edge_km; ``effect``, of the communes a repair changes, the greatest change first:
    commune_name, area_before_km2, area_after_km2, change_km2.
    """

    coverage: read.Coverage
    defects: pd.DataFrame
    repaired: gpd.GeoDataFrame
    effect: pd.DataFrame


def boundaries_of(project: Project) -> Boundaries:
    """Measure the boundaries of a project and what their repair would do to areas.

    Raises
    ------
    InputError
        The boundaries cannot be read.
    """
    inputs = project.settings.inputs
    communes = read.read_communes(
        project.path(inputs.communes),
        columns=inputs.columns.get("communes"),
        encoding=inputs.encoding.get("communes"),
        crs=inputs.crs.get("communes"),
    ).frame
    coverage = read.measure_coverage(communes)
    repaired, effect = read.repair_coverage(communes)
    names = communes[["commune_name"]]
    return Boundaries(
        coverage, names.join(coverage.communes), repaired, names.join(effect, how="right")
    )


def save_repaired(project: Project, boundaries: Boundaries) -> str:
    """Write the repaired boundaries into the project, name them there, and return where.

    Raises
    ------
    InputError
        A file cannot be written.
    """
    inputs = project.settings.inputs
    frame = boundaries.repaired.drop(columns=["file", "sheet", "row"], errors="ignore")
    values: dict[tuple[str, ...], object] = {("inputs", "communes"): REPAIRED}
    if "communes" in inputs.columns:  # the new file has our own names and says its own system
        values["inputs", "columns", "communes"] = {}
    if "communes" in inputs.encoding:
        values["inputs", "encoding", "communes"] = "unicode"
    if "communes" in inputs.crs:
        values["inputs", "crs", "communes"] = "EPSG:4326"
    path = project.folder / FILE_NAME
    with files.locked(path):
        text = changed(path.read_text("utf-8-sig"), values)
        files.write_whole(
            project.folder / REPAIRED, geopackage_bytes({"communes": frame.reset_index()})
        )
        files.write_whole(path, text.encode())
    return REPAIRED


def boundary_lines(found: Boundaries, language: Language) -> list[str]:
    """Return what is wrong with the boundaries, a line for each kind of defect."""
    defects = found.defects
    split = defects[defects["n_parts"] > 1].sort_values("n_parts", ascending=False)
    repeated = defects["n_repeated_points"]
    edges = defects["invalid_edge_km"]
    return [
        *(p.text(language) for p in found.coverage.problems),
        words.text(
            "cli.boundary_edges",
            language,
            n=int((edges > 0).sum()),
            km=words.number(edges.sum(), language, decimals=1),
        ),
        words.text(
            "cli.boundary_parts",
            language,
            n=len(split),
            names="".join(f"; {n} ({k})" for n, k in split[["commune_name", "n_parts"]].to_numpy()),
        ),
        words.text(
            "cli.boundary_points", language, n=int(repeated.sum()), of=int((repeated > 0).sum())
        ),
    ]
