"""Makers of hostile files that need more than a line: packages, bombs, OpenStreetMap blobs."""

import json
import sqlite3
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

Make = Callable[[Path], None]
HEADER = ("Mã thôn", "Thôn", "Mã xã", "Số đảng viên", "Chi bộ")
SQUARE = ((103, 21), (103.1, 21), (103.1, 21.1), (103, 21.1), (103, 21))


def table(suffix_rows: int) -> Make:
    """Make a CSV of that many rows."""

    def make(path: Path) -> None:
        head = "Mã thôn;Thôn;Mã xã;Số đảng viên;Chi bộ\n"
        lines = (f"A{i};Bản {i};03127;{i % 40};riêng\n" for i in range(suffix_rows))
        path.write_text(head + "".join(lines), "utf-8")

    return make


def ods(*, repeated: int = 1, entity: bool = False) -> Make:
    """Make an OpenDocument sheet; ``repeated`` rows that take no room in the file."""

    def make(path: Path) -> None:
        cells = "".join(
            f'<table:table-cell office:value-type="string"><text:p>{t}</text:p></table:table-cell>'
            for t in HEADER
        )
        row = f"<table:table-row>{cells}</table:table-row>"
        first = cells
        for old, new in zip(HEADER, ("A", "Bản Nà", "03127", "3", "riêng"), strict=True):
            first = first.replace(f"<text:p>{old}<", f"<text:p>{new}<")
        row += f'<table:table-row table:number-rows-repeated="{repeated}">{first}</table:table-row>'
        names = "".join(
            f' xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"'
            for n in ("office", "table", "text")
        )
        bomb = '<!DOCTYPE x [<!ENTITY a "aaaa">]>' if entity else ""
        body = f'<office:body><office:spreadsheet><table:table table:name="a">{row}</table:table></office:spreadsheet></office:body>'
        with zipfile.ZipFile(path, "w") as archive:
            kind = "application/vnd.oasis.opendocument.spreadsheet"
            archive.writestr("mimetype", kind)
            archive.writestr(
                "META-INF/manifest.xml",
                '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
                f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>',
            )
            archive.writestr(
                "content.xml",
                f'<?xml version="1.0"?>{bomb}<office:document-content{names} office:version="1.2">{body}</office:document-content>',
            )

    return make


