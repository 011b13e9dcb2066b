"""Each fault a planner's files may have ends in one clear message, and no row is lost."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import rasterio
from typer.testing import CliRunner

from geoparty import cli, read, sample

Change = Callable[[Path], None]


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small project whose tables are CSV, so that faults are easy to plant."""
    folder = tmp_path_factory.mktemp("clean")
    communes = sample.invent_communes(3, seed=4)
    sample.write_sample(sample.make_sample(communes, places_per_commune=6, seed=4), folder)
    data = folder / "data"
    places = read.read_places(data / "places.xlsx").frame
    places = places.assign(lon=places.geometry.x, lat=places.geometry.y)
    keep = ["place_id", "place_name", "place_kind", "commune_code", "households", "lon", "lat"]
    places[keep].to_csv(data / "places.csv", index=False)
    counts = read.read_counts(data / "counts.xlsx").frame
    ids = dict(
        zip(
            zip(places["commune_code"], places["place_name"], strict=True),
            places["place_id"],
            strict=True,
        )
    )
    if counts["place_id"].isna().all():
        pairs = zip(counts["commune_code"], counts["place_name"], strict=True)
        counts["place_id"] = [ids.get(p) for p in pairs]
    own = [
        "place_id",
        "as_of",
        "members",
        "official_members",
        "reinforced_members",
        "cell_status",
        "candidates",
    ]
    counts[own].to_csv(data / "counts.csv", index=False)
    project = folder / "project.toml"
    text = project.read_text("utf-8")
    project.write_text(
        text.replace("places.xlsx", "places.csv").replace("counts.xlsx", "counts.csv"), "utf-8"
    )
    return folder


