"""map.html opens with no network and runs nothing that comes from data."""

import re

import folium
import geopandas as gpd
import numpy as np
import pytest
import shapely
from patience import steady
from playwright.sync_api import expect

from geoparty.present import land, map_html, maps
from geoparty.present.maps import script_json

HOSTILE = [
    "</script><script>window.hacked=1</script>",
    "<img src=x onerror=window.hacked=1>",
    "`${window.hacked=1}`",
    "{{7*7}}{% raw %}",
    "'-window.hacked-'",
    '"};window.hacked=1;//',
    "\u2028window.hacked=1",
]


def test_nothing_is_fetched_from_elsewhere(make):
    page = map_html(make())
    assert not re.search(r"""<(script|link|img|iframe)[^>]*(src|href)\s*=""", page)
    assert not re.search(r"url\((?!#default#VML)", page)
    assert "@import" not in page


def test_folium_itself_is_left_as_it_was(make):
    before = list(folium.Map.default_js), list(folium.Map.default_css)
    map_html(make())
    assert (list(folium.Map.default_js), list(folium.Map.default_css)) == before
    assert before[0]


@pytest.mark.parametrize("text", HOSTILE)
def test_data_cannot_leave_its_string(text):
    coded = script_json({"name": text})
    assert not set("<>&`$'\u2028") & set(coded)


def test_page_says_its_language_title_and_counts(make):
    page = map_html(make(language="en"))
    assert '<html lang="en">' in page
    assert "<title>Organisation coverage review – Thử nghiệm</title>" in page
    assert "No members: 1" in page


@pytest.fixture
def page(chromium, tmp_path):
    """Open a map of results with the network cut; faults and requests are collected."""
    opened = []

    def show(results):
        path = tmp_path / "map.html"
        path.write_text(map_html(results), encoding="utf-8")
        context = chromium.new_context(offline=True, viewport={"width": 1200, "height": 800})
        opened.append(context)
        tab = context.new_page()
        tab.faults, tab.asked = [], []
        tab.on("pageerror", lambda error: tab.faults.append(str(error)))
        tab.on("console", lambda m: tab.faults.append(m.text) if m.type == "error" else None)
        tab.on("request", lambda request: tab.asked.append(request.url))
        tab.goto(path.as_uri())
        tab.wait_for_selector("[data-drawn]")
        return tab

    yield show
    for context in opened:
        context.close()


def still(tab) -> None:
    """Wait until the map stands still: what moves or fades under the mouse is not clicked."""
    tab.wait_for_function(
        """() => !document.querySelector('.leaflet-pan-anim')
            && ![...document.querySelectorAll('.leaflet-popup')].some(p => p.style.opacity === '0')
        """
    )


def click(tab, lat: float, lon: float) -> None:
    still(tab)
    at = steady(tab, lambda: tab.evaluate("at => geoparty.probe(...at)", [lat, lon]))
    tab.mouse.click(at["x"], at["y"])


@pytest.mark.browser
def test_map_draws_offline_and_shows_details_of_what_is_clicked(page, make):
    tab = page(make())
    expect(tab.locator("[data-drawn]")).to_have_attribute("data-drawn", ":3:7")
    click(tab, 21.03, 103.0212346)
    card = tab.locator(".gp-card")
    expect(card.get_by_role("heading")).to_have_text("Bản A")
    expect(card.get_by_role("row", name=re.compile(r"^Đảng viên 0$"))).to_be_visible()
    click(tab, 21.09, 103.29)
    expect(card.get_by_role("heading")).to_have_text("Nậm Khao")
    expect(card.get_by_role("row", name="Đảng viên chưa báo cáo")).to_be_visible()
    assert tab.faults == []
    assert len(tab.asked) == 1


@pytest.mark.browser
def test_a_card_stands_below_the_title_and_thousands_are_written_as_in_vietnamese(page, make):
    results = make()
    results.communes["households"] = 2922
    tab = page(results)
    tab.evaluate("map_geoparty.panBy([500, 240], {animate: false})")  # to where the title stands
    click(tab, 21.09, 103.29)
    still(tab)
    card = steady(tab, lambda: tab.locator(".leaflet-popup-content").bounding_box())
    title = tab.locator(".gp-head > div").bounding_box()
    assert card["y"] >= title["y"] + title["height"]
    expect(tab.locator(".gp-card").get_by_role("row", name="Số hộ 2.922")).to_be_visible()


@pytest.mark.browser
def test_levels_can_be_switched_off(page, make):
    tab = page(make())
    tab.get_by_role("checkbox", name="Chưa có đảng viên").uncheck()
    tab.wait_for_function("geoparty.probe(21.03, 103.0212346).point === -1")
    assert tab.faults == []


@pytest.mark.browser
def test_hostile_text_is_shown_as_text(page, make):
    tab = page(make(names=HOSTILE))
    for i, name in enumerate(HOSTILE[:6]):
        if i == 1:
            continue  # under the class site's star
        if i:
            still(tab)
            tab.locator(".leaflet-popup-close-button").click()
            tab.locator(".leaflet-popup").wait_for(state="detached")  # fading, it takes clicks
        click(tab, 21.03 + i / 100, 103.0212346 + i / 25)
        tab.locator(".gp-card h2", has_text=name).wait_for()
    assert tab.evaluate("window.hacked") is None
    assert tab.faults == []


