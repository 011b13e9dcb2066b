"""Gap levels are told apart by every kind of colour vision, and by shape."""

import itertools

import numpy as np
import pytest

from geoparty.present.palette import LEVEL_COLOURS, LEVEL_SHAPES
from geoparty.schema import GAP_LEVELS

# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB
VISION = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)


def lab(colour: str, vision: np.ndarray) -> np.ndarray:
    """Return CIE Lab (D65) of a colour as somebody with that vision sees it."""
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = XYZ @ np.clip(vision @ linear, 0, 1) / np.array([0.95047, 1, 1.08883])
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_lab_of_white_and_red_is_the_published_one():
    np.testing.assert_allclose(lab("#ffffff", np.eye(3)), [100, 0, 0], atol=0.05)
    np.testing.assert_allclose(lab("#ff0000", np.eye(3)), [53.24, 80.09, 67.20], atol=0.05)


@pytest.mark.parametrize("vision", VISION)
def test_any_two_levels_stay_far_apart(vision: str):
    seen = {level: lab(colour, VISION[vision]) for level, colour in LEVEL_COLOURS.items()}
    apart = {(a, b): np.linalg.norm(seen[a] - seen[b]) for a, b in itertools.combinations(seen, 2)}
    near = {pair: round(float(d), 1) for pair, d in apart.items() if d < 25}
    assert not near


def test_every_level_has_its_own_colour_and_shape():
    assert tuple(LEVEL_COLOURS) == tuple(LEVEL_SHAPES) == GAP_LEVELS
    assert len(set(LEVEL_SHAPES.values())) == len(GAP_LEVELS)
