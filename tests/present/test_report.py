"""The report: the same numbers as the frames, in the form of Party documents, text as text."""

import io
from dataclasses import replace
from pathlib import Path

import docx
import pytest
from PIL import Image, ImageFont
from pypdf import PdfReader

from geoparty.present import Form, ink, report_docx, report_pdf
from geoparty.present.drawing import Text, map_picture
from geoparty.present.ink import png_bytes
from geoparty.present.report import sections
from geoparty.schema import GAP_LEVELS

FONTS = Path(ink.__file__).with_name("vendor")
HOSTILE = [
    "<b>in đậm</b>",
    '<img src="http://x.vn/a.png"/>',
    "&lt;x&gt; & y",
    "{{7*7}}",
    "</para><font size=99>",
    "x\x00\x0by",
    "<a href='file:///etc/passwd'>",
]
FORM = Form(
    superior="Tỉnh ủy Điện Biên", issuer="Ban Tổ chức", number="12-BC/BTCTU", place="Điện Biên"
)


def words_of(data: bytes) -> str:
    document = docx.Document(io.BytesIO(data))
    cells = [c.text for t in document.tables for row in t.rows for c in row.cells]
    return "\n".join([p.text for p in document.paragraphs] + cells)


def pages_of(data: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(data)).pages]


def test_word_report_has_the_parts_of_a_party_document(make):
    data = report_docx(make(), form=FORM)
    text = words_of(data)
    for part in (
        "ĐẢNG CỘNG SẢN VIỆT NAM",
        "TỈNH ỦY ĐIỆN BIÊN",
        "BAN TỔ CHỨC",
        "Số 12-BC/BTCTU",
        "BÁO CÁO",
        "rà soát độ phủ tổ chức đảng tại Điện Biên",
        "Nơi nhận:",
        "DỮ LIỆU GIẢ LẬP",
    ):
        assert part in text
    page = docx.Document(io.BytesIO(data)).sections[0]
    sizes = (page.page_width, page.left_margin, page.right_margin, page.top_margin)
    assert [round(size.mm) for size in sizes] == [210, 30, 15, 20]


def test_both_reports_state_the_same_figures(make):
    word = words_of(report_docx(make()))
    pdf = " ".join(" ".join(pages_of(report_pdf(make()))).split())
    for figure in (
        "5/6 địa bàn đã rõ, bằng 83,3%",
        "31/12/2025",
        "Số xã biên giới: 1 trên 3",
        "14,3%",
    ):
        assert figure in word
        assert figure in pdf


def test_tables_add_up(make):
    document = docx.Document(io.BytesIO(report_docx(make())))
    found = 0
    for table in document.tables:
        rows = [[c.text for c in row.cells] for row in table.rows]
        if rows[-1][0] == "Cộng":
            found += 1
            for column in list(zip(*rows, strict=True))[1:]:
                numbers = [v for v in column[1:-1] if v.isdigit()]
                if len(numbers) == len(column) - 2 and column[0] != "Trên tổng số":
                    assert sum(map(int, numbers)) == int(column[-1])
    assert found >= 4


def test_unknown_counts_are_words_never_zero(make):
    results = make()
    text = words_of(report_docx(results))
    assert "chưa báo cáo" in text
    assert "Số địa bàn chưa báo cáo" in text


def test_english_on_request(make):
    text = words_of(report_docx(make(), language="en"))
    assert "REPORT" in text
    assert "Places with a gap: 5 (5/6 of those known, 83.3%)" in text


@pytest.mark.parametrize("build", [report_docx, report_pdf])
def test_text_from_data_stays_text(make, build):
    data = build(make(names=HOSTILE))
    text = words_of(data) if build is report_docx else "".join(pages_of(data))
    for name in HOSTILE[:5]:
        assert "".join(name.split()) in "".join(text.split())


@pytest.mark.parametrize("build", [report_docx, report_pdf])
def test_the_same_results_give_the_same_bytes(make, build):
    assert build(make()) == build(make())


@pytest.mark.parametrize(("paper", "size"), [("A4", (210, 297)), ("A3", (297, 420))])
@pytest.mark.parametrize("is_tall", [True, False])
def test_the_map_is_an_annex_on_the_paper_asked_for_turned_as_the_area_is(
    make, paper, size, is_tall
):
    results = make()
    if is_tall:
        shapes = results.communes.geometry.scale(1, 3, origin=(103, 21))
        results = replace(results, communes=results.communes.set_geometry(shapes))
    else:
        size = size[::-1]
    pages = PdfReader(io.BytesIO(report_pdf(results, map_paper=paper))).pages
    box = pages[-1].mediabox
    assert [round(float(v) / 72 * 25.4) for v in (box.width, box.height)] == list(size)
    assert "Phụ lục. Bản đồ" in pages[-1].extract_text()
    last = docx.Document(io.BytesIO(report_docx(results, map_paper=paper))).sections[-1]
    assert (round(last.page_width.mm), round(last.page_height.mm)) == size


