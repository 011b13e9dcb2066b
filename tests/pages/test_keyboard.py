"""Every page by keyboard alone, and what a screen reader is given, in both languages."""

import pytest
from pages.test_browser import drawn
from patience import settled, steady

from geoparty import words
from geoparty.pages.shell import PAGES

pytestmark = pytest.mark.browser

CHOSEN = {language: words.text("present.map_chosen", language) for language in words.LANGUAGES}
# What may be operated and is not hidden; of a group of choices one is reached, then arrows.
MARK = """() => {
    const seen = e => e.checkVisibility({opacityProperty: true, visibilityProperty: true})
        && e.getBoundingClientRect().width > 1;
    const all = 'a[href], button, input, textarea, summary, canvas[tabindex], iframe';
    const groups = new Set();
    let n = 0;
    for (const e of document.querySelectorAll(all)) {
        const label = e.closest('label');
        if (e.disabled || e.tabIndex < 0 || !(seen(e) || (label && seen(label)))) continue;
        const group = e.closest('[role=radiogroup], [role=toolbar]');
        if (group && groups.has(group)) continue;
        if (group) groups.add(group);
        e.dataset.stop = n++;
        (group || e).dataset.stop = e.dataset.stop;
    }
    return n;
}"""
# How the focused element and what is around it look, once colours that change slowly have
# changed; asked again once the focus has gone on.
LOOK = """e => {
    const found = [];
    for (const a of document.getAnimations()) if (a instanceof CSSTransition) a.finish();
    for (let i = 0; e && i < 6; i++, e = e.parentElement) {
        const s = getComputedStyle(e);
        found.push([s.outlineStyle, s.outlineColor, s.boxShadow, s.borderColor].join());
    }
    return found.join(';');
}"""
NOW = """() => {
    const e = document.activeElement, stop = e.closest('[data-stop]');
    return {tag: e.tagName, stop: stop && +stop.dataset.stop, id: e.dataset.testid || '',
        side: !!e.closest('[data-testid=stSidebar]')};
}"""


def opened(page, name, language):
    page.goto(f"/{name}?lang={language}")
    if name == "bring":
        page.get_by_test_id("stFileUploader").first.wait_for()
        settled(page)
        return None
    box = drawn(page)
    page.get_by_test_id("stDataFrame").first.wait_for()
    settled(page)  # tables come after the map, and move it
    return box


def tabbed(page):
    """Tab through the page once: every stop in order, each with whether it could be seen."""
    stops, before = [], None
    for _ in range(300):
        page.keyboard.press("Tab")
        now = page.evaluate(NOW)
        if before is not None:
            handle, look = before
            stops[-1]["is_seen"] = look != handle.evaluate(LOOK)
        if now["tag"] == "BODY":
            return stops
        handle = page.evaluate_handle("document.activeElement")
        before = handle, handle.evaluate(LOOK)
        stops.append(now)
    pytest.fail("the focus never leaves the page")


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_every_control_is_reached_in_order_and_seen(page, name, language):
    opened(page, name, language)
    n = page.evaluate(MARK)
    stops = tabbed(page)
    reached = [s["stop"] for s in stops if s["stop"] is not None]
    assert set(reached) == set(range(n))
    assert reached == sorted(reached)
    side = [s["side"] for s in stops if s["id"] != "stSkipToContent"]
    assert side == sorted(side, reverse=True)
    drawn_by_itself = {
        "CANVAS",
        "TD",
        "IFRAME",
    }  # the grid rings its cell; the map is looked at below
    unseen = [s for s in stops if not s.get("is_seen", True) and s["tag"] not in drawn_by_itself]
    assert unseen == []
    assert page.locator("html").get_attribute("lang") == language


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("name", [name for name in PAGES if name != "bring"])
def test_the_map_is_moved_and_a_place_chosen_by_keys_and_spoken(page, name, language):
    box = opened(page, name, language)
    page.keyboard.press("Tab")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.tagName") == "IFRAME":
            break
    assert box.evaluate("e => e === e.ownerDocument.activeElement")
    assert box.get_attribute("role") == "application"
    assert words.text("present.map_keys", language) in box.get_attribute("aria-label")
    assert box.locator(".geoparty-aim").is_visible()
    spoken = box.locator("[aria-live=polite]")

    def where():
        return box.evaluate("() => [map.getCenter().lat, map.getCenter().lng, map.getZoom()]")

    def press(key):
        before = steady(page, where, quiet_s=0.4)
        page.keyboard.press(key)
        steady(page, spoken.text_content, quiet_s=0.4)
        return before, steady(page, where, quiet_s=0.4)

    _, first = press("Home")
    _, moved = press("ArrowRight")
    assert moved[1] > first[1]
    assert spoken.text_content()
    before, after = press("+")
    assert after[2] > before[2]
    assert press("Home")[1] == pytest.approx(first, abs=0.01)
    press("PageDown")
    one = spoken.text_content()
    press("PageDown")
    other = spoken.text_content()
    assert " — " in one
    assert one != other
    press("PageUp")
    assert spoken.text_content() == one
    page.keyboard.press("Enter")
    place = one.partition(" — ")[0]
    page.get_by_role("table", name=words.text("pages.card_named", language, name=place)).wait_for()
    assert spoken.text_content() == f"{CHOSEN[language]} {one}"
    assert box.evaluate("e => e === e.ownerDocument.activeElement")
    frame = page.locator("iframe[title*=st_folium]").first
    assert frame.get_attribute("aria-label") == words.text("pages.frame_map", language)


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_tables_have_a_name_and_their_cells_are_there_to_be_read(page, name, language):
    opened(page, name, language)
    shown = [d for d in page.get_by_test_id("stDataFrame").all() if d.is_visible()]
    assert shown or name == "bring"
    for grid in shown:
        assert grid.get_by_role("region").get_attribute("aria-label").strip()
        cells = grid.locator("canvas [role=grid]")
        assert int(cells.get_attribute("aria-rowcount")) >= 2
        assert cells.locator("[role=columnheader]").last.text_content()
        assert cells.locator("[role=gridcell]").first.count()
    for table in page.locator("[data-testid=stTable] table").all():
        assert table.get_attribute("aria-label").strip()
