"""Seeded smooth noise."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


def generator(seed: int, topic: str) -> np.random.Generator:
    """Return the random numbers of one topic; other topics may change without moving them."""
    return np.random.default_rng([seed, zlib.crc32(topic.encode())])


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int], wave: float) -> Floats:
    """Return noise of mean 0 and deviation about 1 whose features are ``wave`` cells across.

    Examples
    --------
    >>> smooth_noise(np.random.default_rng(1), (20, 30), 5.0).shape
    (20, 30)
    """
    coarse = rng.standard_normal([int(np.ceil(n / wave)) + 4 for n in shape])
    phase = rng.uniform(1.0, 2.0, size=2)
    rows, columns = (np.arange(n) / wave + p for n, p in zip(shape, phase, strict=True))
    grid = np.meshgrid(rows, columns, indexing="ij")
    return np.asarray(ndimage.map_coordinates(coarse, grid, order=3, mode="reflect"))


def fractal_noise(rng: np.random.Generator, shape: tuple[int, int], wave: float) -> Floats:
    """Return noise with detail at ``wave`` cells and, half as strong each time, at its halves."""
    total = np.zeros(shape)
    weight = 1.0
    while wave >= 2.0 and weight > 0.1:
        total += weight * smooth_noise(rng, shape, wave)
        wave, weight = wave / 2, weight / 2
    return total
