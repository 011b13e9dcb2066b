"""Small files, written where the test wants them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import xlsxwriter


@pytest.fixture
def workbook(tmp_path: Path) -> Callable[..., Path]:
    """Write a workbook: sheet name -> rows of cells."""

    def write(sheets: dict[str, list[list[Any]]] | list[list[Any]], name: str = "t.xlsx") -> Path:
        path = tmp_path / name
        with xlsxwriter.Workbook(path) as book:
            for title, rows in (sheets if isinstance(sheets, dict) else {"S": sheets}).items():
                sheet = book.add_worksheet(title)
                for r, row in enumerate(rows):
                    for c, cell in enumerate(row):
                        if cell is not None:
                            sheet.write(r, c, cell)
        return path

    return write


@pytest.fixture
def csv_file(tmp_path: Path) -> Callable[..., Path]:
    """Write lines to a CSV file."""

    def write(*lines: str, name: str = "t.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(("\n".join(lines) + "\n").encode(encoding))
        return path

    return write


@pytest.fixture
def vector(tmp_path: Path) -> Callable[..., Path]:
    """Write a GeoPackage, GeoJSON or GeoParquet of geometries with columns."""

    def write(
        geometry: list[Any], *, crs: Any = 4326, file: str = "t.gpkg", **columns: list[Any]
    ) -> Path:
        path = tmp_path / file
        frame = gpd.GeoDataFrame(columns, geometry=geometry, crs=crs)
        frame.to_parquet(path) if file.endswith(".parquet") else frame.to_file(path)
        return path

    return write
