"""The classes of every legend of the pages are told apart by every kind of colour vision."""

import itertools

import numpy as np
import pytest
from present.test_palette import VISION, lab

from geoparty.pages import border, changes, classes, isolation, layout

LEGENDS = {
    "share": [*layout.GROUND, layout.ground_signs("vi")[-1].colour],
    "border": border._COLOURS,
    "classes": classes._COLOURS,
    "times": isolation._COLOURS,
    "changes": [colour for colour, _ in changes.SIGNS.values()],
}
LEAST = 10
"""In CIE Lab: neighbours on a scale; levels of gaps, which have no order, are 25 apart."""


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("name", LEGENDS)
def test_any_two_classes_of_a_legend_stay_apart(name, vision):
    seen = {colour: lab(colour, VISION[vision]) for colour in LEGENDS[name]}
    apart = {(a, b): np.linalg.norm(seen[a] - seen[b]) for a, b in itertools.combinations(seen, 2)}
    assert not {pair: round(float(d), 1) for pair, d in apart.items() if d < LEAST}