def test_letters_are_embedded_so_that_every_machine_shows_vietnamese(make):
    reader = PdfReader(io.BytesIO(report_pdf(make())))
    fonts = [f.get_object() for f in reader.pages[0]["/Resources"]["/Font"].values()]
    used = [f for f in fonts if "LiberationSerif" in str(f["/BaseFont"])]
    assert used
    for font in used:
        assert "/FontFile2" in font["/FontDescriptor"]


def test_map_says_how_many_of_each_level_and_how_many_are_not_drawn(make):
    picture = map_picture(make(), width_mm=165, height_mm=200, language="vi")
    texts = [item.text for item in picture.items if isinstance(item, Text)]
    assert "Chưa có chi bộ: 1" in texts
    assert any(text.startswith("1 trên 7 địa bàn") for text in texts)
    assert any(text.endswith(" km") for text in texts)
    for item in picture.items:
        if not isinstance(item, Text):
            assert (item.points >= -3).all()
            assert (item.points[:, 0] <= 168).all()
            assert (item.points[:, 1] <= 203).all()


def test_scale_bar_is_as_long_as_it_says(make):
    picture = map_picture(make(), width_mm=165, height_mm=200, language="vi")
    label = next(i for i in picture.items if isinstance(i, Text) and i.text.endswith(" km"))
    bar = next(i for i in picture.items if not isinstance(i, Text) and i.width_mm == 0.3)
    length_mm = bar.points[:, 0].max() - bar.points[:, 0].min()
    # the three communes are 0.3 degrees wide: 31.13 km at 21.05 N on a sphere of 6,371 km
    km_per_mm = 31.13 / (165 - 4)
    assert length_mm * km_per_mm == pytest.approx(float(label.text[:-3]), rel=0.01)


def test_picture_comes_out_in_the_size_asked_for(make):
    picture = map_picture(make(), width_mm=100, height_mm=100, language="vi")
    image = Image.open(io.BytesIO(png_bytes(picture, dpi=254)))
    assert image.size == (1000, 1000)
    assert len(GAP_LEVELS) <= len(set(image.get_flattened_data()))


def test_a_result_without_places_still_makes_a_report(make):
    results = make()
    object.__setattr__(results, "places", results.places.iloc[:0])
    object.__setattr__(results, "sites", results.sites.iloc[:0])
    object.__setattr__(results, "assignments", results.assignments.iloc[:0])
    assert "Chưa lập phương án mở lớp." in words_of(report_docx(results))
    assert pages_of(report_pdf(results))


def test_every_table_of_figures_says_what_it_is_and_the_map_names_communes_and_lines(make):
    results = make()
    for table in (t for s in sections(results, "vi") for t in s.tables if not t.headers):
        assert table.title
    titles = [t.title for s in sections(results, "vi") for t in s.tables if t.title]
    text = " ".join("".join(pages_of(report_pdf(results))).split())
    for title in titles:
        assert title in text
        assert title in words_of(report_docx(results))
    picture = map_picture(results, width_mm=165, height_mm=200, language="vi")
    texts = {item.text for item in picture.items if isinstance(item, Text)}
    assert set(results.communes["commune_name"]) <= texts
    assert "Biên giới quốc gia" in texts


@pytest.mark.parametrize("language", ["vi", "en"])
def test_no_word_of_a_table_breaks(language, make):
    document = docx.Document(io.BytesIO(report_docx(make(language=language))))
    font = {
        bold: ImageFont.truetype(FONTS / f"LiberationSerif-{kind}.ttf", 110)
        for bold, kind in ((True, "Bold"), (False, "Regular"))
    }
    grids = [table for table in document.tables if table.style.name == "Table Grid"]
    assert len(grids) > 5
    for table in grids:
        for row in table.rows:
            for cell in row.cells:
                run = cell.paragraphs[0].runs[0]
                room_pt = cell.width.pt - 2 * 5.4  # what Word leaves empty at either side
                for word in run.text.split():
                    assert font[bool(run.bold)].getlength(word) / 10 <= room_pt, word
            assert sum(cell.width.mm for cell in row.cells) == pytest.approx(165, abs=0.1)
