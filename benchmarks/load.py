"""Fifty planners at once on one server: sessions that load, click, filter and change page.

Each session speaks Streamlit's own protocol over a websocket, as a browser does, from this machine
to a server on this machine, for a minute and a half: the browser's own work is its owner's, not the
server's. A planner looks at what came for ``THINK_S`` seconds, evenly spread, before the next
click. Every message is searched for places
of another province than the session's; a page that fails, or is not drawn, is counted.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from benchmarks import Case, Size
from benchmarks.served import Served, country, serve
from geoparty.schema import Results

SEED, PLANNERS, ROUNDS = 7, 50, 2
MOST_PROVINCES = 12
THINK_S = (4.0, 10.0)
_MOST_BYTES = 2**26
_PLACE = re.compile(rb"n (\d\d)-P\d")
"""Names of :func:`benchmarks.served.country`, wherever they stand in a message."""

Figures = dict[str, float]


class Planner:
    """One session, its widgets, and what it was last shown."""

    def __init__(self, line: ClientConnection, province: str) -> None:
        self._line, self._province = line, province
        self._widgets: dict[str, Any] = {}
        self._states: dict[str, dict[str, Any]] = {}
        self._page, self._clicks = "", 0
        self.seconds: list[float] = []
        self.foreign = self.named = self.failed = 0
        self.shown: dict[str, Any] = {}

    async def ask(self) -> None:
        """Run the page with the widgets as they stand, until everything is there.

        Where the map is to tell that it is drawn, it does, as in a browser, and the page runs
        again: both together are one interaction.
        """
        received, took = await self._run()
        if self.shown.get("tell") and not self._clicks:
            self._tell({"kind": "drawn"})
            more, again = await self._run()
            received, took = received + more, took + again
        self.seconds.append(took)
        self._check(received)

    async def _run(self) -> tuple[list[Any], float]:
        """Run the page once, until the server says it is done."""
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_name = f"province={self._province}", self._page
        for name, value in self._states.items():
            widget = state.widget_states.widgets.add(id=name)
            for kind, content in value.items():
                if kind == "string_array_value":
                    widget.string_array_value.data.extend(content)
                else:
                    setattr(widget, kind, content)
        self.shown = {}
        began, received = time.perf_counter(), []
        await self._line.send(message.SerializeToString())
        while True:
            received.append(await self._line.recv())
            answer = ForwardMsg.FromString(received[-1])
            if answer.WhichOneof("type") == "script_finished":
                break
            if answer.WhichOneof("type") == "delta":
                self._note(answer.delta.new_element)
        return received, time.perf_counter() - began

    def _note(self, element: Any) -> None:  # noqa: ANN401 - protobuf
        kind = element.WhichOneof("type")
        if kind in {"radio", "multiselect", "button_group"}:
            self._widgets.setdefault(kind, getattr(element, kind))
        elif kind == "exception":
            self.failed += 1
        elif kind == "component_instance":
            self._widgets["map"] = element.component_instance
            sent = json.loads(element.component_instance.json_args)["feature_group"]
            start = sent.index("geoparty.show(") + len("geoparty.show(")
            self.shown = json.JSONDecoder().raw_decode(sent[start:])[0]

    def _check(self, received: list[Any]) -> None:
        found = [code for message in received for code in _PLACE.findall(message)]
        self.foreign += sum(code != self._province.encode() for code in found)
        self.named += len(found)
        self.failed += not self.shown

    def _tell(self, what: dict[str, str]) -> None:
        """Let the map say something from now on."""
        self._clicks += 1
        event = {
            "last_object_clicked_count": self._clicks,
            "last_active_drawing": {
                "type": "Feature",
                "properties": what | {"at": self._clicks},
                "geometry": None,
            },
        }
        self._states[self._widgets["map"].id] = {"json_value": json.dumps(event)}

    async def click(self, commune: str) -> None:
        """Click a commune on the map."""
        self._tell({"kind": "commune", "code": commune, "province": self._province})
        await self.ask()
        self.failed += self.shown.get("selected", {}).get("commune") != commune

    async def filter(self, rng: np.random.Generator) -> None:
        """Look at one kind of place."""
        widget = self._widgets["multiselect"]
        wanted = str(rng.choice(list(widget.options)))
        self._states[widget.id] = {"string_array_value": [wanted]}
        await self.ask()
        self._states[widget.id] = {"string_array_value": []}

    async def isolation(self) -> None:
        """Go to the page of isolation."""
        self._page, self._widgets = "isolation", {}
        await self.ask()

    async def season(self) -> None:
        """Look at the first season."""
        radio = self._widgets["radio"]
        self._states[radio.id] = {"string_value": radio.options[0]}
        await self.ask()

    async def language(self, name: str) -> None:
        """Change the language."""
        self._states[self._widgets["button_group"].id] = {"string_array_value": [name]}
        await self.ask()


async def _plan(served: Served, number: int, provinces: list[str], communes: list[str]) -> Planner:
    rng = np.random.default_rng([SEED, number])
    address = served.address.replace("http", "ws") + "/_stcore/stream"
    await asyncio.sleep(rng.uniform(0, THINK_S[1]))
    async with connect(address, subprotocols=["streamlit"], max_size=_MOST_BYTES) as line:
        planner = Planner(line, provinces[number % len(provinces)])
        own = [c for c in communes if c.startswith(planner._province + "/")]  # noqa: SLF001

        async def think() -> None:
            await asyncio.sleep(rng.uniform(*THINK_S))

        await planner.ask()
        for _ in range(ROUNDS):
            planner._page, planner._widgets = "gaps", {}  # noqa: SLF001
            await think()
            await planner.ask()
            await think()
            await planner.click(str(rng.choice(own)).partition("/")[2])
            await think()
            await planner.filter(rng)
            await think()
            await planner.language("English")
            await think()
            await planner.isolation()
            await think()
            await planner.season()
        return planner


async def _everybody(served: Served) -> list[Planner]:
    communes = served.results.communes
    provinces = _provinces(served.results)
    pairs = [f"{p}/{c}" for c, p in communes["province_code"].items()]
    return list(
        await asyncio.gather(*(_plan(served, i, provinces, pairs) for i in range(PLANNERS)))
    )


def build(_size: Size) -> Results:
    """Make the results."""
    return country()


def run(results: Results) -> Figures:
    """Let one session warm the server, then everybody work."""
    with serve(results) as served:
        asyncio.run(_warm(served, _provinces(results)))
        before = served.cpu_s()
        planners = asyncio.run(_everybody(served))
        seconds = np.concatenate([planner.seconds for planner in planners])
        return {
            "interactions": float(len(seconds)),
            "median_s": round(float(np.median(seconds)), 2),
            "p95_s": round(float(np.quantile(seconds, 0.95)), 2),
            "worst_s": round(float(seconds.max()), 2),
            "server_cpu_s": round(served.cpu_s() - before, 1),
            "server_peak_mb": float(served.peak_mb()),
            "server_cpu_ms_each": round(1000 * (served.cpu_s() - before) / len(seconds)),
            "places_shown": float(sum(planner.named for planner in planners)),
            "foreign": float(sum(planner.foreign for planner in planners)),
            "failed": float(sum(planner.failed for planner in planners)),
        }


def _provinces(results: Results) -> list[str]:
    return sorted(results.communes["province_code"].unique())[:MOST_PROVINCES]


async def _warm(served: Served, provinces: list[str]) -> None:
    address = served.address.replace("http", "ws") + "/_stcore/stream"
    for province in provinces:
        async with connect(address, subprotocols=["streamlit"], max_size=_MOST_BYTES) as line:
            await Planner(line, province).ask()


def right(_results: Results, out: Figures) -> bool:
    """Say whether every page was drawn, with nothing of another's, within the memory there is."""
    return out["foreign"] == out["failed"] == 0 and out["server_peak_mb"] < 2000


def figures(out: Figures) -> Iterator[tuple[str, float, str]]:
    """Yield each figure beside what it should be."""
    aims = {"p95_s": 2.0, "server_peak_mb": 2000.0, "foreign": 0.0, "failed": 0.0}
    for name, value in out.items():
        reached = "reached" if value <= aims.get(name, value) else "MISSED"
        yield name, value, f"at most {aims[name]:g}: {reached}" if name in aims else ""


CASES = [
    Case(
        name="fifty_planners",
        build=build,
        run=run,
        check=right,
        figures=figures,
        sizes=("full",),
        needs_real_data=True,
    )
]
