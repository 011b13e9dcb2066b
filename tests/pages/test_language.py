"""In Vietnamese no page shows an English word, a column's own name or a raw missing value."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pages.test_browser import drawn
from pages.test_pages import message
from patience import settled
from pydantic import BaseModel

from geoparty import words
from geoparty.pages import shell, speech
from geoparty.pages import table as tables
from geoparty.pages.shell import PAGES
from geoparty.settings import Settings

WORD = re.compile(r"[A-Za-z_]{3,}")
SHOWN_AS_IS = re.compile(
    r"(?s:<script>.*</script>)|:material/\w+:|project\.toml|<[^>]*>|{[^}]*}|\w+ = \[.*?\]"
)
"""Icons, markup, and lines of project.toml."""
# Icons are words of a font; the page's style puts ours in place of the others.
WITHOUT_ICONS = """() => {
    const ids = ['stIconMaterial', 'stAlertDynamicIcon', 'stSkipToContent'];
    const all = ids.map(id => `[data-testid=${id}]`);
    all.push('[data-testid=stFileUploader] button p');
    document.querySelectorAll(all.join()).forEach(e => e.remove());
    return document.body.innerText;
}"""
ALWAYS_WRONG = {"none", "nan", "true", "false", "running", "stop", "press", "choose", "deploy"}


def tokens(text):
    return {word.casefold() for word in WORD.findall(text)}


@pytest.fixture(scope="module")
def english():
    """Words of the English catalogue that the Vietnamese one does not have."""
    said = {"vi": set(), "en": set()}
    for topic in words.topics():
        for entry in words.catalogue(topic).values():
            for language, found in said.items():
                found |= tokens(re.sub(r"{[^}]*}", " ", entry[language]))
    return (said["en"] | ALWAYS_WRONG) - said["vi"]


def keys_of(model):
    """Names of settings: a message may tell which line of project.toml to change."""
    for name, field in model.model_fields.items():
        yield name
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from keys_of(field.annotation)


@pytest.fixture(scope="module")
def names(project, results):
    """Words of the data and of project.toml: names of places, communes, files, settings."""
    found = [project.settings.name, "Language", *results.account["file"].unique()]
    found += keys_of(Settings)
    for frame, column in (
        (results.places, "place_name"),
        (results.communes, "commune_name"),
        (results.communes, "province_name"),
    ):
        found += frame[column].dropna().astype(str).tolist()
    return set().union(*map(tokens, found))


def texts(app):
    """Every text of a page, tables and the map's message included."""
    for element in (*app.main, *app.sidebar):
        yield from said(element)
    for table in (*app.dataframe, *app.table):
        frame = table.value
        yield from map(str, [*frame.columns, *(frame.index if table.type == "table" else [])])
        for column in frame.columns:
            yield from (str(v) for v in frame[column].dropna().unique() if not number(v))


def number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def said(element):
    coded = getattr(element, "options", None) is not None or not hasattr(element, "value")
    for name in ("label", "help", "placeholder", "options", *([] if coded else ["value"])):
        content = getattr(element, name, None)
        if isinstance(content, str):
            yield content
        elif isinstance(content, (list, tuple)):
            yield from (c for c in content if isinstance(c, str))
    for child in getattr(element, "children", {}).values():
        yield from said(child)


@pytest.mark.parametrize("name", PAGES)
def test_no_page_speaks_english_in_vietnamese(app, results, english, names, name):
    place = results.places[results.places["gap_level"].eq("at_risk")].index[0]
    shown = app(name, place=place)
    all_texts = list(texts(shown))
    assert sum(map(len, all_texts)) > 200
    if name not in {"progress", "bring"}:
        sent = message(shown)
        all_texts += [row["label"] for row in sent["legend"]["rows"]] + [sent["aria"]]
        all_texts += [*sent["tips"], *sent["points"]["n"]]
    wrong = {
        (word, text[:80])
        for text in all_texts
        for word in tokens(SHOWN_AS_IS.sub(" ", text.replace("\\", "")))
        if (word in english or "_" in word) and word not in names
    }
    assert sorted(wrong) == []


@pytest.mark.parametrize("name", PAGES)
def test_every_table_has_a_name_and_a_sign_for_what_is_missing(app, results, name):
    place = results.places[results.places["members"].isna()].index[0]
    shown = app(name, place=place)
    assert len(shown.dataframe) > 0
    assert {grid.proto.placeholder for grid in shown.dataframe} == {"–"}
    for table in (*shown.dataframe, *shown.table):
        assert table.proto.alt.strip()
    for table in shown.table:
        cells = {str(v).strip() for v in table.value.to_numpy().ravel()}
        assert cells.isdisjoint({"", "None", "nan", "NaN", "NaT", "<NA>"})


def test_one_place_makes_the_tables_of_all_pages():
    makes = re.compile(r"\b(?:st|\w*column|left|right)\.(?:dataframe|table|data_editor)\(")
    folder = Path(shell.__file__).parent
    made = {p.name for p in folder.glob("*.py") if makes.search(p.read_text("utf-8"))}
    assert made == {"table.py"}


def test_what_is_missing_is_a_dash_in_a_small_table(monkeypatch):
    shown = {}
    monkeypatch.setattr(tables.st, "table", lambda frame, **options: shown.update(frame=frame))
    missing = [None, np.nan, pd.NA, pd.NaT, 0, "*x*"]
    tables.plain(pd.DataFrame({"a": missing}, dtype=object), name="A")
    assert shown["frame"]["a"].tolist() == ["–", "–", "–", "–", "0", r"\*x\*"]


def told(style):
    """What Streamlit sends of a style to be shown in place of the values, row by row."""
    from streamlit.elements.lib.pandas_styler_utils import marshall_styler
    from streamlit.proto.ArrowData_pb2 import ArrowData

    sent = ArrowData()
    marshall_styler(sent, style, "x")
    return pa.ipc.open_stream(sent.styler.display_values).read_all().to_pandas().to_numpy().tolist()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_what_is_missing_is_a_dash_beside_numbers_of_the_language(language):
    frame = pd.DataFrame(
        {"a": [1234.0, np.nan], "b": pd.array([None, 7], "Int64"), "c": ["x", None]}
    )
    thousand = "1.234" if language == "vi" else "1,234"
    assert told(tables.numbered(frame, language)) == [[thousand, "–", "x"], ["–", "7", "–"]]


def test_a_table_shows_what_a_style_of_pandas_would():
    frame = pd.DataFrame(
        {
            "a": [1234, -5, -1000],
            "b": [26.6, np.nan, np.inf],
            "c": pd.array([None, 1200, 999], "Int64"),
            "d": ["x", None, "1234"],
            "e": [4.0, 5.0, np.nan],
        }
    )
    style = frame.style.format(
        {
            **dict.fromkeys("ace", lambda v: speech.number(v, "vi")),
            "b": lambda v: speech.number(v, "vi", decimals=1),
        },
        na_rep="–",
    )
    assert told(tables.numbered(frame, "vi")) == told(style)


@pytest.mark.browser
def test_the_frame_around_the_pages_is_vietnamese_too(page, english, names):
    for name in PAGES:
        page.goto(f"/{name}")
        page.get_by_test_id("stHeading").first.wait_for()
        if name not in {"progress", "bring"}:
            drawn(page)
        settled(page)
        text = page.evaluate(WITHOUT_ICONS).replace("English", "")
        wrong = {w for w in tokens(text) if w in english and w not in names}
        assert wrong == set(), name
