"""A titled table of rows, as the summary, the report and the sheets show it."""

from __future__ import annotations

from dataclasses import dataclass


class Share(float):
    """A share 0-1, shown as a percentage beside the two numbers behind it."""


Cell = str | int | float | None


@dataclass(frozen=True)
class Block:
    """One titled table: headers and rows; ``levels`` names the gap level of each row."""

    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    levels: tuple[str, ...] = ()
