"""The parsers that are ours, each as a function of bytes, for fuzzing.

A target turns bytes into what its parser takes, and lets one of our errors pass; any other
exception, and any broken law, is a find.
"""

import contextlib
import tempfile
import tomllib
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from geoparty import read
from geoparty.errors import GeopartyError
from geoparty.link.names import name_key
from geoparty.pages.bring import safe_name
from geoparty.project import changed
from geoparty.read import legacy, values
from geoparty.read.headers import recognise_headers
from geoparty.read.layout import stated_date, unit_name
from geoparty.read.overrides import overrides_bytes, read_overrides
from geoparty.settings import parse_settings

Target = Callable[[bytes], object]

SEEDS = {
    "csv": "Mã thôn;Thôn;Mã xã;Số đảng viên;Chi bộ\nA;Bản Nà;03127;3;riêng\nTổng;;;3;\n".encode(),
    "xlsx": b"PK\3\4",
    "geojson": b'{"type":"FeatureCollection","features":[]}',
    "osm": b"\0\0\0\x0d\x0a\x09OSMHeader\x18\x10",
    "osm_xml": b'<osm version="0.6"><node id="1" lat="21" lon="103"/><node id="2" lat="21"'
    b' lon="103.1"/><way id="3"><nd ref="1"/><nd ref="2"/><tag k="highway" v="track"/></way></osm>',
    "overrides": b"date,table,key,decision,unit_name,reason\n2026-05-01,counts,a,B,c,d\n",
    "toml": b'language = "vi"\n[inputs]\nplaces = "a.csv"\n[rules]\nmin_official_members = 3\n',
    "edit": b'[inputs]\ncounts = [\n "a.csv",\n]\n[rules]\n',
    "cells": "1.234,5|12/3/2025|Có|#REF!|−3|103°5'".encode(),
    "legacy": "Ñieän Bieân|B¶n Nµ|Thôn 1".encode(),
    "names": "Thôn Hoà Bình II|bản  Nậm Pồ (cũ)".encode(),
    "headers": "Số ĐV|Họ và tên|Mã xã|Chi bo".encode(),
}
"""One sound input of each target to start from."""


def _file(suffix: str, reader: str) -> Target:
    def read_it(data: bytes) -> None:
        told = None
        with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
            path = Path(folder, f"f{suffix}")
            path.write_bytes(data)
            try:
                getattr(read, reader)(path)
            except GeopartyError as error:
                told = error
        if told is not None:
            assert told.text("vi").strip()
            assert folder not in told.text("en")

    return read_it


def _overrides(data: bytes) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        path = Path(folder, "overrides.csv")
        path.write_bytes(data)
        try:
            frame = read_overrides(path)
        except GeopartyError:
            return
        path.write_bytes(overrides_bytes(frame))
        pd.testing.assert_frame_equal(read_overrides(path), frame, check_dtype=False)


def _toml(data: bytes) -> None:
    with contextlib.suppress(GeopartyError, tomllib.TOMLDecodeError):
        parse_settings(tomllib.loads(data.decode("utf-8", "replace")))


def _edit(data: bytes) -> None:
    """An edited project file says the new name and, where it was sound, all else as before."""
    text = data.decode("utf-8", "replace")
    try:
        before = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return
    if not isinstance(before.get("inputs", {}), dict):
        return
    try:
        after = tomllib.loads(changed(text, {("inputs", "counts"): ["x.csv"]}))
    except GeopartyError:
        return  # told to the planner, nothing written
    assert after["inputs"]["counts"] == ["x.csv"]
    rest = {k: v for k, v in after.items() if k != "inputs"}
    assert rest == {k: v for k, v in before.items() if k != "inputs"}


_PARSERS = (values.whole, values.real, values.boolean, values.day, values.code(5))


def _cells(data: bytes) -> None:
    for cell in data.decode("utf-8", "replace").split("|"):
        for one in (*_PARSERS, values.text):
            value, fault = one(cell)
            assert value is None or fault is None or one is values.text
        number, _ = values.whole(cell)
        assert number is None or number >= 0
        stated_date((cell,))
        unit_name(cell)


def _legacy(data: bytes) -> None:
    texts = data.decode("utf-8", "replace").split("|")
    legacy.legacy_of(texts)
    for text in texts:
        for encoding in ("tcvn3", "vni"):
            once = legacy.to_unicode(text, encoding)
            legacy.from_unicode(once, encoding)


def _names(data: bytes) -> None:
    for name in data.decode("utf-8", "replace").split("|"):
        assert name_key(unicodedata.normalize("NFD", name)) == name_key(name)
        safe = safe_name(name)
        assert Path(safe).name == safe
        assert safe not in ("", ".", "..")
        assert not set(safe) & set('/\\:*?"<>|\0\n')


def _headers(data: bytes) -> None:
    headers = data.decode("utf-8", "replace").split("|")
    for table in ("counts", "places", "communes"):
        found = recognise_headers(headers, table)
        assert set(found.columns.values()) <= set(headers)


TARGETS: dict[str, Target] = {
    "csv": _file(".csv", "read_counts"),
    "xlsx": _file(".xlsx", "read_places"),
    "geojson": _file(".geojson", "read_communes"),
    "osm_xml": _file(".osm", "read_roads"),
    "zip": _file(".zip", "read_communes"),
    "osm": _file(".osm.pbf", "read_roads"),
    "overrides": _overrides,
    "toml": _toml,
    "edit": _edit,
    "cells": _cells,
    "legacy": _legacy,
    "names": _names,
    "headers": _headers,
}


def seeds() -> dict[str, bytes]:
    """Return the seeds; the workbook is made, being an archive."""
    import io

    import openpyxl

    book, stream = openpyxl.Workbook(), io.BytesIO()
    for line in SEEDS["csv"].decode().splitlines():
        book.active.append(line.split(";"))
    book.save(stream)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("communes.geojson", SEEDS["geojson"])
    return SEEDS | {"xlsx": stream.getvalue(), "zip": packed.getvalue()}
