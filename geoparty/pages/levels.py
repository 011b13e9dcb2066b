"""Gap levels as the app shows them: words, sign and colour."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from geoparty import schema, words
from geoparty.pages.mapview import Sign
from geoparty.present import labels
from geoparty.present.palette import LEVEL_COLOURS, LEVEL_SHAPES
from geoparty.words import Language

ICONS = {
    "triangle": "▲",
    "square": "■",
    "diamond": "◆",
    "down": "▼",
    "cross": "✚",
    "ring": "◎",
    "circle": "●",
}
"""Letters that look like the marker shapes."""


def level_signs(language: Language) -> list[Sign]:
    """Return how each gap level is drawn, in the order of the schema."""
    return [
        Sign(
            label=words.text(f"levels.{level}", language),
            colour=LEVEL_COLOURS[level],
            shape=LEVEL_SHAPES[level],
        )
        for level in schema.GAP_LEVELS
    ]


def level_label(level: str, language: Language) -> str:
    """Return a gap level in words, after the sign it has on the map."""
    return f"{ICONS[LEVEL_SHAPES[level]]} {words.text(f'levels.{level}', language)}"


def level_codes(places: pd.DataFrame) -> np.ndarray[Any, Any]:
    """Return the position of each place's gap level."""
    return np.asarray(pd.Categorical(places["gap_level"], categories=schema.GAP_LEVELS).codes)


def level_words(places: pd.DataFrame, language: Language) -> list[str]:
    """Return the gap level of each place in words."""
    said = {level: labels.value_words(level, language) for level in schema.GAP_LEVELS}
    return [said[level] for level in places["gap_level"].to_numpy(object)]