@pytest.mark.browser
def test_nothing_stands_in_the_way_of_people_with_disabilities(page, make):
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page(make())).response["violations"]
    assert [violation["id"] for violation in found] == []


PIXEL = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00"
    b"\x1f\x15\xc4\x89\x00\x00\x00\rIDATx\x9cc\xf8\xff\xff?\x00\x05\xfe\x02\xfe\xdc\xccY\xe7"
    b"\x00\x00\x00\x00IEND\xaeB`\x82"
)
# A loaded machine may take the three seconds after which the map gives a server up.
SHOW_TILES = """attribution => {
    const later = window.setTimeout;
    window.setTimeout = (work, ms, ...rest) => later(work, ms === 3000 ? 1e6 : ms, ...rest);
    geoparty.show({
        geo: {origin: [103, 21], scale: 0.01, communes: []},
        tiles: {url: 'http://tiles.test/{z}/{x}/{y}.png', attribution: attribution}
    });
}"""


@pytest.mark.browser
@pytest.mark.parametrize(("served", "state"), [(0, "none"), (1, "dropped"), (10**6, "shown")])
def test_a_tile_server_is_probed_once_and_dropped_after_errors(page, make, served, state):
    tab = page(make())
    asked = []

    def answer(route):
        asked.append(route.request.url)
        if len(asked) > served:
            route.abort()
        else:
            route.fulfill(body=PIXEL, content_type="image/png")

    tab.route("http://tiles.test/**", answer)
    tab.evaluate(SHOW_TILES, "<img src=x onerror=window.hacked=1>")
    tab.wait_for_selector(f"[data-tiles='{state}']")
    assert (len(asked) == 1) == (state == "none")
    assert tab.evaluate("window.hacked") is None
    tiles = tab.locator("img.leaflet-tile")
    if state == "shown":
        expect(tiles).not_to_have_count(0)
    else:
        expect(tiles).to_have_count(0)


def test_neighbours_are_drawn_around_a_province():
    boxes = {"A": (103, 21, 104, 22), "B": (104, 21, 105, 22), "C": (110, 10, 111, 11)}
    communes = gpd.GeoDataFrame(
        {"commune_name": list(boxes), "province_code": list(boxes), "province_name": list(boxes)},
        index=list(boxes),
        geometry=[shapely.box(*corners) for corners in boxes.values()],
        crs=4326,
    )
    found = maps.geo(communes.loc[["A"]], around=communes)
    assert [beside["n"] for beside in found["around"]] == ["B"]
    east = max(x for ring in found["around"][0]["r"] for x in np.cumsum(ring[::2]))
    assert found["origin"][0] + east * found["scale"] == pytest.approx(104.35)


def drawn_area_km2(rings, found):
    """Area of rings as the layer draws them, and how many holes they have."""
    moves = [np.cumsum(np.reshape(ring, (-1, 2)), axis=0) for ring in rings]
    degrees = [m * found["scale"] + found["origin"] for m in moves]
    whole = shapely.build_area(shapely.multilinestrings([shapely.linestrings(d) for d in degrees]))
    holes = shapely.get_num_interior_rings(shapely.get_parts(whole)).sum()
    return gpd.GeoSeries([whole], crs=4326).to_crs(6933).area.iloc[0] / 1e6, holes


@pytest.fixture(scope="module")
def country(real_data):
    columns = {"code": "commune_code", "name": "commune_name"}
    read = gpd.read_parquet(real_data / "boundaries" / "communes_vn.parquet")
    return read.rename(columns=columns).set_index("commune_code")


@pytest.mark.parametrize("code", ["11", "15", "22", "31", "79"])
def test_outlines_are_the_communes_together_without_gaps(country, code):
    own = country[country["province_code"] == code]
    found = maps.geo(own, around=country)
    area_km2, holes = drawn_area_km2(found["outlines"], found)
    together = gpd.GeoSeries([own.union_all()], crs=4326).to_crs(6933).area.iloc[0] / 1e6
    assert area_km2 == pytest.approx(together, rel=1e-3)
    assert holes == 0
    edges = land._wider(own.total_bounds)
    for beside in found["around"]:
        near = country[country["province_name"] == beside["n"]].geometry
        cut = shapely.union_all(shapely.make_valid(shapely.clip_by_rect(near, *edges)))
        inside = gpd.GeoSeries([cut], crs=4326).to_crs(6933).area.iloc[0] / 1e6
        area_km2, holes = drawn_area_km2(beside["r"], found)
        assert area_km2 == pytest.approx(inside, rel=5e-3), beside["n"]
        assert holes == 0, beside["n"]


def test_a_province_inside_another_stays_a_hole_and_a_gap_does_not():
    ring = shapely.box(103, 21, 104, 22)
    enclave, gap = shapely.box(103.2, 21.2, 103.3, 21.3), shapely.box(103.6, 21.6, 103.602, 21.602)
    communes = gpd.GeoDataFrame(
        {"commune_name": ["a", "b"], "province_code": ["A", "B"], "province_name": ["A", "B"]},
        index=["a", "b"],
        geometry=[ring - enclave - gap, enclave],
        crs=4326,
    )
    found = maps.geo(communes)
    assert len(found["outlines"]) == 3  # A with its hole, and B in it
