"""Hostile and broken files, made by this script, and what reading each one gives.

``python tests/trust/corpus.py`` makes every file in a temporary folder, reads it in a process
of its own under a limit of memory and time, and prints the outcomes by class.
"""

import io
import json
import os
import resource
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from trust.more import MORE, ROADS

MEMORY_MB = 3000
"""Of addresses beyond Python's own; what is really taken must stay below PEAK_MB."""
PEAK_MB = 1300
SECONDS = 60
"""Of computing; ten times that by the clock, which runs faster where others compute too."""

Make = Callable[[Path], None]


@dataclass(frozen=True)
class Hostile:
    """One file: its class, name, how it is made, and the reader it is given to."""

    kind: str
    name: str
    make: Make
    reader: str

    @property
    def label(self) -> str:
        return f"{self.kind}: {self.name} -> {self.reader}"


HEADER = "Mã thôn;Thôn;Mã xã;Số đảng viên;Chi bộ\n"
ROWS = "A;Bản Nà;03127;3;riêng\nB;Bản Pá;03127;0;chưa có\n"


def data(content: bytes | str) -> Make:
    return lambda path: (
        path.write_bytes(content if isinstance(content, bytes) else content.encode()) and None
    )


def geojson(*features: dict, **members: object) -> Make:
    return data(json.dumps({"type": "FeatureCollection", "features": list(features)} | members))


def feature(ring: list, *, kind: str = "Polygon", **properties: object) -> dict:
    coordinates = [ring] if kind == "Polygon" else ring
    named = {"commune_code": "03127", "commune_name": "Na Son", "place_name": "Bản Nà"} | properties
    return {
        "type": "Feature",
        "properties": named,
        "geometry": {"type": kind, "coordinates": coordinates},
    }


def edit(line: list, *, kind: str = "closed") -> dict:
    return feature(line, kind="LineString", edit=kind)


def named(crs: str) -> dict:
    return {"type": "name", "properties": {"name": crs}}


SQUARE = [[103, 21], [103.1, 21], [103.1, 21.1], [103, 21.1], [103, 21]]


def workbook(
    change: Callable[[object], None] | None = None, rows: list[list[object]] | None = None
) -> Make:
    def make(path: Path) -> None:
        import openpyxl

        book = openpyxl.Workbook()
        for row in rows or [HEADER.strip().split(";"), *[r.split(";") for r in ROWS.splitlines()]]:
            book.active.append(row)
        if change:
            change(book)
        book.save(path)

    return make


def patched(member: str, content: bytes) -> Make:
    """Make a workbook in which one part of the archive is replaced."""

    def make(path: Path) -> None:
        whole = io.BytesIO()
        workbook()(path)
        with (
            zipfile.ZipFile(path) as source,
            zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as target,
        ):
            for name in source.namelist():
                target.writestr(name, content if name == member else source.read(name))
            if member not in source.namelist():
                target.writestr(member, content)
        path.write_bytes(whole.getvalue())

    return make


def truncated(make: Make, share: float = 0.5) -> Make:
    def cut(path: Path) -> None:
        make(path)
        whole = path.read_bytes()
        path.write_bytes(whole[: int(len(whole) * share)])

    return cut


def zip_bomb(path: Path) -> None:
    """An archive that unpacks to two gigabytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _ in range(2000):
                part.write(b" " * 2**20)


LAUGHS = (
    b"""<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">"""
    + b"".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">'.encode() for i in range(9))
    + b"]><sst xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><si><t>&j;</t></si></sst>"
)


def hidden(book: object) -> None:
    book.create_sheet("ẩn").sheet_state = "hidden"  # type: ignore[attr-defined]


def formulas(book: object) -> None:
    book.active["D2"] = "=1+2"  # type: ignore[attr-defined]
    book.active["D3"] = "=#REF!+1"  # type: ignore[attr-defined]


