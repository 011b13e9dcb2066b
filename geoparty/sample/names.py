"""Made-up names of places in the manner of each part of the country."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

import numpy as np

SCHOOLS = (
    "Trường Mầm non {}",
    "Trường Tiểu học {}",
    "Trường PTDTBT Tiểu học {}",
    "Trường THCS {}",
    "Trường PTDTBT THCS {}",
    "Trường THPT {}",
)


@cache
def _syllables(region: str) -> tuple[tuple[str, ...], tuple[str, ...], dict[str, float]]:
    """Return first and second syllables of a region, and its kinds of village by share."""
    text = files(__package__).joinpath("names.toml").read_text("utf-8")
    table = tomllib.loads(text)[region]
    return tuple(table["first"].split()), tuple(table["second"].split()), table["kinds"]


TOWN_SCHOOLS = tuple(school for school in SCHOOLS if "PTDTBT" not in school)


def region_of(lat: float, height_m: float) -> str:
    """Return the part of the country whose words for a village are used.

    Examples
    --------
    >>> region_of(21.5, 800.0), region_of(10.2, 5.0)
    ('upland', 'delta_south')
    """
    if lat < 11.2:
        return "delta_south"
    if lat < 15.5:
        return "highland_south" if height_m > 600 else "lowland"
    return "upland" if height_m > 450 else "lowland"


def village_names(region: str, n: int, *, urban: bool, rng: np.random.Generator) -> list[str]:
    """Return ``n`` different names for the villages of one commune.

    Some communes merely number their villages, and large villages are split into numbered
    ones; the same names come back in other communes, as they do in life.

    Examples
    --------
    >>> village_names("upland", 3, urban=True, rng=np.random.default_rng(1))[:2]
    ['Tổ dân phố số 1', 'Tổ dân phố số 2']
    """
    kinds = _syllables(region)[2]
    kind = "Tổ dân phố" if urban else str(rng.choice(list(kinds), p=list(kinds.values())))
    if urban and rng.random() < 0.7:
        return [f"{kind} số {i + 1}" for i in range(n)]
    if rng.random() < 0.06:
        return [f"{kind} {i + 1}" for i in range(n)]
    stems = _stems(region, n, rng)
    names: list[str] = []
    for stem in stems:
        parts = int(rng.choice([1, 2, 3], p=[0.9, 0.08, 0.02]))
        names += (
            [f"{kind} {stem} {i + 1}" for i in range(parts)] if parts > 1 else [f"{kind} {stem}"]
        )
    return names[:n]


def _stems(region: str, n: int, rng: np.random.Generator) -> list[str]:
    first, second, _ = _syllables(region)
    picks = rng.permutation(len(first) * len(second))
    stems = [f"{first[i // len(second)]} {second[i % len(second)]}" for i in picks[:n].tolist()]
    stems = [s for s in stems if len(set(s.split())) == 2]
    short = n - len(stems)
    return stems + [f"{s} Mới" for s in stems[:short]] + [f"Khu {i}" for i in range(n)]


def institution_names(
    kinds: list[str], commune: str, commune_type: str, villages: list[str]
) -> list[str]:
    """Return names for the schools, stations and offices of one commune, all different.

    Examples
    --------
    >>> institution_names(["office", "school"], "Nà Thử", "xã", ["Bản Co Lót"])
    ['UBND xã Nà Thử', 'Trường Mầm non Nà Thử']
    """
    seen: dict[str, int] = {}
    names = []
    for kind in kinds:
        i = seen[kind] = seen.get(kind, -1) + 1
        seat = villages[i % len(villages)].split(" ", 1)[1] if villages else str(i)
        if kind == "office":
            name = ("UBND", "Công an", "Ban CHQS")[i % 3] + f" {commune_type} {commune}"
        elif kind == "health_station":
            name = f"Trạm Y tế {commune_type} {commune}"
            name += f" - điểm {seat}" if i else ""
        else:
            schools = TOWN_SCHOOLS if commune_type == "phường" else SCHOOLS
            name = schools[i % len(schools)].format(commune)
            name += f" - điểm {seat}" if i >= len(schools) else ""
        names.append(name if name not in names else f"{name} {i + 1}")
    return names
