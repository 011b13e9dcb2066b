"""OpenStreetMap extracts: from a PBF file to a graph of roads to search."""

from __future__ import annotations

import math
import tempfile
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import osmium

from benchmarks import Case, Size
from geoparty import travel
from geoparty.read import read_roads
from geoparty.settings import DRY, Travel
from geoparty.travel.graph import Graph

REAL_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
COPIES = {"small": 1, "full": 17}
Given = SimpleNamespace


def _many_andorras(size: Size) -> Path:
    """Write Andorra some times side by side: 28 MB of PBF, kept between the case and its peer."""
    copies = COPIES[size]
    source = REAL_DATA / "osm" / "andorra_2021-06-22.osm.pbf"
    path = Path(tempfile.gettempdir()) / f"geoparty-benchmark-{copies}.osm.pbf"
    if path.exists():
        return path
    part = path.with_suffix(".part.osm.pbf")
    with osmium.SimpleWriter(str(part), overwrite=True) as out:
        for k in range(copies):
            for o in osmium.FileProcessor(str(source), osmium.osm.NODE):
                out.add_node(o.replace(id=o.id + k * 10**11, location=(o.lon + 0.6 * k, o.lat)))
        for k in range(copies):
            for o in osmium.FileProcessor(str(source), osmium.osm.WAY):
                nodes = [n.ref + k * 10**11 for n in o.nodes]
                out.add_way(o.replace(id=o.id + k * 10**11, nodes=nodes))
    part.rename(path)
    return path


def build_extract(size: Size) -> Given:
    """Make the file, and compile what reads it on the one Andorra there is."""
    run_extract(Given(path=_many_andorras("small")))
    return Given(path=_many_andorras(size), copies=COPIES[size])


def run_extract(given: Given) -> Graph:
    """Read the roads and make them a graph to search."""
    given.roads = read_roads(given.path).frame
    network = travel.build_network(given.roads, travel=Travel(), seasons=(DRY,))
    return network.ways(DRY).graph


def check_extract(given: Given, graph: Graph) -> bool:
    """Count the fords and the nodes: those of every copy."""
    once = run_extract(Given(path=_many_andorras("small")))
    fords = int(given.roads["is_ford"].sum()) == 57 * given.copies
    return fords and abs(graph.n_nodes - once.n_nodes * given.copies) <= given.copies


def osmium_extract(given: Given) -> tuple[list[tuple[int, int, float, str]], int]:
    """Do the same by a loop over pyosmium: fords, junctions, stretches with their length."""
    roads, fords = [], 0
    uses: Counter[int] = Counter()
    for o in osmium.FileProcessor(str(given.path)).with_locations():
        if o.is_node():
            fords += "ford" in o.tags
        elif o.is_way() and "highway" in o.tags:
            points = [(n.ref, n.lon, n.lat) for n in o.nodes]
            roads.append((points, dict(o.tags)))
            uses.update(p[0] for p in (*points, points[0], points[-1]))
    edges = []
    for points, tags in roads:
        start, metres, last = points[0][0], 0.0, points[0]
        for point in points[1:]:
            x = math.radians(point[1] - last[1]) * math.cos(math.radians(point[2]))
            metres += 6_371_000 * math.hypot(x, math.radians(point[2] - last[2]))
            last = point
            if uses[point[0]] > 1:
                edges.append((start, point[0], metres, tags["highway"]))
                start, metres = point[0], 0.0
    return edges, fords


CASES = [
    Case(
        name="extract to graph",
        build=build_extract,
        run=run_extract,
        check=check_extract,
        peer=osmium_extract,
        peer_name="loop over pyosmium",
        needs_real_data=True,
    ),
]
