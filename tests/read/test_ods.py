"""OpenDocument sheets: read like workbooks, cells said a million times refused."""

import zipfile

import pytest

from geoparty.errors import InputError
from geoparty.read import read_counts

OFFICE = "urn:oasis:names:tc:opendocument:xmlns:"


@pytest.fixture
def sheet(tmp_path):
    """Write an OpenDocument spreadsheet of one table with the given rows of XML."""

    def write(rows):
        names = "".join(f' xmlns:{n}="{OFFICE}{n}:1.0"' for n in ("office", "table", "text"))
        content = (
            f"<office:document-content{names}><office:body><office:spreadsheet>"
            f'<table:table table:name="Biểu">{rows}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>"
        )
        kind = "application/vnd.oasis.opendocument.spreadsheet"
        manifest = (
            f'<m:manifest xmlns:m="{OFFICE}manifest:1.0">'
            f'<m:file-entry m:full-path="/" m:media-type="{kind}"/></m:manifest>'
        )
        path = tmp_path / "t.ods"
        with zipfile.ZipFile(path, "w") as package:
            package.writestr("mimetype", kind)
            package.writestr("content.xml", content)
            package.writestr("META-INF/manifest.xml", manifest)
        return path

    return write


def row(*cells, repeated=""):
    made = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>'
        if isinstance(cell, str)
        else f'<table:table-cell office:value-type="float" office:value="{cell}"/>'
        for cell in cells
    )
    return f"<table:table-row{repeated}>{made}</table:table-row>"


def test_sheet_reads_like_a_workbook(sheet):
    blank = row(repeated=' table:number-rows-repeated="1048000"')
    read = read_counts(sheet(row("Thôn", "Đảng viên", "Chi bộ") + row("Bản A", 3, "ghép") + blank))
    assert read.frame["place_name"].tolist() == ["Bản A"]
    assert read.frame["members"].tolist() == [3]
    assert read.frame.loc[0, ["sheet", "row"]].tolist() == ["Biểu", 2]


def test_row_repeated_a_million_times_is_refused(sheet):
    many = row("Bản A", 3, "ghép", repeated=' table:number-rows-repeated="1000000"')
    with pytest.raises(InputError) as error:
        read_counts(sheet(row("Thôn", "Đảng viên", "Chi bộ") + many))
    assert [p.key for p in error.value.problems] == ["read.sheet_too_wide"]
