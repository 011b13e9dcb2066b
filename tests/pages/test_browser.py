"""The app in a real Chromium, with every other host blocked (see the ``page`` fixture)."""

import json
import re

import pytest
from patience import settled, steady, until
from playwright.sync_api import expect

from geoparty.pages.speech import number

pytestmark = pytest.mark.browser

ADDRESSES = {"gaps": "/", "border": "/border", "isolation": "/isolation", "classes": "/classes"}


def opened(page, address):
    """Open an address and return the map, once it has drawn its message."""
    page.goto(address)
    return drawn(page)


def drawn(page):
    """The map, once it has drawn its message and the page has come to rest."""
    box = page.frame_locator("iframe[title*='st_folium']").locator("#map_div[data-drawn]")
    box.wait_for()
    settled(page)
    return box


def painted(box):
    """How many colours the canvases of the map hold."""
    return box.evaluate(
        """box => {
            const colours = new Set();
            for (const c of box.querySelectorAll('canvas.leaflet-zoom-hide')) {
                const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
                for (let i = 0; i < d.length; i += 404)
                    if (d[i + 3]) colours.add(d[i] + ',' + d[i + 1] + ',' + d[i + 2]);
            }
            return colours.size;
        }"""
    )


def click_at(box, place):
    """Click the map where a place lies, once it stands still."""
    where = [place.y, place.x]
    probe = "(box, ll) => geoparty.probe(ll[0], ll[1])"
    at = steady(box.page, lambda: box.evaluate(probe, where))
    assert at["point"] >= 0
    box.click(position={"x": at["x"], "y": at["y"]})


@pytest.mark.parametrize("name", ADDRESSES)
def test_every_page_draws_its_map(page, name):
    box = opened(page, ADDRESSES[name])
    until(page, lambda: painted(box) > 5)
    expect(page.get_by_text("DỮ LIỆU GIẢ LẬP")).to_have_count(1)
    legend = box.locator(".geoparty-legend")
    until(page, lambda: len(legend.inner_text().splitlines()) > 3)
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_a_click_on_a_place_opens_its_card(page, results):
    box = opened(page, "/")
    levels = results.places["gap_level"]
    place = results.places[levels.eq("no_members") & results.places.geometry.notna()].iloc[0]
    click_at(box, place.geometry)
    table = page.get_by_test_id("stTable").filter(has_text="Mã trong chương trình")
    expect(table).to_contain_text(f"dòng {place['row']}")
    expect(page.get_by_text(place["place_name"])).not_to_have_count(0)


def test_panning_never_reruns_the_page_and_a_click_keeps_the_zoom(page, results):
    box = opened(page, "/")
    before = box.get_attribute("data-at")
    box.evaluate("() => { window.map.setZoom(window.map.getZoom() + 1, {animate: false}) }")
    settled(page)
    assert box.get_attribute("data-at") == before
    zoom = box.evaluate("() => window.map.getZoom()")
    place = results.places[results.places["gap_level"].eq("no_members")].geometry.dropna().iloc[0]
    box.evaluate("(b, ll) => window.map.panTo(ll, {animate: false})", [place.y, place.x])
    click_at(box, place)
    page.get_by_test_id("stTable").filter(has_text="Mã trong chương trình").wait_for()
    assert box.evaluate("() => window.map.getZoom()") == zoom


def test_the_download_is_what_the_table_holds(page, results):
    opened(page, "/")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Tải GeoJSON").first.click()
    features = json.loads(waiting.value.path().read_text("utf-8"))["features"]
    gaps = results.places[results.places["gap_level"].ne("covered")]
    assert {f["properties"]["place_id"] for f in features} == set(gaps.index)
    order = [f["properties"]["priority"] for f in features]
    known = [rank for rank in order if rank is not None]
    assert order[: len(known)] == sorted(known)


def test_a_link_restores_the_view(page, results):
    place = results.places[results.places["gap_level"].eq("no_cell")].iloc[0]
    address = f"/?lang=en&commune={place['commune_code']}&place={place.name}"
    box = opened(page, address)
    page.get_by_test_id("stTable").filter(has_text="Our identifier").wait_for()
    expect(page.get_by_text("SYNTHETIC DATA")).to_have_count(1)
    inside = results.places["commune_code"].eq(place["commune_code"])
    shown = inside & results.places["gap_level"].ne("covered") & results.places.geometry.notna()
    expect(box).to_have_attribute("data-drawn", re.compile(rf"^[^:]*:\d+:{shown.sum()}$"))


