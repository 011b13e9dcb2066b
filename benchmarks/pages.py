"""The app in a real Chromium: a cold browser, a warm server, and the plain folium way beside it.

Figures are seconds on the wall from the link or the click to the last pixel drawn, processor
seconds of the page and of the server, and kilobytes that are not the Streamlit shell. They say
most on a machine that does nothing else.
"""

from __future__ import annotations

import base64
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, sync_playwright
from playwright.sync_api import TimeoutError as GivenUpError

from benchmarks import Case, Size
from benchmarks.served import PROVINCE, Served, country, serve
from geoparty.schema import Results

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
TARGETS = {
    "country_link_s": 3.0,
    "country_link_kb": 1000.0,
    "province_click_s": 2.0,
    "province_link_s": 3.0,
    "all_places_s": 4.0,
    "all_places_kb": 3000.0,
    "pan_messages": 0.0,
    "language_s": 0.5,
    "filter_s": 0.5,
    "season_s": 0.5,
}
AT_LEAST = {"ratio_link": 8.0, "ratio_click": 20.0}
_PATIENCE_S = 180
_PATIENCE_MS = _PATIENCE_S * 1000
_NOTE_CLICK = """() => addEventListener(
    "click", () => { window.clickedAt = Date.now() }, {capture: true, once: true}
)"""
_READY = """([shapes, points]) => {
    const frame = document.querySelector("iframe[title*='st_folium']");
    const box = frame && frame.contentDocument && frame.contentDocument.querySelector('#map_div');
    const drawn = box && box.dataset.drawn && box.dataset.drawn.split(':');
    return drawn && (shapes < 0 || +drawn[1] === shapes) && +drawn[2] === points;
}"""
_NAIVE_READY = """points => {
    const frame = document.querySelector("iframe[title*='st_folium']");
    const map = frame && frame.contentWindow && frame.contentWindow.map;
    if (!map || !map._loaded) return false;
    let n = 0;
    map.eachLayer(layer => { if (layer instanceof frame.contentWindow.L.CircleMarker) n++; });
    return n === points && performance.timeOrigin + performance.now();
}"""

Figures = dict[str, float]


class Watch:
    """What one page of a browser has cost so far."""

    def __init__(self, page: Page, served: Served) -> None:
        self.kilobytes, self.messages = 0.0, 0
        self._served = served
        self._shell: set[str] = set()
        self._tools = page.context.new_cdp_session(page)
        self._tools.send("Network.enable")
        self._tools.on("Network.responseReceived", self._seen)
        self._tools.on("Network.loadingFinished", self._loaded)
        self._tools.on("Network.webSocketFrameReceived", self._received)
        self._tools.on("Network.webSocketFrameSent", self._sent)

    def _seen(self, event: dict[str, Any]) -> None:
        if "/static/" in event["response"]["url"] or event["type"] == "Document":
            self._shell.add(event["requestId"])

    def _loaded(self, event: dict[str, Any]) -> None:
        if event["requestId"] not in self._shell:
            self.kilobytes += event["encodedDataLength"] / 1000

    def _received(self, event: dict[str, Any]) -> None:
        self.kilobytes += len(base64.b64decode(event["response"]["payloadData"])) / 1000

    def _sent(self, event: dict[str, Any]) -> None:
        self.messages += len(event["response"]["payloadData"]) > 0

    def cpu(self) -> tuple[float, float]:
        """Processor seconds of the browser, with what drives it, and of the server."""
        server = self._served.cpu_s()
        return cpu_of(os.getpid()) - server, server


def cpu_of(pid: int) -> float:
    """Return the processor seconds of all processes below one."""
    parents, spent = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text("utf-8").rpartition(")")[2].split()
            child = int(stat.parent.name)
            parents[child], spent[child] = int(fields[1]), int(fields[11]) + int(fields[12])
    below, found = {pid}, 0
    while len(below) > found:
        found = len(below)
        below |= {child for child, parent in parents.items() if parent in below}
    return sum(spent[child] for child in below - {pid}) / os.sysconf("SC_CLK_TCK")


