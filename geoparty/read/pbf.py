"""OpenStreetMap extracts in PBF: nodes, ways and their tags as arrays.

The format is that of the OpenStreetMap wiki, "PBF Format": blobs with their length before
them, each packed by zlib. Written here because a loop over pyosmium takes several times as
long, and GDAL's driver leaves out closed ways and tags of the nodes of roads.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from geoparty.errors import InputError, Problem
from geoparty.read.grids import damaged, open_file

Ints = NDArray[np.int64]
Small = NDArray[np.int32]
Bools = NDArray[np.bool_]

_MOST_HEADER, _MOST_BLOB = 64 << 10, 32 << 20
"""Longest a header and a blob may be: what the format allows."""
_KNOWN = frozenset({b"OsmSchema-V0.6", b"DenseNodes"})


@dataclass(frozen=True)
class Tags:
    """Tags of nodes or ways: the position of what each is of, its key and its value.

    Keys and values are the numbers of texts in ``strings``; ``n`` is how many nodes or ways
    there are.
    """

    of: Ints
    key: Ints
    value: Ints
    strings: dict[bytes, int]
    n: int

    @classmethod
    def table(cls, rows: Ints, strings: dict[bytes, int], n: int) -> Tags:
        """Return the tags of a table of three columns: position, key, value."""
        return cls(rows[:, 0], rows[:, 1], rows[:, 2], strings, n)

    def having(self, key: str) -> Ints:
        """Return the positions that have a key."""
        found: Ints = self.of[self.key == self.strings.get(key.encode(), -1)]
        return found

    def get(self, key: str, at: Ints) -> NDArray[np.object_]:
        """Return the value of a key for some positions, in their order; None where not given."""
        chosen = self.key == self.strings.get(key.encode(), -1)
        value = np.full(self.n, -1, np.int64)
        value[self.of[chosen]] = self.value[chosen]
        code, inverse = np.unique(value[at], return_inverse=True)
        texts = self._texts
        words = [None if c < 0 else texts[c].decode("utf-8", "replace") for c in code.tolist()]
        return np.array([*words, None], dtype=object)[inverse]

    @cached_property
    def _texts(self) -> list[bytes]:
        return list(self.strings)


@dataclass(frozen=True)
class Extract:
    """What a PBF file holds of nodes and ways; relations are left out.

    Nodes are by rising ``node_id`` with ``place`` (longitude, latitude) in ten-millionths of a
    degree. Way ``i`` passes the nodes ``ref[way_end[i - 1]:way_end[i]]``.
    """

    node_id: Ints
    place: Small
    node_tags: Tags
    way_id: Ints
    way_end: Ints
    ref: Ints
    way_tags: Tags

    def nodes_of(self, way: Ints) -> tuple[Ints, Ints]:
        """Return positions of the nodes along some ways, and which of the ways each is of.

        Nodes that the file refers to and does not hold are left out.
        """
        first = np.concatenate([[0], self.way_end])[way]
        size = self.way_end[way] - first
        which = np.repeat(np.arange(len(way)), size)
        ref = self.ref[np.arange(len(which)) + (first - np.cumsum(size) + size)[which]]
        at = np.minimum(np.searchsorted(self.node_id, ref), max(len(self.node_id) - 1, 0))
        held = self.node_id[at] == ref if len(self.node_id) else np.zeros(len(ref), bool)
        return at[held], which[held]


def read_pbf(path: Path | str) -> Extract:
    """Read the nodes and ways of an OpenStreetMap PBF file.

    Raises
    ------
    InputError
        The file does not open, ends in the middle, is damaged, holds the history of objects,
        or is packed in a way other than zlib.
    """
    path = open_file(path)
    strings: dict[bytes, int] = {}
    blocks: list[_Block] = []
    try:
        with path.open("rb") as stream:
            for kind, blob in _blobs(stream):
                if kind == b"OSMHeader":
                    _check_header(blob, path)
                elif kind == b"OSMData":
                    blocks.append(_Block.of(blob, strings))
    except OSError as error:
        raise damaged(path, error) from None
    except _CutError:
        raise InputError(Problem(key="read.cut_short", file=path.name)) from None
    except _PackingError as error:
        how = {"how": str(error)}
        raise InputError(Problem(key="read.pbf_packing", params=how, file=path.name)) from None
    except InputError:
        raise
    except (ValueError, IndexError, zlib.error):
        at = {"block": len(blocks) + 1}
        raise InputError(Problem(key="read.pbf_damaged", params=at, file=path.name)) from None
    if not blocks:
        raise InputError(Problem(key="read.no_rows", file=path.name))
    return _joined(blocks, strings)


class _CutError(Exception):
    """The file ends before what it announces."""


class _PackingError(Exception):
    """A blob is packed in a way that is not read."""


@dataclass(frozen=True)
class _Block:
    node: Ints
    place: Small
    node_tag: Ints
    way: Ints
    way_end: Ints
    ref: Ints
    way_tag: Ints

    @classmethod
    def of(cls, blob: bytes, strings: dict[bytes, int]) -> _Block:
        from geoparty.read import pbf_block as kernel

        raw = np.frombuffer(blob, np.uint8)
        n = kernel.count(raw)
        n_strings, n_nodes, n_node_tags, n_ways, n_refs, n_way_tags = n[:6].tolist()
        if max(n[:6]) > len(raw):
            raise ValueError
        start, end = np.zeros(n_strings, np.int64), np.zeros(n_strings, np.int64)
        node, way, ref = (np.zeros(size, np.int64) for size in (n_nodes, n_ways, n_refs))
        way_end, place = np.zeros(n_ways, np.int64), np.zeros((n_nodes, 2), np.int64)
        node_tag = np.zeros((n_node_tags, 3), np.int64)
        way_tag = np.zeros((n_way_tags, 3), np.int64)
        used = kernel.fill(raw, start, end, node, place, node_tag, way, way_end, ref, way_tag)
        pairs = zip(start.tolist(), end.tolist(), strict=True)
        code = np.array([strings.setdefault(blob[a:b], len(strings)) for a, b in pairs] or [0])
        # a copy, or the room for as many tags as there might be would be kept
        tags = (node_tag[:used].copy(), way_tag)
        for tag in tags:
            if len(tag) and (tag[:, 1:].min() < 0 or tag[:, 1:].max() >= n_strings):
                raise ValueError
            tag[:, 1:] = code[tag[:, 1:]]
        offset = n[[kernel.LON_OFFSET, kernel.LAT_OFFSET]]
        degrees = np.round((offset + place * n[kernel.GRANULARITY]) / kernel.UNIT)
        if np.abs(degrees).max(initial=0) > 1.8e9:
            raise ValueError
        return cls(node, degrees.astype(np.int32), tags[0], way, way_end, ref, tags[1])


def _joined(blocks: list[_Block], strings: dict[bytes, int]) -> Extract:
    """Put blocks end to end, nodes by rising id; ``blocks`` are emptied."""
    parts = {f.name: [getattr(b, f.name) for b in blocks] for f in fields(_Block)}
    # what is joined is let go at once, or everything would be held twice
    blocks.clear()
    ends = np.cumsum([0, *map(len, parts["ref"])])[:-1]
    way_end = [end + e for end, e in zip(parts.pop("way_end"), ends, strict=True)]
    node_tag = _shifted(parts.pop("node_tag"), [len(part) for part in parts["node"]])
    way_tag = _shifted(parts.pop("way_tag"), [len(part) for part in parts["way"]])
    node, place = np.concatenate(parts.pop("node")), np.concatenate(parts.pop("place"))
    way = np.concatenate(parts.pop("way"))
    if (node[1:] < node[:-1]).any():
        order = np.argsort(node, kind="stable")
        node, place = node[order], place[order]
        node_tag[:, 0] = np.argsort(order, kind="stable")[node_tag[:, 0]]
    return Extract(
        node,
        place,
        Tags.table(node_tag, strings, len(node)),
        way,
        np.concatenate(way_end),
        np.concatenate(parts.pop("ref")),
        Tags.table(way_tag, strings, len(way)),
    )


def _shifted(tags: list[Ints], sizes: list[int]) -> Ints:
    before = np.cumsum([0, *sizes[:-1]])
    for tag, shift in zip(tags, before, strict=True):
        tag[:, 0] += shift
    return np.concatenate(tags)


def _blobs(stream: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Yield the kind and the unpacked contents of every blob."""
    while size := stream.read(4):
        header = _exactly(stream, _length(size, _MOST_HEADER))
        fields = dict(_fields(header))
        kind, length = fields.get(1), fields.get(3)
        if not isinstance(kind, bytes) or not isinstance(length, int):
            raise ValueError  # noqa: TRY004  # the file is wrong, not the caller
        if length > _MOST_BLOB:
            raise ValueError
        yield kind, _unpacked(dict(_fields(_exactly(stream, length))))