def test_the_browser_goes_back_to_the_view_before(page):
    opened(page, "/?lang=vi")
    rows = page.get_by_role("button", name=re.compile("Tải GeoJSON"))
    before = rows.inner_text()
    page.get_by_test_id("stSidebar").get_by_test_id("stSelectbox").first.locator("input").click()
    page.get_by_role("option").last.click()
    page.wait_for_url(re.compile("province=|commune="))
    chosen = page.url
    settled(page)
    fewer = rows.inner_text()
    assert fewer != before
    page.go_back()
    page.get_by_text(before.splitlines()[-1]).wait_for()
    page.go_forward()
    page.get_by_text(fewer.splitlines()[-1]).wait_for()
    assert page.url == chosen


def test_a_link_restores_the_filters(page, results):
    opened(page, "/")
    page.get_by_test_id("stDataFrame").first.wait_for()
    page.locator("[data-testid=stSidebar]").get_by_text("Chi bộ có nguy cơ").click()
    settled(page)
    page.wait_for_url("**levels=**")
    address = page.url
    shown = results.places["gap_level"].isin(["covered", "at_risk"])
    n = number(int((~shown).sum()), "vi")
    page.get_by_role("button", name=f"Tải GeoJSON ({n} dòng)").wait_for()
    page.context.clear_cookies()
    page.goto("about:blank")
    opened(page, address)
    page.get_by_role("button", name=f"Tải GeoJSON ({n} dòng)").wait_for()
    assert page.url == address


def test_the_season_recolours_without_rebuilding_the_map(page, results):
    box = opened(page, "/isolation?season=dry")
    box.evaluate("() => { window.stays = true }")
    before = box.get_attribute("data-at")
    page.get_by_text("Mùa mưa", exact=True).first.click()
    page.wait_for_function(
        """before => {
            const frame = document.querySelector("iframe[title*='st_folium']");
            return frame.contentDocument.querySelector('#map_div').dataset.at !== before;
        }""",
        arg=before,
    )
    assert box.evaluate("() => window.stays") is True


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("name", [*ADDRESSES, "progress"])
def test_the_map_lies_on_the_first_screen_of_a_small_laptop(page, name, language):
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto(f"/{name}?lang={language}")
    drawn(page)
    frame = page.locator("iframe[title*='st_folium']").bounding_box()
    assert frame["y"] + frame["height"] <= 768
    loaded = page.get_by_text("SYNTHETIC DATA" if language == "en" else "DỮ LIỆU GIẢ LẬP")
    expect(loaded).to_have_count(1)


def test_two_seasons_side_by_side_are_maps_of_one_scale(page):
    opened(page, "/isolation?season=wet")
    page.get_by_test_id("stDataFrame").first.wait_for()
    page.get_by_text("Hai bản đồ cạnh nhau", exact=True).click()
    frames = page.locator("iframe[title*='st_folium']")
    expect(frames).to_have_count(3)
    boxes = [frames.nth(i).content_frame.locator("#map_div[data-drawn]") for i in range(3)]
    for box in boxes:
        box.wait_for()
    settled(page)
    corner = "() => [window.map.getZoom(), window.map.getCenter().lat, window.map.getCenter().lng]"
    sides = sorted(boxes, key=lambda box: box.bounding_box()["width"])[:2]
    dry, wet = (steady(page, lambda box=box: box.evaluate(corner)) for box in sides)
    assert dry == pytest.approx(wet, abs=1e-6)
    for box in sides:
        assert not box.evaluate("box => box.querySelector('.geoparty-legend details').open")


def test_the_table_comes_once_the_map_is_drawn_and_the_map_stays(page):
    box = opened(page, "/")
    before = box.get_attribute("data-at")
    box.evaluate("() => { window.stays = true }")
    page.get_by_test_id("stDataFrame").wait_for()
    assert box.evaluate("() => window.stays") is True
    assert box.get_attribute("data-at") == before


def test_the_table_comes_without_the_map(page):
    page.route("**/layer.js", lambda route: route.abort())
    page.goto("/")
    page.get_by_test_id("stDataFrame").wait_for()


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("name", [*ADDRESSES, "progress", "bring"])
def test_axe_finds_nothing_serious(page, name, language):
    from axe_playwright_python.sync_playwright import Axe

    axe = Axe()
    page.goto(f"/{name}?lang={language}")
    if name == "bring":
        page.get_by_test_id("stFileUploader").first.wait_for()
        settled(page)
    else:
        drawn(page)
        page.get_by_test_id("stDataFrame").first.wait_for()
    found = axe.run(page).response["violations"]
    serious = [
        (v["id"], [n["html"][:200] for n in v["nodes"]][:3])
        for v in found
        if v["impact"] in {"serious", "critical"}
    ]
    assert serious == []
