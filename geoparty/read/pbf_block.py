"""One block of an OpenStreetMap PBF file as arrays: the compiled kernels.

The format is that of Protocol Buffers (varints, lengths before contents) with the messages of
``osmformat.proto``. :func:`count` walks a block once to tell how much is in it, :func:`fill`
walks it again and writes it out. Every step is kept inside the bytes given: whatever they hold,
the kernels end, by ``ValueError`` where they make no sense.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from geoparty.kernels import compiled

Array: TypeAlias = Any

STRINGS, NODES, NODE_TAGS, WAYS, REFS, WAY_TAGS = range(6)
"""What :func:`count` counts, in this order."""
GRANULARITY, LAT_OFFSET, LON_OFFSET = range(6, 9)
"""What it reads beside: billionths of a degree."""
UNIT = 100
"""Coordinates are kept in ten-millionths of a degree: so many billionths."""


@compiled
def _varint(block: Array, at: int, end: int) -> tuple[int, int]:
    """Return the number at a place, its 64 bits as they are, and the place after it."""
    value, shift = np.int64(0), 0
    while at < end and shift < 70:
        byte = np.int64(block[at])
        at += 1
        if shift < 64:
            value |= (byte & 0x7F) << shift
        if byte < 128:
            return int(value), at
        shift += 7
    raise ValueError


@compiled
def _signed(value: int) -> int:
    """Return the number that zigzag encoding stands for."""
    return ((value >> 1) & 0x7FFFFFFFFFFFFFFF) ^ -(value & 1)


@compiled
def _field(block: Array, at: int, end: int) -> tuple[int, int, int, int]:
    """Return the number of the field, its value or the end of its contents, and where they begin.

    The last is the place after a field that is only a number; contents begin there otherwise.
    The third is 0 for a number, 1 for contents, 2 for what is passed over.
    """
    tag, at = _varint(block, at, end)
    number, kind = tag >> 3, tag & 7
    if kind == 0:
        value, at = _varint(block, at, end)
        return number, value, 0, at
    if kind == 2:
        size, at = _varint(block, at, end)
        if size < 0 or size > end - at:
            raise ValueError
        return number, at + size, 1, at
    width = 8 if kind == 1 else 4
    if (kind not in (1, 5)) or width > end - at:
        raise ValueError
    return number, 0, 2, at + width


@compiled
def _numbers(block: Array, at: int, end: int) -> int:
    """Return how many varints there are."""
    n = 0
    for i in range(at, end):
        n += block[i] < 128
    return n


@compiled
def count(block: Array) -> Array:
    """Return how much of everything a block holds, and its units."""
    found = np.zeros(9, np.int64)
    found[GRANULARITY] = UNIT
    at, end = 0, block.size
    while at < end:
        number, value, kind, at = _field(block, at, end)
        if kind == 0:
            if number == 17:
                found[GRANULARITY] = value
            elif number in (19, 20):
                found[LAT_OFFSET + number - 19] = value
        elif kind == 1:
            if number == 1:
                found[STRINGS] += _count_fields(block, at, value)
            elif number == 2:
                _count_group(block, at, value, found)
            at = value
    return found


@compiled
def _count_fields(block: Array, at: int, end: int) -> int:
    n = 0
    while at < end:
        number, value, kind, at = _field(block, at, end)
        n += kind == 1 and number == 1
        at = value if kind == 1 else at
    return n


@compiled
def _count_group(block: Array, at: int, end: int, found: Array) -> None:
    while at < end:
        number, last, kind, at = _field(block, at, end)
        if kind != 1:
            continue
        if number == 1:
            found[NODES] += 1
        elif number == 3:
            found[WAYS] += 1
        while number <= 3 and at < last:
            inner, value, kind, at = _field(block, at, last)
            if kind != 1:
                continue
            n = _numbers(block, at, value)
            if number == 1 and inner == 2:
                found[NODE_TAGS] += n
            elif number == 2 and inner == 1:
                found[NODES] += n
            elif number == 2 and inner == 10:
                found[NODE_TAGS] += n
            elif number == 3 and inner == 2:
                found[WAY_TAGS] += n
            elif number == 3 and inner == 8:
                found[REFS] += n
            at = value
        at = last


@compiled
def fill(
    block: Array,
    string_at: Array,
    string_end: Array,
    node: Array,
    place: Array,
    node_tag: Array,
    way: Array,
    way_end: Array,
    ref: Array,
    way_tag: Array,
) -> int:
    """Write a block out; return how many node tags there are.

    ``place`` has (longitude, latitude) of every node as the block has them, ``way_end`` where
    each way's nodes end in ``ref``; tags have (position of node or way, key, value).
    """
    # so far: strings, nodes, node tags, ways, refs, way tags
    done = np.zeros(6, np.int64)
    at, end = 0, block.size
    while at < end:
        number, value, kind, at = _field(block, at, end)
        if kind != 1:
            continue
        if number == 1:
            while at < value:
                inner, last, kind, at = _field(block, at, value)
                if kind == 1 and inner == 1:
                    string_at[done[STRINGS]], string_end[done[STRINGS]] = at, last
                    done[STRINGS] += 1
                at = last if kind == 1 else at
        while number == 2 and at < value:
            inner, last, kind, at = _field(block, at, value)
            if kind != 1:
                continue
            if inner == 1:
                _fill_node(block, at, last, node, place, node_tag, done)
            elif inner == 2:
                _fill_dense(block, at, last, node, place, node_tag, done)
            elif inner == 3:
                _fill_way(block, at, last, way, way_end, ref, way_tag, done)
            at = last
        at = value
    return int(done[NODE_TAGS])


@compiled
def _fill_node(
    block: Array, at: int, end: int, node: Array, place: Array, node_tag: Array, done: Array
) -> None:
    here, first, n_values = done[NODES], done[NODE_TAGS], 0
    while at < end:
        number, value, kind, at = _field(block, at, end)
        if kind == 0 and number == 1:
            node[here] = _signed(value)
        elif kind == 0 and number in (8, 9):
            place[here, 9 - number] = _signed(value)
        elif kind == 1:
            while number in (2, 3) and at < value:
                text, at = _varint(block, at, value)
                if number == 2:
                    node_tag[done[NODE_TAGS], 0], node_tag[done[NODE_TAGS], 1] = here, text
                    done[NODE_TAGS] += 1
                else:
                    if first + n_values >= len(node_tag):
                        raise ValueError
                    node_tag[first + n_values, 2] = text
                    n_values += 1
            at = value
    done[NODES] += 1
    if n_values != done[NODE_TAGS] - first:
        raise ValueError


@compiled
def _fill_dense(  # noqa: C901  # one message, told whole
    block: Array, at: int, end: int, node: Array, place: Array, node_tag: Array, done: Array
) -> None:
    first = done[NODES]
    n = np.zeros(3, np.int64)
    while at < end:
        number, value, kind, at = _field(block, at, end)
        if kind != 1:
            continue
        sum_ = np.int64(0)
        if number == 1:
            while at < value:
                step, at = _varint(block, at, value)
                sum_ += _signed(step)
                node[first + n[0]] = sum_
                n[0] += 1
        elif number in (8, 9):
            column, i = 9 - number, 0
            while at < value:
                step, at = _varint(block, at, value)
                sum_ += _signed(step)
                if first + i >= node.size:
                    raise ValueError
                place[first + i, column] = sum_
                i += 1
            n[number - 7] += i
        elif number == 10:
            here = first
            while at < value:
                key, at = _varint(block, at, value)
                if key == 0:
                    here += 1
                    continue
                text, at = _varint(block, at, value)
                if here >= node.size:
                    raise ValueError
                tag = done[NODE_TAGS]
                node_tag[tag, 0], node_tag[tag, 1], node_tag[tag, 2] = here, key, text
                done[NODE_TAGS] += 1
        at = value
    if n[0] != n[1] or n[0] != n[2]:
        raise ValueError
    done[NODES] += n[0]


@compiled
def _fill_way(
    block: Array,
    at: int,
    end: int,
    way: Array,
    way_end: Array,
    ref: Array,
    way_tag: Array,
    done: Array,
) -> None:
    here, first, n_values = done[WAYS], done[WAY_TAGS], 0
    while at < end:
        number, value, kind, at = _field(block, at, end)
        if kind == 0 and number == 1:
            way[here] = value
        elif kind == 1:
            sum_ = np.int64(0)
            while number in (2, 3, 8) and at < value:
                text, at = _varint(block, at, value)
                if number == 8:
                    sum_ += _signed(text)
                    ref[done[REFS]] = sum_
                    done[REFS] += 1
                elif number == 2:
                    way_tag[done[WAY_TAGS], 0], way_tag[done[WAY_TAGS], 1] = here, text
                    done[WAY_TAGS] += 1
                else:
                    if first + n_values >= len(way_tag):
                        raise ValueError
                    way_tag[first + n_values, 2] = text
                    n_values += 1
            at = value
    if n_values != done[WAY_TAGS] - first:
        raise ValueError
    done[WAYS] += 1
    way_end[here] = done[REFS]