def _length(size: bytes, most: int) -> int:
    if len(size) < 4:
        raise _CutError
    length = int(struct.unpack(">I", size)[0])
    if length > most:
        raise ValueError
    return length


def _exactly(stream: BinaryIO, size: int) -> bytes:
    got = stream.read(size)
    if len(got) < size:
        raise _CutError
    return got


def _unpacked(fields: dict[int, int | bytes]) -> bytes:
    packed = fields.get(3)
    if isinstance(packed, bytes):
        unpacker = zlib.decompressobj()
        contents = unpacker.decompress(packed, _MOST_BLOB)
        if not unpacker.eof:
            raise ValueError
        return contents
    plain = fields.get(1)
    if isinstance(plain, bytes):
        return plain
    names = {4: "lzma", 5: "bzip2", 6: "lz4", 7: "zstd"}
    raise _PackingError(next((names[f] for f in fields if f in names), "?"))


def _check_header(blob: bytes, path: Path) -> None:
    """Refuse a file whose header asks for more than nodes and ways as they are."""
    needs = {value for number, value in _fields(blob) if number == 4 and isinstance(value, bytes)}
    if needs - _KNOWN:
        names = ", ".join(sorted(need.decode("utf-8", "replace") for need in needs - _KNOWN))
        raise InputError(Problem(key="read.pbf_feature", params={"names": names}, file=path.name))


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield number and value of the fields of a short message."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        value, at = _varint(message, at)
        if tag & 7 == 0:
            yield tag >> 3, value
        elif tag & 7 == 2 and value <= len(message) - at:
            yield tag >> 3, message[at : at + value]
            at += value
        else:
            raise ValueError


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 128:
            return value, at
    raise ValueError
