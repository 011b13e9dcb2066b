"""OpenStreetMap extracts in XML, as editors save them: the same arrays as of a PBF file."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET  # entities are refused first

import numpy as np

from geoparty.errors import InputError, Problem
from geoparty.read.grids import damaged, open_file
from geoparty.read.pbf import Extract, Tags

Row = tuple[int, int, int]


def read_xml(path: Path | str) -> Extract:
    """Read the nodes and ways of an OpenStreetMap XML file; objects marked deleted are left out.

    Raises
    ------
    InputError
        The file does not open, is no whole XML, or declares entities.
    """
    path = open_file(path)
    with path.open("rb") as stream:
        if b"<!" in stream.read(65536).replace(b"\0", b"").replace(b"<!--", b""):
            raise InputError(Problem(key="read.xml_bomb", file=path.name))
    found = _Found()
    try:
        for _, element in ET.iterparse(path):  # noqa: S314
            if element.tag in ("node", "way"):
                if element.get("action") != "delete":
                    found.add(element)
                element.clear()
    except (ET.ParseError, ValueError, KeyError, OverflowError) as error:
        raise damaged(path, error) from None
    return found.extract()


class _Found:
    """Nodes and ways as they come."""

    def __init__(self) -> None:
        self.strings: dict[bytes, int] = {}
        self.node: dict[int, tuple[float, float]] = {}
        self.way: list[int] = []
        self.ref: list[int] = []
        self.way_end: list[int] = []
        self.node_tag: list[Row] = []
        self.way_tag: list[Row] = []

    def add(self, element: ET.Element) -> None:
        """Take in one node or way."""
        number = int(element.attrib.get("id", ""))
        if element.tag == "node":
            if element.get("lat") is None:
                return
            if number in self.node:
                raise ValueError(f"node {number} twice")
            lon, lat = float(element.attrib["lon"]), float(element.attrib["lat"])
            if not (abs(lon) <= 180 and abs(lat) <= 90):
                raise ValueError(f"node {number} at {lon}, {lat}")
            self._tags(element, len(self.node), self.node_tag)
            self.node[number] = (lon, lat)
        else:
            self._tags(element, len(self.way), self.way_tag)
            self.way.append(number)
            self.ref += [int(nd.attrib["ref"]) for nd in element.iter("nd")]
            self.way_end.append(len(self.ref))

    def _tags(self, element: ET.Element, position: int, tags: list[Row]) -> None:
        for tag in element.iter("tag"):
            key, value = (
                self.strings.setdefault(tag.get(k, "").encode(), len(self.strings)) for k in "kv"
            )
            tags.append((position, key, value))

    def extract(self) -> Extract:
        """Return it all as arrays, nodes by rising id."""
        node = np.array(list(self.node), np.int64)
        degrees = np.array(list(self.node.values()), float).reshape(-1, 2)
        order = np.argsort(node, kind="stable")
        node_tag, way_tag = (
            np.array(rows, np.int64).reshape(-1, 3) for rows in (self.node_tag, self.way_tag)
        )
        node_tag[:, 0] = np.argsort(order, kind="stable")[node_tag[:, 0]]
        return Extract(
            node[order],
            np.round(degrees[order] * 1e7).astype(np.int32),
            Tags.table(node_tag, self.strings, len(node)),
            np.array(self.way, np.int64),
            np.array(self.way_end, np.int64),
            np.array(self.ref, np.int64),
            Tags.table(way_tag, self.strings, len(self.way)),
        )