def encrypted(path: Path) -> None:
    """Make a workbook with a password: an OLE file of the parts EncryptionInfo, EncryptedPackage.

    One sector of the table of sectors, one of the directory, then the two parts (MS-CFB).
    """
    sector, end, free, none = 512, 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFF
    parts = (
        ("EncryptionInfo", b"\4\0\4\0\x40\0\0\0<encryption/>"),
        ("EncryptedPackage", b"\x7f" * 4096),
    )
    parts = tuple((name, data.ljust(4096, b"\0")) for name, data in parts)  # no short streams
    table, entries, at = [0xFFFFFFFD, end], [], 2
    for name, data in parts:
        entries.append((name, 2, none, at, len(data)))
        table += [*range(at + 1, at + len(data) // sector), end]
        at += len(data) // sector
    entries = [("Root Entry", 5, 1, end, 0), *entries, ("", 0, none, 0, 0)]
    directory = b""
    for i, (name, kind, child, start, size) in enumerate(entries):
        wide = name.encode("utf-16-le")
        right = 2 if i == 1 else none
        directory += wide.ljust(64, b"\0") + struct.pack(
            "<HBBIII16xI16xIQ",
            len(wide) + 2 if name else 0,
            kind,
            1,
            none,
            right,
            child,
            0,
            start,
            size,
        )
    header = bytes.fromhex("d0cf11e0a1b11ae1") + struct.pack(
        "<16xHHHHH6xIIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, end, 0, end, 0, 0
    )
    sectors = struct.pack("<128I", *table, *[free] * (128 - len(table))) + directory
    path.write_bytes(
        header + b"\xff" * (sector - len(header)) + sectors + b"".join(d for _, d in parts)
    )


def zipped(*members: tuple[str, bytes]) -> Make:
    """Make an archive of these members, names as they are."""

    def make(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in members:
                archive.writestr(name, data)

    return make


def many_members(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(20_000):
            archive.writestr(f"{i}.geojson", b"")


def symlink(path: Path) -> None:
    info = zipfile.ZipInfo("communes.geojson")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(info, "/etc/passwd")


def lying_size(path: Path) -> None:
    """Make an archive whose tables say that a member of 100 MB has ten bytes."""
    zipped(("communes.geojson", b" " * 100_000_000))(path)
    data = bytearray(path.read_bytes())
    for mark, at in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        where = data.find(mark) + at
        data[where : where + 4] = struct.pack("<I", 10)
    path.write_bytes(data)


def shapefile_zip(path: Path) -> None:
    folder = path.parent / f"{path.stem}-parts"
    folder.mkdir()
    frame().to_file(folder / "a.shp", driver="ESRI Shapefile")
    with zipfile.ZipFile(path, "w") as archive:
        for part in folder.iterdir():
            archive.write(part, part.name)


def frame(geometry: object = None, *, crs: str = "EPSG:4326", rows: int = 1) -> object:
    import geopandas as gpd
    from shapely import Polygon

    shape = Polygon(SQUARE) if geometry is None else geometry
    columns = {
        "commune_code": ["03127"] * rows,
        "commune_name": ["Na Son"] * rows,
    }
    return gpd.GeoDataFrame(columns, geometry=[shape] * rows, crs=crs)


def vector(
    driver: str,
    geometry: str = "square",
    *,
    layer_options: dict[str, str] | None = None,
    **options: object,
) -> Make:
    """Make a file of one commune with an impossible shape."""

    def make(path: Path) -> None:
        import numpy as np
        from shapely import MultiPolygon, Polygon, box

        angle = np.linspace(0, 2 * np.pi, 1_000_000)
        ring = np.column_stack([103 + np.cos(angle) / 10, 21 + np.sin(angle) / 10])
        ring[-1] = ring[0]
        shapes = {
            "square": Polygon(SQUARE),
            "nan": Polygon([(103, 21), (float("nan"), 21), (103.1, 21.1), (103, 21)]),
            "infinite": Polygon([(103, 21), (float("inf"), 21), (103.1, 21.1), (103, 21)]),
            "bow-tie": Polygon([(103, 21), (103.1, 21.1), (103.1, 21), (103, 21.1)]),
            "antimeridian": Polygon([(179, 21), (-179, 21), (-179, 22), (179, 22)]),
            "hole-outside": Polygon(SQUARE, [[(105, 21), (105.1, 21), (105.1, 21.1)]]),
            "million": Polygon(ring),
            "overlapping-parts": MultiPolygon([box(103, 21, 103.2, 21.2), box(103.1, 21.1, 103.3, 21.3)]),
        }  # fmt: skip
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = frame(shapes[geometry], **options)  # type: ignore[arg-type]
            if driver == "Parquet":
                made.to_parquet(path)  # type: ignore[attr-defined]
            else:
                layer = (
                    {"layer": "commune", "layer_options": layer_options} if driver == "GPKG" else {}
                )
                made.to_file(path, driver=driver, **layer)  # type: ignore[attr-defined]

    return make


def after(make: Make, change: Callable[[Path], object]) -> Make:
    """Make a file, then spoil it."""

    def both(path: Path) -> None:
        make(path)
        change(path)

    return both


def sql(*statements: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        connection = sqlite3.connect(path)
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()

    return change


def part(suffix: str, data: bytes) -> Callable[[Path], object]:
    return lambda path: path.with_suffix(suffix).write_bytes(data)


def cut_part(suffix: str) -> Callable[[Path], object]:
    def change(path: Path) -> None:
        other = path.with_suffix(suffix)
        other.write_bytes(other.read_bytes()[:20])

    return change


def parquet_metadata(change: Callable[[dict], object]) -> Make:
    """Make a GeoParquet whose description of its geometry is changed."""

    def make(path: Path) -> None:
        import pyarrow.parquet as pq

        frame().to_parquet(path)  # type: ignore[attr-defined]
        told = pq.read_table(path)
        geo = json.loads(told.schema.metadata[b"geo"])
        change(geo)
        metadata = {**told.schema.metadata, b"geo": json.dumps(geo).encode()}
        pq.write_table(told.replace_schema_metadata(metadata), path)

    return make


def parquet_bomb(path: Path) -> None:
    """Make a GeoParquet of six million rows in a few kilobytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    import shapely

    frame().to_parquet(path)  # type: ignore[attr-defined]
    schema = pq.read_schema(path)
    shape = shapely.to_wkb(shapely.Point(103, 21))
    chunk = pa.table(
        {
            "commune_code": pa.DictionaryArray.from_arrays([0] * 1_000_000, ["03127"]).cast(
                schema.field("commune_code").type
            ),
            "commune_name": pa.DictionaryArray.from_arrays([0] * 1_000_000, ["x"]).cast(
                schema.field("commune_name").type
            ),
            "geometry": pa.array([shape] * 1_000_000, pa.binary()),
        },
        schema=schema,
    )
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for _ in range(6):
            writer.write_table(chunk)


def wkb_garbage(path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    frame().to_parquet(path)  # type: ignore[attr-defined]
    told = pq.read_table(path)
    at = told.schema.get_field_index("geometry")
    pq.write_table(told.set_column(at, told.schema.field(at), pa.array([b"\x01\xff\xff"])), path)


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def blob(kind: str, data: bytes, *, raw_size: int | None = None, squeezed: bool = True) -> bytes:
    size = len(data) if raw_size is None else raw_size
    body = field(2, size) + field(3, zlib.compress(data)) if squeezed else field(1, data)
    head = field(1, kind.encode()) + field(3, len(body))
    return struct.pack(">i", len(head)) + head + body


OSM_HEADER = blob("OSMHeader", field(4, b"OsmSchema-V0.6") + field(4, b"DenseNodes"))


def osm_block(lon: list[float], lat: list[float], *, missing: int = 0) -> bytes:
    """Return a block with one road through these nodes; ``missing`` more that are nowhere."""

    def zigzag(values: list[int]) -> bytes:
        steps = [b - a for a, b in zip([0, *values], values, strict=False)]
        return b"".join(varint((s << 1) ^ (s >> 63)) for s in steps)

    ids = list(range(1, len(lon) + 1))
    dense = field(1, zigzag(ids)) + b"".join(
        field(n, zigzag([round(v * 1e7) for v in values])) for n, values in ((8, lat), (9, lon))
    )
    refs = zigzag([*ids, *range(900, 900 + missing)])
    way = field(1, 7) + field(2, varint(1)) + field(3, varint(2)) + field(8, refs)
    strings = b"".join(field(1, s) for s in (b"", b"highway", b"track"))
    return field(1, strings) + field(2, field(2, dense)) + field(2, field(3, way))


def osm(*blocks: bytes, **lies: object) -> Make:
    parts = b"".join(blob("OSMData", b, **lies) for b in blocks)  # type: ignore[arg-type]
    return lambda path: path.write_bytes(OSM_HEADER + parts) and None


ROAD = osm_block([103.0, 103.01, 103.02], [21.0, 21.01, 21.0])
MORE = {
    "encoding": {
        "utf32.csv": lambda p: p.write_bytes("Thôn;Số đảng viên;Chi bộ\nBản;3;riêng\n".encode("utf-32")),
        "long.csv": table(200_000),
        "mixed-deep.csv": after(table(20_000), lambda p: p.write_bytes(p.read_bytes() + b"A;B\xb6n;03127;3;x\n")),
        "digits.csv": lambda p: p.write_text("Mã thôn;Mã xã;Số đảng viên;Chi bộ\nA;03127;" + "9" * 5000 + ";riêng\n"),
        "twice.csv": lambda p: p.write_text("Mã thôn;Mã xã;Số đảng viên;Chi bộ\nA;03127;3;riêng\nA;03127;4;riêng\n"),
        "persons.csv": lambda p: p.write_text("Họ và tên;Ngày sinh;Số CCCD\nNguyễn Văn A;01/02/1980;001080012345\n"),
        "escape-codes.csv": lambda p: p.write_bytes(b"\x1b[2J\x1b]0;x\x07;b\n1;2\n"),
    },
    "workbook": {
        "fine.ods": ods(),
        "repeated.ods": ods(repeated=2_000_000_000),
        "entity.ods": ods(entity=True),
        "cut.ods": after(ods(), lambda p: p.write_bytes(p.read_bytes()[:300])),
        "password.xlsx": encrypted,
        "nested.xlsx": zipped(("xl/workbook.xml", b"PK\3\4" + b"\0" * 100)),
        "many-parts.xlsx": many_members,
        "lying-size.xlsx": lying_size,
    },
    "geojson": {
        "hole-outside.geojson": vector("GeoJSON", "hole-outside"),
        "overlapping-parts.geojson": vector("GeoJSON", "overlapping-parts"),
        "same-code-twice.geojson": vector("GeoJSON", rows=2),
        "text-coordinates.geojson": lambda p: p.write_text('{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":["a","b"]}}]}'),
        "four-dimensions.geojson": lambda p: p.write_text('{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"commune_code":"1"},"geometry":{"type":"Polygon","coordinates":[[[103,21,1,2],[104,21,1,2],[104,22,1,2],[103,21,1,2]]]}}]}'),
        "long-text.geojson": lambda p: p.write_text('{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"commune_name":"' + "a" * 50_000_000 + '"},"geometry":null}]}'),
        "persons.geojson": lambda p: p.write_text('{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"ho_ten":"Nguyễn Văn A","so_cccd":"001080012345"},"geometry":{"type":"Point","coordinates":[103,21]}}]}'),
    },
    "geopackage": {
        "nan.gpkg": vector("GPKG", "nan"),
        "infinite.gpkg": vector("GPKG", "infinite"),
        "bow-tie.gpkg": vector("GPKG", "bow-tie"),
        "antimeridian.gpkg": vector("GPKG", "antimeridian"),
        "million.gpkg": vector("GPKG", "million"),
        "garbage-shape.gpkg": after(vector("GPKG", layer_options={"SPATIAL_INDEX": "NO"}), sql("update commune set geom = x'4750ff'")),
        "missing-table.gpkg": after(vector("GPKG"), sql("update gpkg_contents set table_name = 'gone'")),
        "unknown-srs.gpkg": after(vector("GPKG"), sql("update gpkg_geometry_columns set srs_id = 777777")),
        "view.gpkg": after(vector("GPKG"), sql("create view evil as select load_extension('x'), * from sqlite_master")),
    },
    "shapefile": {
        "wrong-prj.shp": after(vector("ESRI Shapefile"), part(".prj", b"GEOGCS[garbage")),
        "metres-prj.shp": after(vector("ESRI Shapefile"), part(".prj", b'PROJCS["WGS 84 / UTM zone 48N",GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",105],PARAMETER["scale_factor",0.9996],PARAMETER["false_easting",500000],PARAMETER["false_northing",0],UNIT["metre",1]]')),
        "cut-dbf.shp": after(vector("ESRI Shapefile"), cut_part(".dbf")),
        "cut-shx.shp": after(vector("ESRI Shapefile"), cut_part(".shx")),
        "wrong-cpg.shp": after(vector("ESRI Shapefile"), part(".cpg", b"NO-SUCH-CODE")),
        "other-dbf.shp": after(vector("ESRI Shapefile"), part(".dbf", b"\x03" + b"\xff" * 400)),
        "bow-tie.shp": vector("ESRI Shapefile", "bow-tie"),
        "antimeridian.shp": vector("ESRI Shapefile", "antimeridian"),
        "million.shp": vector("ESRI Shapefile", "million"),
    },
    "geoparquet": {
        "nan.parquet": vector("Parquet", "nan"),
        "infinite.parquet": vector("Parquet", "infinite"),
        "bow-tie.parquet": vector("Parquet", "bow-tie"),
        "antimeridian.parquet": vector("Parquet", "antimeridian"),
        "million.parquet": vector("Parquet", "million"),
        "same-code-twice.parquet": vector("Parquet", rows=2),
        "garbage-wkb.parquet": wkb_garbage,
        "other-encoding.parquet": parquet_metadata(lambda g: g["columns"]["geometry"].update(encoding="none")),
        "no-such-column.parquet": parquet_metadata(lambda g: g.update(primary_column="gone")),
        "nonsense-crs.parquet": parquet_metadata(lambda g: g["columns"]["geometry"].update(crs={"type": "x"})),
        "bomb.parquet": parquet_bomb,
    },
    "archive": {
        "fine.zip": shapefile_zip,
        "absolute.zip": zipped(("/tmp/geoparty-escaped.geojson", b"{}")),  # noqa: S108
        "backslash.zip": zipped(("..\\..\\geoparty-escaped.geojson", b"{}")),
        "nested.zip": zipped(("a.zip", b"PK\3\4" * 100)),
        "control-name.zip": zipped(("a\x1b[2J\n.geojson", b"{}")),
        "symlink.zip": symlink,
        "many.zip": many_members,
        "lying-size.zip": lying_size,
        "pointer.zip": zipped(("a.vrt", b"<OGRVRTDataSource/>")),
    },
    "xml": {
        "fine.kml": vector("KML"),
        "laughs.kml": lambda p: p.write_bytes(b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">' + b"".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">'.encode() for i in range(9)) + b']><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>&j;</name></Placemark></Document></kml>'),
        "outside.gml": lambda p: p.write_bytes(b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml"><gml:name>&a;</gml:name></gml:FeatureCollection>'),
        "deep.kml": lambda p: p.write_bytes(b'<kml xmlns="http://www.opengis.net/kml/2.2">' + b"<Folder>" * 50_000 + b"</Folder>" * 50_000 + b"</kml>"),
        "pointer.vrt": lambda p: p.write_bytes(b'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>http://127.0.0.1:9/x</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'),
    },
}  # fmt: skip
ROADS = {
    "fine.osm.pbf": osm(ROAD),
    "cut.osm.pbf": after(osm(ROAD), lambda p: p.write_bytes(p.read_bytes()[:-20])),
    "bomb.osm.pbf": osm(b"\0" * 400_000_000),
    "lying-size.osm.pbf": osm(ROAD, raw_size=10),
    "huge-size.osm.pbf": osm(ROAD, raw_size=2**40),
    "missing-nodes.osm.pbf": osm(osm_block([103.0, 103.01], [21.0, 21.0], missing=3)),
    "antimeridian.osm.pbf": osm(osm_block([179.9, -179.9], [21.0, 21.0])),
    "off-the-globe.osm.pbf": osm(osm_block([500.0, 501.0], [121.0, 121.0])),
    "no-roads.osm.pbf": osm(osm_block([103.0], [21.0])),
    "garbage-block.osm.pbf": osm(b"\xff" * 1000),
    "twice.osm.pbf": osm(ROAD, ROAD),
    "laughs.osm": lambda p: p.write_bytes(
        b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><osm><way id="1"><tag k="name" v="&b;"/></way></osm>'
    ),
    "cut.osm": lambda p: p.write_bytes(
        b'<osm version="0.6"><node id="1" lat="21" lon="103"/><way id="3"><nd re'
    ),
    "text-numbers.osm": lambda p: p.write_bytes(
        b'<osm version="0.6"><node id="x" lat="north" lon="nan"/><way id="3"><nd ref="y"/><tag k="highway" v="track"/></way></osm>'
    ),
}
