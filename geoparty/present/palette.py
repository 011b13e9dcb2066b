"""Colours and marker shapes of the gap levels, told apart by colour-blind viewers too."""

from __future__ import annotations

LEVEL_COLOURS = {
    "no_members": "#67000d",
    "no_cell": "#e6550d",
    "joint_cell": "#fdd049",
    "reinforced": "#74c7ec",
    "at_risk": "#8e4fc7",
    "unknown": "#f2f2f2",
    "covered": "#1b7f5c",
}
"""Marker colours, by gap level; at least 27 apart in CIE Lab for every kind of colour vision."""

LEVEL_SHAPES = {
    "no_members": "triangle",
    "no_cell": "square",
    "joint_cell": "diamond",
    "reinforced": "down",
    "at_risk": "cross",
    "unknown": "ring",
    "covered": "circle",
}
"""Marker shapes, by gap level: the second sign beside colour."""


def tint(colour: str, share: float = 0.25) -> str:
    """Return a colour mixed with white, for the ground behind black text.

    Examples
    --------
    >>> tint("#000000", 0.2)
    '#cccccc'
    """
    mixed = (round(255 + (int(colour[i : i + 2], 16) - 255) * share) for i in (1, 3, 5))
    return "#" + "".join(f"{channel:02x}" for channel in mixed)
