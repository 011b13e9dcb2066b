"""Colours and marker shapes of the gap levels, told apart by colour-blind viewers too."""

from __future__ import annotations

LEVEL_COLOURS = {
    "no_members": "#7a0403",
    "no_cell": "#e4572e",
    "joint_cell": "#f2b134",
    "reinforced": "#7fb7e6",
    "at_risk": "#b05ccf",
    "unknown": "#8c8c8c",
    "covered": "#14532d",
}
"""Marker colours, by gap level."""

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
