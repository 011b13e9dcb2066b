"""Workbooks that lie: errors, formulas, bombs, far cells, other kinds of file."""

import zipfile

import openpyxl
import pytest

from geoparty.errors import InputError
from geoparty.read import packages, read_counts

HEAD = ["Thôn", "Đảng viên", "Chi bộ"]


def keys(error):
    return [p.key for p in error.value.problems]


@pytest.fixture
def patched(workbook, tmp_path):
    """Write a workbook with one part of its package replaced."""

    def write(name, content):
        source = workbook([HEAD, ["A", 1, "ghép"]], name="source.xlsx")
        path = tmp_path / "patched.xlsx"
        with (
            zipfile.ZipFile(source) as old,
            zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new,
        ):
            for part in old.namelist():
                new.writestr(part, content if part == name else old.read(part))
        return path

    return write


def sheet(rows):
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{space}"><sheetData>{rows}</sheetData></worksheet>'


def test_excel_errors_and_formulas_without_result_are_not_blanks(tmp_path):
    book = openpyxl.Workbook()
    for row in (HEAD, ["A", "=1+1", "ghép"], ["B", "#REF!", "ghép"], ["C", 3, "=IF(1,2,3)"]):
        book.active.append(row)
    book.active["B3"].data_type = "e"
    path = tmp_path / "t.xlsx"
    book.save(path)
    read = read_counts(path)
    assert read.frame["members"].isna().tolist() == [True, True, False]
    assert read.frame["cell_status"].isna().tolist() == [False, False, True]
    told = {(p.key, p.rows, p.column) for p in read.problems if p.severity == "error"}
    assert told == {
        ("read.no_result", (2,), "Đảng viên"),
        ("read.excel_error", (3,), "Đảng viên"),
        ("read.no_result", (4,), "Chi bộ"),
    }
    assert any("#REF!" in p.text("vi") for p in read.problems)


def test_formula_with_its_result_is_read(patched):
    rows = (
        '<row r="1"><c r="A1" t="inlineStr"><is><t>Thôn</t></is></c>'
        '<c r="B1" t="inlineStr"><is><t>Đảng viên</t></is></c>'
        '<c r="C1" t="inlineStr"><is><t>Chi bộ</t></is></c></row>'
        '<row r="2"><c r="A2" t="inlineStr"><is><t>A</t></is></c>'
        '<c r="B2"><f>1+2</f><v>3</v></c><c r="C2" t="str"><f>"x"</f><v>ghép</v></c></row>'
    )
    read = read_counts(patched("xl/worksheets/sheet1.xml", sheet(rows)))
    assert read.frame["members"].tolist() == [3]
    assert read.frame["cell_status"].tolist() == ["joint"]


def test_cell_at_the_end_of_the_world(patched):
    cells = [("1", "A1"), ("1048576", "XFD1048576")]
    far = "".join(f'<row r="{row}"><c r="{at}"><v>1</v></c></row>' for row, at in cells)
    with pytest.raises(InputError) as error:
        read_counts(patched("xl/worksheets/sheet1.xml", sheet(far)))
    assert keys(error) == ["read.sheet_too_wide"]


def test_entities_are_refused(patched):
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet>&a;</worksheet>'
    with pytest.raises(InputError) as error:
        read_counts(patched("xl/worksheets/sheet1.xml", bomb))
    assert keys(error) == ["read.xml_bomb"]


def test_zip_bomb(patched, monkeypatch):
    monkeypatch.setattr(packages, "MOST_BYTES", 1_000_000)
    with pytest.raises(InputError) as error:
        read_counts(patched("docProps/app.xml", b" " * 2_000_000))
    assert keys(error) == ["read.bomb"]


def test_long_text_shared_by_many_cells(patched, monkeypatch):
    monkeypatch.setattr(packages, "_MOST_TEXT", 100_000)
    cells = "".join(f'<row r="{r}"><c r="A{r}" t="s"><v>0</v></c></row>' for r in range(1, 1000))
    path = patched("xl/worksheets/sheet1.xml", sheet(cells))
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    parts["xl/sharedStrings.xml"] = f'<sst xmlns="{space}"><si><t>{"a" * 5000}</t></si></sst>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in parts.items():
            new.writestr(name, content)
    with pytest.raises(InputError) as error:
        read_counts(path)
    assert keys(error) == ["read.bomb"]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_cut_short(workbook, share):
    path = workbook([HEAD, *([f"Bản {i}", i, "ghép"] for i in range(300))])
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(InputError) as error:
        read_counts(path)
    assert keys(error) == ["read.damaged"]


def test_lying_size_of_a_part(workbook):
    path = workbook([HEAD, *([f"Bản {i}", i, "ghép"] for i in range(300))])
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as package:
        real = package.getinfo("xl/worksheets/sheet1.xml").file_size
    at = data.rfind(real.to_bytes(4, "little"))
    data[at : at + 4] = (10).to_bytes(4, "little")
    path.write_bytes(bytes(data))
    with pytest.raises(InputError) as error:
        read_counts(path)
    assert keys(error) == ["read.damaged"]