def table(name: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Change:
    def apply(folder: Path) -> None:
        path = folder / "data" / f"{name}.csv"
        change(pd.read_csv(path, dtype=str)).to_csv(path, index=False)

    return apply


def cell(name: str, row: int, column: str, value: str | None) -> Change:
    """Put a value into one cell; ``row`` as the user sees it, 2 is the first below the header."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        frame.loc[row - 2, column] = value
        return frame

    return table(name, change)


def both(first: Change, second: Change) -> Change:
    def apply(folder: Path) -> None:
        first(folder)
        second(folder)

    return apply


def layer(
    change: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame], crs: str | None = "EPSG:4326"
) -> Change:
    """Rewrite the communes as a GeoPackage in which the CRS may be wrong or missing."""

    def apply(folder: Path) -> None:
        communes = change(gpd.read_file(folder / "boundaries/communes.geojson"))
        communes = communes.set_crs(None, allow_override=True)
        communes = communes.set_crs(crs) if crs else communes
        communes.to_parquet(folder / "boundaries/communes.parquet")
        project = folder / "project.toml"
        text = project.read_text("utf-8")
        project.write_text(text.replace("communes.geojson", "communes.parquet"), "utf-8")

    return apply


def other_part_of_the_world(name: str) -> Change:
    """Move a layer thirty degrees east, the terrain a thousand kilometres south."""

    def apply(folder: Path) -> None:
        path = next(folder.glob(f"*/{name}"))
        if path.suffix == ".tif":
            with rasterio.open(path, "r+") as raster:
                raster.transform = rasterio.Affine.translation(0, -1e6) @ raster.transform
        else:
            frame = gpd.read_file(path)
            frame.set_geometry(frame.translate(30), crs=frame.crs).to_file(path)

    return apply


def terrain_in_degrees(folder: Path) -> None:
    """Give the terrain a position in degrees, while its label goes on to say metres."""
    with rasterio.open(folder / "data/terrain.tif", "r+") as raster:
        raster.transform = rasterio.Affine(0.001, 0, 103, 0, -0.001, 22)


def bow_tie(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    from shapely import Polygon

    x, y = frame.geometry.iloc[0].centroid.coords[0]
    frame.loc[frame.index[0], "geometry"] = Polygon(
        [(x, y), (x + 0.1, y + 0.1), (x + 0.1, y), (x, y + 0.1), (x, y)]
    )
    return frame


FAULTS: dict[str, tuple[Change, str, tuple[int, ...], str]] = {
    # name: (what is done, file named, rows named, words in the English message)
    "missing file": (lambda f: (f / "data/counts.csv").unlink(), "counts.csv", (), ""),
    "empty table": (lambda f: (f / "data/counts.csv").write_text(""), "counts.csv", (), ""),
    "header only": (table("counts", lambda t: t.iloc[:0]), "counts.csv", (), ""),
    "missing column": (
        table("counts", lambda t: t.rename(columns={"members": "membrs total"})),
        "counts.csv",
        (),
        "membrs total",
    ),
    "duplicate ids": (
        table("places", lambda t: t.assign(place_id=[t["place_id"][1], *t["place_id"][1:]])),
        "places.csv",
        (2, 3),
        "",
    ),
    "outside every commune": (cell("places", 4, "lon", "120.5"), "places.csv", (4,), ""),
    "outside its own commune": (
        lambda f: _swap_points(f),
        "places.csv",
        (2,),
        "",
    ),
    "longitude and latitude swapped": (
        table("places", lambda t: t.rename(columns={"lon": "lat", "lat": "lon"})),
        "places.csv",
        (),
        "",
    ),
    "negative count": (cell("counts", 3, "members", "-2"), "counts.csv", (3,), "-2"),
    "more official than members": (
        both(cell("counts", 5, "members", "4"), cell("counts", 5, "official_members", "9")),
        "counts.csv",
        (5,),
        "",
    ),
    "text in a number column": (
        cell("counts", 6, "members", "khoảng 12"),
        "counts.csv",
        (6,),
        "khoảng 12",
    ),
    "counts of another province": (
        table("counts", lambda t: t.assign(place_id="77" + t["place_id"].str[2:])),
        "counts.csv",
        tuple(range(2, 20)),
        "",
    ),
    "missing CRS": (layer(lambda g: g, crs=None), "communes.parquet", (), "coordinate system"),
    "degrees labelled as metres": (
        layer(lambda g: g, crs="EPSG:32648"),
        "communes.parquet",
        (),
        "",
    ),
    "metres labelled as degrees": (
        layer(lambda g: g.to_crs(32648)),
        "communes.parquet",
        (),
        "",
    ),
    **{
        f"{name} of another part of the world": (
            other_part_of_the_world(name),
            name,
            (),
            "near the communes",
        )
        for name in ("border.geojson", "centres.geojson", "roads.geojson", "terrain.tif")
    },
    "terrain in degrees labelled as metres": (
        terrain_in_degrees,
        "terrain.tif",
        (),
        "coordinates are degrees",
    ),
    "not a layer": (
        lambda f: (f / "boundaries/communes.geojson").write_text('{"type": "Feat'),
        "communes.geojson",
        (),
        "",
    ),
}


def _swap_points(folder: Path) -> None:
    """Give the first place a point of another commune."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        other = frame.index[frame["commune_code"] != frame["commune_code"][0]][0]
        frame.loc[0, ["lon", "lat"]] = frame.loc[other, ["lon", "lat"]].tolist()
        return frame

    table("places", change)(folder)


@pytest.fixture
def project(clean: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(clean, tmp_path / "p"))


def check(folder: Path) -> tuple[int, dict]:
    result = CliRunner().invoke(cli.app, ["check", str(folder), "--json", "--lang", "en"])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, json.loads(result.stdout)


def test_the_clean_project_is_clean(project: Path) -> None:
    code, told = check(project)
    assert code == 0, told


@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_told_once_with_its_place_and_no_row_is_lost(project: Path, name: str) -> None:
    change, file, rows, words = FAULTS[name]
    change(project)
    code, told = check(project)
    assert code == 1
    errors = [p for p in told["problems"] if p["severity"] == "error"]
    errors = [p for p in errors if Path(p["file"]).name == file]
    assert len(errors) == 1, [p["text"] for p in told["problems"]]
    assert tuple(errors[0]["rows"]) == rows
    assert words in errors[0]["text"]
    for totals in told.get("account", {}).values():
        assert totals["rows"] == sum(v for k, v in totals.items() if k != "rows")


def test_invalid_geometry_is_told_and_nothing_is_dropped(project: Path) -> None:
    layer(bow_tie)(project)
    _, told = check(project)
    assert any(p["file"] and p["file"].startswith("communes") for p in told["problems"])


def test_all_faults_of_a_file_are_told_at_once(project: Path) -> None:
    cell("counts", 3, "members", "-2")(project)
    cell("counts", 6, "members", "khoảng 12")(project)
    cell("places", 4, "lon", "120.5")(project)
    code, told = check(project)
    assert code == 1
    assert {tuple(p["rows"]) for p in told["problems"] if p["severity"] == "error"} >= {
        (3,),
        (6,),
        (4,),
    }


@pytest.mark.parametrize(
    ("column", "value"), [("members", "-2"), ("members", "#REF!"), ("as_of", "31/31/2025")]
)
def test_what_cannot_be_used_leaves_its_place_in_the_list_and_unknown(
    project: Path, tmp_path: Path, column: str, value: str
) -> None:
    """Never zero members: the one number is unknown, or all of a row of no known date."""
    given = pd.read_csv(project / "data/counts.csv", dtype=str)
    row = int(given.index[given["cell_status"].eq("own") & given["candidates"].gt("0")][0])
    cell("counts", row + 2, column, value)(project)
    result = CliRunner().invoke(
        cli.app, ["run", str(project), "--out", str(tmp_path / "o"), "--json"]
    )
    assert result.exit_code == 1
    places = gpd.read_file(tmp_path / "o" / "places.geojson").set_index("place_id")
    line = places.loc[given["place_id"][row]]
    assert pd.isna(line["members"])
    if column == "as_of":
        assert pd.isna(line["candidates"])
        assert line["gap_level"] == "unknown"
    else:
        assert line["candidates"] == int(given["candidates"][row])