def layer(driver: str, *, crs: str | None = "EPSG:4326", name: str | None = None) -> Make:
    def make(path: Path) -> None:
        import geopandas as gpd
        from shapely import Polygon

        frame = gpd.GeoDataFrame(
            {"commune_code": ["03127"], "commune_name": ["Na Son"]},
            geometry=[Polygon(SQUARE)],
            crs=crs,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if driver == "Parquet":
                frame.to_parquet(path)
            else:
                frame.to_file(path, driver=driver, **({"layer": name} if name else {}))

    return make


def renamed_layer(name: str) -> Make:
    """Make a GeoPackage whose layer has a name no program would give it."""

    def make(path: Path) -> None:
        layer("GPKG", name="plain")(path)
        connection = sqlite3.connect(path)
        for table in ("gpkg_contents", "gpkg_geometry_columns", "gpkg_ogr_contents"):
            connection.execute(f"drop trigger if exists {table}_x")
            connection.execute(f"update {table} set table_name = ?", (name,))  # noqa: S608
        quoted = name.replace('"', '""')
        connection.execute(f'alter table plain rename to "{quoted}"')
        connection.commit()
        connection.close()

    return make


def without(suffix: str) -> Make:
    def make(path: Path) -> None:
        layer("ESRI Shapefile")(path)
        path.with_suffix(suffix).unlink()

    return make


def raster(**profile: object) -> Make:
    def make(path: Path) -> None:
        import numpy as np
        import rasterio
        from rasterio.transform import from_origin

        height, width = int(profile.pop("height", 8)), int(profile.pop("width", 8))  # type: ignore[call-overload]
        value, sparse = profile.pop("value", 100), profile.pop("sparse", False)
        profile.pop("band_values", None)
        if "transform" in profile:
            profile["transform"] = rasterio.Affine(*profile["transform"])  # type: ignore[misc]
        options = {
            "driver": "GTiff", "count": 1, "dtype": "float32", "crs": "EPSG:4326",
            "transform": from_origin(103, 22, 0.01, 0.01),
        } | profile  # fmt: skip
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with rasterio.open(path, "w", height=height, width=width, **options) as target:
                if not sparse:
                    target.write(
                        np.full((options["count"], height, width), value, dtype=options["dtype"])
                    )

    return make


def parquet_without_geometry(path: Path) -> None:
    import pandas as pd

    pd.DataFrame({"commune_code": ["03127"]}).to_parquet(path)


def many_vertices(path: Path) -> None:
    import numpy as np

    angle = np.linspace(0, 2 * np.pi, 1_000_000)
    ring = np.column_stack([103 + np.cos(angle) / 10, 21 + np.sin(angle) / 10])
    ring[-1] = ring[0]
    geojson(feature(ring.tolist()))(path)


def sqlite_with(statement: str) -> Make:
    def make(path: Path) -> None:
        connection = sqlite3.connect(path)
        connection.execute(statement)
        connection.commit()
        connection.close()

    return make


def traversal(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "../../../tmp/geoparty-escaped.geojson",
            json.dumps({"type": "FeatureCollection", "features": []}),
        )


CORPUS = [
    *(
        Hostile("encoding", name, data(content), "read_counts")
        for name, content in {
            "utf8.csv": HEADER + ROWS,
            "bom.csv": ("\ufeff" + HEADER + ROWS).encode(),
            "utf16.csv": (HEADER + ROWS).encode("utf-16"),
            "cp1258.csv": b"M\xe3;Th\xf4n\nA;B\n",
            "random.csv": bytes(range(256)) * 40,
            "nul.csv": (HEADER + ROWS).replace("3", "\0").encode(),
            "one-long-line.csv": "a;" * 500_000,
            "open-quote.csv": HEADER + '"A;Bản;03127;3;riêng\n' * 1000,
            "only-blank.csv": "\n \n;;;\n",
            "half-utf8.csv": (HEADER + ROWS).encode()[:-1] + b"\xe1\xba",
            "duplicate-header.csv": "Thôn;Thôn;Số đảng viên;Chi bộ\nA;B;3;riêng\n",
            "escapes.csv": HEADER + "=cmd|' /C calc'!A0;@SUM(1);03127;3;riêng\n",
        }.items()
    ),
    *(
        Hostile("workbook", name, make, "read_counts")
        for name, make in {
            "fine.xlsx": workbook(),
            "cut.xlsx": truncated(workbook()),
            "empty.xlsx": data(b""),
            "pdf.xlsx": data(b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF"),
            "html.xls": data("<html><table><tr><td>Thôn</td></tr></table></html>"),
            "locked.xlsx": data(bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 4000),
            "bomb.xlsx": zip_bomb,
            "laughs.xlsx": patched("xl/sharedStrings.xml", LAUGHS),
            "broken-sheet.xlsx": patched("xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row"),
            "huge-dimension.xlsx": patched(
                "xl/worksheets/sheet1.xml",
                b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:XFD1048576"/>'
                b'<sheetData><row r="1048576"><c r="XFD1048576" t="n"><v>1</v></c></row></sheetData></worksheet>',
            ),
            "traversal-part.xlsx": patched("../../escape.xml", b"<a/>"),
            "hidden.xlsx": workbook(hidden),
            "formulas.xlsx": workbook(formulas),
            "errors.xlsx": workbook(rows=[HEADER.strip().split(";"), ["A", "Bản", "03127", "#REF!", "riêng"]]),
            "persons.xlsx": workbook(
                rows=[["Họ và tên", "Ngày sinh", "Số CCCD"], ["Nguyễn Văn A", "01/02/1980", "001080012345"]]
            ),
            "no-rows.xlsx": workbook(rows=[HEADER.strip().split(";")]),
        }.items()
    ),
    *(
        Hostile("geojson", name, make, "read_communes")
        for name, make in {
            "fine.geojson": geojson(feature(SQUARE)),
            "cut.geojson": truncated(geojson(feature(SQUARE))),
            "nan.geojson": data(json.dumps({"type": "FeatureCollection", "features": [feature([*SQUARE[:1], [float("nan"), 21], *SQUARE[2:]])]})),
            "infinite.geojson": data(json.dumps({"type": "FeatureCollection", "features": [feature([*SQUARE[:1], [float("inf"), 21], *SQUARE[2:]])]})),
            "huge-number.geojson": geojson(feature([[1e300, 21], *SQUARE[1:]])),
            "antimeridian.geojson": geojson(feature([[179, 21], [-179, 21], [-179, 22], [179, 22], [179, 21]])),
            "bow-tie.geojson": geojson(feature([[103, 21], [103.1, 21.1], [103.1, 21], [103, 21.1], [103, 21]])),
            "spike.geojson": geojson(feature([[103, 21], [104, 21], [103, 21], [103, 21]])),
            "open-ring.geojson": geojson(feature(SQUARE[:-1])),
            "one-point-ring.geojson": geojson(feature([[103, 21]])),
            "million.geojson": many_vertices,
            "twice.geojson": geojson(feature(SQUARE), feature(SQUARE)),
            "duplicate-keys.geojson": data('{"type":"FeatureCollection","type":"Point","features":[],"features":[]}'),
            "deep.geojson": data('{"type":"FeatureCollection","features":' + "[" * 100_000 + "]" * 100_000 + "}"),
            "empty.geojson": geojson(),
            "null-shape.geojson": geojson({"type": "Feature", "properties": {}, "geometry": None}),
            "points.geojson": geojson(feature([103, 21], kind="Point")),
            "swapped.geojson": geojson(feature([[y, x] for x, y in SQUARE])),
            "metres.geojson": geojson(feature([[500_000 + i, 2_300_000 + j] for i, j in [(0, 0), (9, 0), (9, 9), (0, 0)]])),
            "far-away.geojson": geojson(feature([[5e6 + i, 5e5 + j] for i, j in [(0, 0), (9, 0), (9, 9), (0, 0)]]), crs={"type": "name", "properties": {"name": "EPSG:32648"}}),
            "wrong-crs.geojson": geojson(feature(SQUARE), crs={"type": "name", "properties": {"name": "EPSG:32648"}}),
            "unknown-crs.geojson": geojson(feature(SQUARE), crs={"type": "name", "properties": {"name": "EPSG:999999"}}),
            "markup.geojson": geojson(feature(SQUARE, commune_name="<script>alert(1)</script>`${1}`")),
            "not-json.geojson": data(b"\x00\x01\x02"),
        }.items()
    ),
    *(
        Hostile("geopackage", name, make, "read_communes")
        for name, make in {
            "fine.gpkg": layer("GPKG"),
            "cut.gpkg": truncated(layer("GPKG")),
            "not-sqlite.gpkg": data("hello"),
            "no-layers.gpkg": sqlite_with("create table x (a)"),
            "layer-name.gpkg": renamed_layer("../../etc'; drop table x; --"),
            "no-crs.gpkg": layer("GPKG", crs=None),
            "metres-label.gpkg": layer("GPKG", crs="EPSG:32648"),
        }.items()
    ),
    *(
        Hostile("shapefile", name, make, "read_communes")
        for name, make in {
            "fine.shp": layer("ESRI Shapefile"),
            "no-dbf.shp": without(".dbf"),
            "no-shx.shp": without(".shx"),
            "no-prj.shp": without(".prj"),
            "cut.shp": truncated(layer("ESRI Shapefile"), 0.7),
            "header-only.shp": data(struct.pack(">i", 9994) + b"\0" * 96),
        }.items()
    ),
    *(
        Hostile("geoparquet", name, make, "read_communes")
        for name, make in {
            "fine.parquet": layer("Parquet"),
            "cut.parquet": truncated(layer("Parquet")),
            "plain.parquet": parquet_without_geometry,
            "no-crs.parquet": layer("Parquet", crs=None),
            "magic.parquet": data(b"PAR1" + b"\xff" * 64 + b"PAR1"),
        }.items()
    ),
    *(
        Hostile("archive", name, make, "read_communes")
        for name, make in {"traversal.zip": traversal, "bomb.zip": zip_bomb, "not.zip": data("PK\3\4")}.items()
    ),
    *(
        Hostile("osm", name, make, "read_roads")
        for name, make in {
            "empty.osm.pbf": data(b""),
            "random.osm.pbf": data(bytes(range(256)) * 16),
            "huge-blob.osm.pbf": data(struct.pack(">i", 2**31 - 1) + b"\0" * 64),
            "header.osm.pbf": data(struct.pack(">i", 13) + b"\x0a\x09OSMHeader\x18\x10" + b"\0" * 8),
        }.items()
    ),
    *(
        Hostile("raster", name, make, "read_terrain")
        for name, make in {
            "fine.tif": raster(),
            "cut.tif": truncated(raster(height=300, width=300), 0.3),
            "no-crs.tif": raster(crs=None),
            "all-nan.tif": raster(value=float("nan")),
            "one-cell.tif": raster(height=1, width=1),
            "bytes.tif": raster(dtype="uint8"),
            "two-bands.tif": raster(count=1, nodata=100.0),
            "infinite.tif": raster(value=float("inf")),
            "enormous.tif": raster(height=200_000, width=200_000, sparse=True, tiled=True, SPARSE_OK=True, BIGTIFF="YES"),
            "not.tif": data("II*\0" + "x" * 50),
        }.items()
    ),
    *(
        Hostile("raster", name, make, "read_terrain")
        for name, make in {
            "metres-label.tif": raster(crs="EPSG:32648"),
            "metres-label-vn.tif": raster(crs="EPSG:9205"),
            "degrees-label.tif": raster(transform=(90.0, 0.0, 500_000.0, 0.0, -90.0, 2_350_000.0)),
            "swapped.tif": raster(transform=(0.01, 0.0, 22.0, 0.0, -0.01, 103.0)),
            "far-away.tif": raster(crs="EPSG:32648", transform=(90.0, 0.0, 5_000_000.0, 0.0, -90.0, 500_000.0)),
            "zero-pixel.tif": raster(transform=(0.0, 0.0, 103.0, 0.0, 0.0, 22.0)),
            "rotated.tif": raster(transform=(0.01, 0.005, 103.0, 0.005, -0.01, 22.0)),
            "nan-place.tif": raster(transform=(0.01, 0.0, float("nan"), 0.0, -0.01, 22.0)),
            "antimeridian.tif": raster(transform=(0.1, 0.0, 179.7, 0.0, -0.1, 22.0)),
            "complex.tif": raster(dtype="complex64"),
            "three-bands.tif": raster(count=3, band_values=True),
            "deep-tile.tif": raster(height=64, width=64, tiled=True, blockxsize=16384, blockysize=16384, SPARSE_OK=True, sparse=True),
            "large.tif": raster(height=19_000, width=10_000, sparse=True, tiled=True, SPARSE_OK=True, transform=(0.0001, 0.0, 103.0, 0.0, -0.0001, 22.0)),
            "vn2000-no-datum.tif": raster(crs="+proj=tmerc +lon_0=103 +k=0.9999 +x_0=500000 +ellps=WGS84 +units=m", transform=(90.0, 0.0, 500_000.0, 0.0, -90.0, 2_350_000.0)),
            "pointer.tif": data(b"<VRTDataset rasterXSize='1' rasterYSize='1'></VRTDataset>"),
            "picture.png": data(b"\x89PNG\r\n\x1a\n" + b"\0" * 50),
        }.items()
    ),
    *(
        Hostile("edits", name, make, "read_edits")
        for name, make in {
            "fine.geojson": geojson(edit([[103, 21], [103.1, 21]])),
            "swapped.geojson": geojson(edit([[21, 103], [21, 103.1]])),
            "metres.geojson": geojson(edit([[500_000, 2_300_000], [500_900, 2_300_000]])),
            "wrong-crs.geojson": geojson(edit([[103, 21], [103.1, 21]]), crs=named("EPSG:32648")),
            "far-away.geojson": geojson(edit([[5e6, 5e5], [5.001e6, 5e5]]), crs=named("EPSG:32648")),
            "infinite.geojson": data(json.dumps({"type": "FeatureCollection", "features": [edit([[103, 21], [float("inf"), 21]])]})),
            "antimeridian.geojson": geojson(edit([[179.9, 21], [-179.9, 21]])),
            "polygon.geojson": geojson(feature(SQUARE, edit="closed")),
            "unknown-edit.geojson": geojson(edit([[103, 21], [103.1, 21]], kind="<script>alert(1)</script>")),
            "no-edit.geojson": geojson(feature([103, 21], kind="Point")),
            "persons.geojson": geojson(feature([103, 21], kind="Point", edit="closed", ho_ten="Nguyễn Văn A", so_cccd="001080012345")),
        }.items()
    ),
    *(
        Hostile(kind, name, make, "read_counts" if kind in ("encoding", "workbook") else "read_communes")
        for kind, files in MORE.items()
        for name, make in files.items()
    ),
    *(Hostile("osm", name, make, "read_roads") for name, make in ROADS.items()),
]  # fmt: skip


class Reading:
    """A small process that reads each file in a fork of itself, and tells what that took.

    A fork has the memory of its parent for its own: one of a test run with a gigabyte of results
    would be told to need a gigabyte.
    """

    def __enter__(self) -> Self:
        command = [sys.executable, __file__, "--serve"]
        self._process = subprocess.Popen(command, stdin=-1, stdout=-1, text=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def outcome(self, hostile: Hostile, folder: Path) -> tuple[str, float]:
        """Return what reading one file gave, and the most megabytes it took, Python's own too.

        ``read`` and ``refused`` (one of our errors, with words for the user) are right; anything
        else is the name of what went wrong.
        """
        path = folder / f"{hostile.kind}-{hostile.name}"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            hostile.make(path)
        asked, answer = self._process.stdin, self._process.stdout
        asked.write(json.dumps([hostile.reader, str(path)]) + "\n")  # type: ignore[union-attr]
        asked.flush()  # type: ignore[union-attr]
        told, peak_mb = json.loads(answer.readline())  # type: ignore[union-attr]
        return told, peak_mb


def serve() -> None:
    """Answer each line, a reader and a path, with the outcome and the peak in MB."""
    from geoparty import read  # noqa: F401 - loaded once, before the forks

    for line in sys.stdin:
        receive, send = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(receive)
            reader, path = json.loads(line)
            os.write(send, _read_limited(reader, Path(path)).encode())
            os._exit(0)
        os.close(send)
        with os.fdopen(receive, "rb") as pipe:
            told = pipe.read().decode()
        _, status, usage = os.wait4(child, 0)
        if not told:
            told = f"killed by signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else "died"
        sys.stdout.write(json.dumps([told, usage.ru_maxrss / 1024]) + "\n")
        sys.stdout.flush()


def _read_limited(reader: str, path: Path) -> str:
    """Read in this (forked) process; every way out is a word."""
    from geoparty import read
    from geoparty.errors import GeopartyError

    warnings.simplefilter("ignore")
    own = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (own + MEMORY_MB * 2**20,) * 2)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    signal.alarm(10 * SECONDS)
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, 2)
    try:
        given = getattr(read, reader)(path)
    except GeopartyError as error:
        texts = [error.text("vi"), error.text("en")]
        return (
            "refused"
            if all(t.strip() and str(path.parent) not in t for t in texts)
            else "refused without words"
        )
    except BaseException as error:  # the point is to see what comes out
        return f"{type(error).__name__}: {str(error)[:80]}"
    problems = getattr(given, "problems", ())
    return "read with problems" if problems else "read"


def main() -> int:
    if "--serve" in sys.argv:
        serve()
        return 0
    table: dict[str, Counter[str]] = {}
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder, Reading() as reading:
        for hostile in CORPUS:
            told, peak = reading.outcome(hostile, Path(folder))
            worst = max(worst, peak)
            table.setdefault(hostile.kind, Counter())[told] += 1
            sys.stdout.write(f"{hostile.label}: {told} ({peak:.0f} MB)\n")
    for kind, counts in table.items():
        sys.stdout.write(f"{kind}: {sum(counts.values())} files, {dict(counts)}\n")
    sys.stdout.write(f"{len(CORPUS)} files, peak {worst:.0f} MB\n")
    right = {"read", "refused", "read with problems"}
    return 0 if all(set(c) <= right for c in table.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
