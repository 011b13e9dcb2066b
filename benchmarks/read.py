"""Reading: office workbooks, long CSV files, boundaries, old encodings, defects."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import xlsxwriter

from benchmarks import Case, Size
from geoparty.read import Coverage, measure_coverage, read_communes, read_counts, read_roads
from geoparty.read.legacy import from_unicode, legacy_of
from geoparty.schema import Read

REAL_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SEED = 1
HEAD = [
    "STT",
    "Mã thôn",
    "Tên thôn",
    "Xã",
    "Tổng số đảng viên",
    "Đảng viên chính thức",
    "Đảng viên tăng cường",
    "Đảng viên trên 60 tuổi",
    "Tình trạng chi bộ",
    "Quần chúng ưu tú",
    "Kết nạp trong năm",
    "Trưởng thôn là đảng viên",
]


def _rows(n: int) -> list[list[Any]]:
    pick = random.Random(SEED)  # noqa: S311 - not for secrets
    rows = []
    for i in range(n):
        members = pick.randrange(60)
        rows.append(
            [
                i + 1,
                f"P{i:06d}",
                f"Bản Huổi Ết {i % 97}",
                f"Xã Mường {i // 30}",
                members,
                pick.randrange(members + 1),
                0,
                "" if i % 50 == 0 else pick.randrange(members + 1),
                pick.choice(["Chi bộ riêng", "Chi bộ ghép", "Chưa có"]),
                pick.randrange(9),
                pick.randrange(3),
                pick.choice(["Có", "Không", ""]),
            ]
        )
    return rows


def _workbook(size: Size) -> tuple[Path, int]:
    n = 2_000 if size == "small" else 90_000
    path = Path(tempfile.mkdtemp()) / "counts.xlsx"
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("Biểu 1")
        sheet.write(0, 0, "BÁO CÁO (tính đến ngày 31/12/2025)")
        for r, row in enumerate([HEAD, *_rows(n)], start=2):
            sheet.write_row(r, 0, row)
    return path, n


def _long_csv(size: Size) -> tuple[Path, int]:
    """Write a CSV file of 500 MB (full), most of it columns that are not ours."""
    n = 3_000 if size == "small" else 900_000
    filler = ",".join(["x" * 40] * 11)
    path = Path(tempfile.mkdtemp()) / "counts.csv"
    with path.open("w", encoding="utf-8") as stream:
        stream.write(",".join(HEAD + [f"Cột {i}" for i in range(11)]) + "\n")
        for row in _rows(n):
            stream.write(",".join(map(str, row)) + f",{filler}\n")
    return path, n


def _all_read(given: tuple[Path, int], answer: Read) -> bool:
    n = given[1]
    totals = answer.frame["members"].sum(), answer.frame["members_over_60"].isna().sum()
    expected = sum(row[4] for row in _rows(n)), len(range(0, n, 50))
    return len(answer.frame) == answer.rows_read == n and totals == expected


def _communes(size: Size) -> Path:
    name = "communes_dien_bien" if size == "small" else "communes_vn"
    return REAL_DATA / "boundaries" / f"{name}.parquet"


def _names(size: Size) -> list[tuple[str, list[str]]]:
    """Return the names of each legacy district as a column in each encoding."""
    units = pd.read_csv(REAL_DATA / "crosswalk" / "legacy_communes.csv", dtype=str)
    groups = units.dropna(subset="name").groupby("district_code")["name"].agg(list)
    chosen = list(groups)[: 40 if size == "small" else None]
    return [
        (encoding, [from_unicode(f"xã {name}".lower(), encoding) for name in names])
        for names in chosen
        for encoding in ("tcvn3", "vni")
    ]


def _by_column(columns: list[tuple[str, list[str]]]) -> list[str | None]:
    return [legacy_of(names) for _, names in columns]


def _by_cell(columns: list[tuple[str, list[str]]]) -> list[list[str | None]]:
    return [[legacy_of([name]) for name in names] for _, names in columns]


def _told_right(columns: list[tuple[str, list[str]]], answer: list[str | None]) -> bool:
    """Demand that no column is told wrong and 99.5 % are told; the rest stay as they are."""
    told = [(encoding, found) for (encoding, _), found in zip(columns, answer, strict=True)]
    wrong = sum(found not in {encoding, None} for encoding, found in told)
    return wrong == 0 and sum(found is not None for _, found in told) >= 0.995 * len(told)


def _coverage_right(communes: gpd.GeoDataFrame, answer: Coverage) -> bool:
    """Compare with the defects counted for the data pack (its README)."""
    large = int((answer.overlaps["area_m2"] > 100).sum())
    known = {45: (0, 5, 1), 3321: (34, 343, None)}[len(communes)]
    invalid = int((answer.communes["invalid_edge_km"] > 0).sum())
    return (large, invalid) == known[:2] and known[2] in {None, len(answer.gaps)}


CASES = [
    Case(
        name="workbook",
        build=_workbook,
        run=lambda given: read_counts(given[0]),
        check=_all_read,
        peer=lambda given: pd.read_excel(given[0], engine="calamine", header=2),
        peer_name="pandas.read_excel (calamine), no checks",
    ),
    Case(
        name="long_csv",
        build=_long_csv,
        run=lambda given: read_counts(given[0]),
        check=_all_read,
        peer=lambda given: pd.read_csv(given[0], dtype=str),
        peer_name="pandas.read_csv, no checks",
    ),
    Case(
        name="communes",
        build=_communes,
        run=read_communes,
        check=lambda _, answer: len(answer.frame) in {45, 3321} and not answer.problems,
        peer=gpd.read_parquet,
        peer_name="geopandas.read_parquet, no checks",
        needs_real_data=True,
    ),
    Case(
        name="coverage",
        build=lambda size: read_communes(_communes(size)).frame,
        run=measure_coverage,
        check=_coverage_right,
        needs_real_data=True,
    ),
    Case(
        name="old_encodings",
        build=_names,
        run=_by_column,
        check=_told_right,
        peer=_by_cell,
        peer_name="told cell by cell",
        needs_real_data=True,
    ),
    Case(
        name="osm",
        build=lambda _: REAL_DATA / "osm" / "andorra_2021-06-22.osm.pbf",
        run=read_roads,
        check=lambda _, answer: answer.frame["is_ford"].sum() == 57,  # as its README counts
        sizes=("small",),
        needs_real_data=True,
    ),
]