@contextmanager
def browsing(served: Served) -> Iterator[tuple[Page, Watch]]:
    """Give a page of a browser that has seen nothing yet."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with sync_playwright() as playwright:
        browser: Browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        page = browser.new_page(viewport={"width": 1366, "height": 768}, base_url=served.address)
        page.set_default_timeout(_PATIENCE_MS)
        yield page, Watch(page, served)
        browser.close()


def box_of(page: Page) -> Locator:
    """Return the map."""
    return page.frame_locator("iframe[title*='st_folium']").locator("#map_div")


def timed(
    page: Page, watch: Watch, name: str, act: Callable[[], object], shapes: int, points: int
) -> Figures:
    """Return what it took from an act to the map that shows so many communes and places."""
    complete: Figures = {}
    before, cpu = watch.kilobytes, watch.cpu()
    began = time.time()
    act()
    page.wait_for_function(_READY, arg=[shapes, points], timeout=_PATIENCE_MS, polling=50)
    drawn = float(box_of(page).get_attribute("data-at") or 0) / 1000
    if name.endswith("_link"):  # the rest of the page comes after the map
        page.get_by_test_id("stDataFrame").wait_for()
        complete = {f"{name}_complete_s": round(time.time() - began, 2)}
    page.wait_for_timeout(300)
    after = watch.cpu()
    return complete | {
        f"{name}_s": round(drawn - began, 2),
        f"{name}_kb": round(watch.kilobytes - before),
        f"{name}_browser_cpu_s": round(after[0] - cpu[0], 2),
        f"{name}_server_cpu_s": round(after[1] - cpu[1], 2),
    }


def changed(page: Page, name: str, act: Callable[[], object]) -> Figures:
    """Return the seconds from a click to the map drawn anew, and whether it was rebuilt.

    The clock starts when the browser tells of the click: the driver takes up to a third of a
    second to bring its mouse there.
    """
    box = box_of(page)
    box.evaluate("() => { window.stays = true }")
    before = box.get_attribute("data-at")
    page.evaluate(_NOTE_CLICK)
    act()
    page.wait_for_function(
        """before => {
            const frame = document.querySelector("iframe[title*='st_folium']");
            return frame.contentDocument.querySelector('#map_div').dataset.at !== before;
        }""",
        arg=before,
    )
    drawn = float(box.get_attribute("data-at") or 0) / 1000
    began = page.evaluate("() => window.clickedAt") / 1000
    page.wait_for_timeout(700)
    rebuilt = box.evaluate("() => window.stays") is not True
    return {f"{name}_s": round(drawn - began, 2), f"{name}_rebuilt": float(rebuilt)}


def shown(results: Results, *, province: str | None = None, levels: bool = True) -> int:
    """Return how many places a view shows."""
    places = results.places
    keep = places["gap_level"].ne("covered") if levels else places["gap_level"].notna()
    if province:
        keep &= places["province_code"].eq(province)
    return int(keep.sum())


def click_commune(page: Page, results: Results) -> Callable[[], None]:
    """Return the click on the middle commune of the province."""
    own = results.communes[results.communes["province_code"].eq(PROVINCE)]
    point = own.geometry.iloc[len(own) // 2].representative_point()
    at = box_of(page).evaluate("(b, ll) => geoparty.probe(ll[0], ll[1])", [point.y, point.x])
    return lambda: box_of(page).click(position={"x": at["x"], "y": at["y"]})


def from_country(served: Served) -> Figures:
    """Open the country cold, pan it, drill down by a click, then show every place."""
    results, n = served.results, len(served.results.communes)
    with browsing(served) as (page, watch):
        out = timed(page, watch, "country_link", lambda: page.goto("/"), n, 0)
        sent = watch.messages
        frame = page.locator("iframe[title*='st_folium']").bounding_box()
        assert frame is not None
        x, y = frame["x"] + 500, frame["y"] + 60
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x - 60, y + 40, steps=5)
        page.mouse.up()
        page.wait_for_timeout(800)
        out["pan_messages"] = watch.messages - sent
        points = shown(results, province=PROVINCE)
        out |= timed(page, watch, "province_click", click_commune(page, results), 130, points)
        page.get_by_role("button", name="Lên một cấp").click()
        page.wait_for_function(_READY, arg=[n, 0], timeout=_PATIENCE_MS)
        page.get_by_test_id("stSidebar").get_by_role(
            "button", name="Đã có chi bộ vững"
        ).first.click()
        page.wait_for_timeout(2500)
        toggle = page.locator("label", has_text="Hiện cả").first
        out |= timed(page, watch, "all_places", toggle.click, n, shown(results, levels=False))
    return out


def shell(results: Results) -> Figures:
    """Open a page of one line cold, as plain Streamlit serves it: what it takes by itself."""
    with serve(results, "empty_app.py") as served:
        for _ in range(2):  # the first time the server warms
            with browsing(served) as (page, _watch):
                began = time.time()
                page.goto("/")
                page.get_by_test_id("stMarkdown").wait_for()
                took = time.time() - began
    return {"shell_s": round(took, 2)}


def from_link(served: Served) -> Figures:
    """Open the province cold, then change language, filter and season."""
    points = shown(served.results, province=PROVINCE)
    with browsing(served) as (page, watch):
        address = f"/?province={PROVINCE}"
        out = timed(page, watch, "province_link", lambda: page.goto(address), 130, points)
        page.wait_for_timeout(1500)
        sidebar = page.get_by_test_id("stSidebar")
        out |= changed(page, "filter", sidebar.get_by_role("button", name="Chi bộ ghép").click)
        out |= changed(page, "language", sidebar.get_by_role("radio", name="English").click)
        page.goto(f"/isolation?province={PROVINCE}")
        page.wait_for_function(_READY, arg=[130, 4000], timeout=_PATIENCE_MS)
        page.wait_for_timeout(1500)
        dry = page.get_by_test_id("stRadio").get_by_text("Mùa khô")
        out |= changed(page, "season", dry.click)
    return out


def naive(results: Results) -> Figures:
    """Open the province the plain folium way, then another one in the same session.

    Seconds are ``inf`` where the page was given up.
    """
    other = shown(results, province="38")
    points = shown(results, province=PROVINCE)
    with serve(results, "naive_app.py") as served:
        with browsing(served) as (page, watch):  # the server reads its results
            _naive(page, watch, lambda: page.goto("/"), points)
        with browsing(served) as (page, watch):
            link = _naive(page, watch, lambda: page.goto("/"), points)
            click = _naive(page, watch, page.get_by_role("button", name="other").click, other)
    return {"naive_link_s": link[0], "naive_link_kb": link[1], "naive_click_s": click[0]}


def _naive(page: Page, watch: Watch, act: Callable[[], object], points: int) -> tuple[float, float]:
    before, began = watch.kilobytes, time.time()
    try:
        act()
        handle = page.wait_for_function(_NAIVE_READY, arg=points, timeout=_PATIENCE_MS, polling=50)
        took = round(handle.json_value() / 1000 - began, 2)
    except GivenUpError:
        took = float("inf")
    return took, round(watch.kilobytes - before)


def build(_size: Size) -> Results:
    """Make the results."""
    return country()


def run(results: Results) -> Figures:
    """Drive the app, then the naive page."""
    with serve(results) as served:
        with browsing(served) as (page, _):  # the server warms
            for address, shapes in (("/", len(results.communes)), (f"/?province={PROVINCE}", 130)):
                page.goto(address)
                points = shown(results, province=PROVINCE) if shapes == 130 else 0
                page.wait_for_function(_READY, arg=[shapes, points], timeout=_PATIENCE_MS)
        out = from_country(served) | from_link(served)
        out["server_peak_mb"] = served.peak_mb()
    return ratios(out | naive(results) | shell(results))


def ratios(out: Figures) -> Figures:
    """Add how many times longer the plain way takes, and how many at most for any app here.

    An app that took no longer than Streamlit with a line of text would have ``ratio_link_bound``.
    ``ratio_link_beyond_shell`` leaves that time out on both sides: it says what the map itself
    takes, and is not the target. Where the plain way was given up they are the least there can be.
    """
    shell_s = out["shell_s"]
    link_s, click_s = (min(out[f"naive_{name}_s"], _PATIENCE_S) for name in ("link", "click"))
    beyond = max(out["province_link_s"] - shell_s, 0.01)
    return out | {
        "ratio_link": round(link_s / out["province_link_s"], 1),
        "ratio_link_bound": round(link_s / shell_s, 1),
        "ratio_link_beyond_shell": round((link_s - shell_s) / beyond, 1),
        "ratio_click": round(click_s / out["province_click_s"], 1),
    }


def right(_results: Results, out: Figures) -> bool:
    """Say whether nothing was rebuilt and panning asked for nothing; speed is for the reader."""
    rebuilt = sum(value for name, value in out.items() if name.endswith("_rebuilt"))
    return rebuilt == 0 and out["pan_messages"] == 0


def figures(out: Figures) -> Iterator[tuple[str, float, str]]:
    """Yield each figure beside what it should be, and say which page was given up."""
    for name, value in out.items():
        aim = ""
        if value == float("inf"):
            yield name, _PATIENCE_S, f"more than {_PATIENCE_S} s: given up"
            continue
        if name in TARGETS:
            aim = f"at most {TARGETS[name]:g}: {'reached' if value <= TARGETS[name] else 'MISSED'}"
        elif name in AT_LEAST:
            aim = (
                f"at least {AT_LEAST[name]:g}: {'reached' if value >= AT_LEAST[name] else 'MISSED'}"
            )
        yield name, value, aim


CASES = [
    Case(
        name="country_and_province",
        build=build,
        run=run,
        check=right,
        figures=figures,
        sizes=("full",),
        needs_real_data=True,
    )
]
