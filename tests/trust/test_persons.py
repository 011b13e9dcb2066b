"""Records of persons are refused wherever they enter, and nothing of them stays anywhere."""

import io
import json
import logging
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from shapely import Point
from typer.testing import CliRunner

from geoparty import cli, pipeline, sample
from geoparty.errors import InputError
from geoparty.pages import bring
from geoparty.project import Project, changed, open_project

PLANTED = [f"Nguyễn Văn Kín{i:02d}" for i in range(12)]
NUMBERS = [f"0110801{i:05d}" for i in range(12)]
HEADS = ("Họ và tên", "Ngày sinh", "Số CCCD", "Số đảng viên", "Chi bộ", "Thôn")


def rows(heads: tuple[str, ...] = HEADS) -> pd.DataFrame:
    columns = (PLANTED, ["01/02/1980"] * 12, NUMBERS, ["1"] * 12, ["riêng"] * 12, ["Bản Nà"] * 12)
    return pd.DataFrame(dict(zip(heads, columns, strict=True)))


def layer(suffix: str) -> bytes:
    frame = gpd.GeoDataFrame(rows(), geometry=[Point(103, 21)] * 12, crs="EPSG:4326")
    frame = frame.assign(commune_code="03127")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"a{suffix}")
        frame.to_parquet(path) if suffix == ".parquet" else frame.to_file(path)
        return path.read_bytes()


def book(frame: pd.DataFrame, *, behind: bool = False) -> bytes:
    """Return a workbook; ``behind``: the persons are on a second sheet of it."""
    made, stream = openpyxl.Workbook(), io.BytesIO()
    sheet = made.active
    if behind:
        sheet.append(["Mã thôn", "Số đảng viên", "Chi bộ"])
        sheet.append(["A", 3, "riêng"])
        sheet = made.create_sheet("Danh sách")
    for row in [list(frame.columns), *frame.to_numpy().tolist()]:
        sheet.append(row)
    made.save(stream)
    return stream.getvalue()


def late(places: int = 5000) -> pd.DataFrame:
    """Return a table with honest headers in which persons stand below many rows of places."""
    heads = ["Thôn", "Số đảng viên", "Chi bộ", "Ghi chú", "Ghi chú 2"]
    lines = [(f"Bản {i}", i % 30, "riêng", None, None) for i in range(places)]
    persons = zip(rows().iloc[:, 0], rows().iloc[:, 2], strict=True)
    return pd.DataFrame([*lines, *(("Bản X", 1, "riêng", *p) for p in persons)], columns=heads)


def late_layer() -> bytes:
    table = late()
    points = [Point(103, 21)] * len(table)
    frame = gpd.GeoDataFrame(table, geometry=points, crs="EPSG:4326")
    with tempfile.TemporaryDirectory() as folder:
        frame.to_file(Path(folder, "a.gpkg"))
        return Path(folder, "a.gpkg").read_bytes()


PLAIN = tuple("abcdef")
ENTRIES: dict[str, tuple[str, str, Callable[[], bytes]]] = {
    # name: (input, file name, content)
    "csv": ("counts", "a.csv", lambda: rows().to_csv(index=False, sep=";").encode()),
    "csv without telling headers": (
        "counts",
        "a.csv",
        lambda: rows((*PLAIN[:3], "Số đảng viên", "Chi bộ", "Thôn")).to_csv(index=False).encode(),
    ),
    "csv, far down": ("counts", "a.csv", lambda: late().to_csv(index=False).encode()),
    "workbook, far down": ("counts", "a.xlsx", lambda: book(late().fillna(""))),
    "geopackage, far down": ("places", "a.gpkg", late_layer),
    "csv as places": ("places", "a.csv", lambda: rows().to_csv(index=False).encode()),
    "workbook": ("counts", "a.xlsx", lambda: book(rows())),
    "workbook, second sheet": ("counts", "a.xlsx", lambda: book(rows(), behind=True)),
    "geojson": ("places", "a.geojson", lambda: layer(".geojson")),
    "geopackage": ("communes", "a.gpkg", lambda: layer(".gpkg")),
    "geoparquet": ("centres", "a.parquet", lambda: layer(".parquet")),
}


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("persons")
    communes = sample.invent_communes(3, seed=5)
    sample.write_sample(sample.make_sample(communes, places_per_commune=3, seed=5), folder)
    return folder


@pytest.fixture
def project(clean: Path, tmp_path: Path) -> Project:
    return open_project(shutil.copytree(clean, tmp_path / "p"))


def traces(*texts: str) -> list[str]:
    """Return what of the planted persons is in any of the texts."""
    wanted = [*PLANTED, *NUMBERS, *(name.split()[-1] for name in PLANTED)]
    return [word for word in wanted if any(word in text for text in texts)]


def new_files(since: set[Path], *folders: Path) -> list[str]:
    found = [p for folder in folders for p in folder.rglob("*") if p.is_file() and p not in since]
    return [p.read_bytes().decode("utf-8", "replace") for p in found if os.access(p, os.R_OK)]


@pytest.mark.parametrize("name", ENTRIES)
def test_an_upload_of_persons_is_refused_and_leaves_nothing(
    name: str,
    project: Project,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    figures: Counter[str],
) -> None:
    kind, file, make = ENTRIES[name]
    data = make()
    places = [project.folder, bring._MEMORY, Path(tempfile.gettempdir())]
    before = {p for folder in places[:2] for p in folder.rglob("*")} | set(places[2].iterdir())
    with caplog.at_level(logging.DEBUG), pytest.raises(InputError) as caught:  # noqa: SIM117
        with bring.trial(project, kind, file, data, add=False) as (tried, _):
            pipeline.check(tried)
    told = caught.value
    assert {p.key for p in told.problems} == {"read.persons"}
    out = capfd.readouterr()
    texts = [told.text("vi"), told.text("en"), repr(told), str(told.args), caplog.text, *out]
    kept = new_files(before, *places[:2])
    assert traces(*texts, *kept) == []
    figures["persons: entries refused"] += 1
    figures["persons: traces found"] += 0


@pytest.mark.parametrize("name", ENTRIES)
def test_commands_refuse_a_project_that_names_persons(
    name: str, project: Project, figures: Counter[str]
) -> None:
    """In the project's own folder too: told without a word of them, and no output is written."""
    kind, file, make = ENTRIES[name]
    (project.folder / "data" / file).write_bytes(make())
    toml = project.folder / "project.toml"
    value = [f"data/{file}"] if kind == "counts" else f"data/{file}"
    text = changed(toml.read_text("utf-8"), {("inputs", kind): value})
    toml.write_text(text, "utf-8")
    for command in (["check"], ["run"], ["columns"], ["review", "--json"]):
        before = set(project.folder.rglob("*"))
        done = CliRunner().invoke(cli.app, [command[0], str(project.folder), *command[1:]])
        assert done.exit_code == 1, (command, done.output)
        assert isinstance(done.exception, SystemExit)
        assert traces(done.output, *new_files(before, project.folder)) == []
        figures["persons: commands refused"] += 1
    assert not (project.folder / "out").exists() or not any((project.folder / "out").iterdir())


def test_the_search_would_find_them(project: Project) -> None:
    """Else the tests above would pass whatever is left behind."""
    before = set(project.folder.rglob("*"))
    (project.folder / "left.json").write_text(
        json.dumps({"x": PLANTED[3]}, ensure_ascii=False), "utf-8"
    )
    assert traces(*new_files(before, project.folder)) == [PLANTED[3], PLANTED[3].split()[-1]]
