"""Which values of one count, and which totals, to hide so that no small value can be worked out.

Where totals are shown, enough further values are hidden that those hidden under one shown total
number at least two, and each could be any of at least ``below`` values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd


@dataclass(frozen=True)
class Hidden:
    """What must not be shown of one count: by place, commune and province, and the whole."""

    places: npt.NDArray[np.bool_]
    communes: frozenset[str]
    provinces: frozenset[str]
    whole: bool


def hide(
    values: pd.Series[Any],
    units: pd.DataFrame,
    *,
    below: int,
    also: npt.NDArray[np.bool_] | None = None,
    least: npt.NDArray[np.int64] | None = None,
    closed: frozenset[str] = frozenset(),
) -> Hidden:
    """Return what to hide of one count so that no small value shows or can be worked out.

    ``units`` has commune_code and province_code for each value; totals of both and of the
    whole are taken to be known to the reader, who also knows that every hidden value is at
    least 1, or ``least`` where the gap level says more. ``also`` are values to hide besides the
    small ones, ``closed`` communes whose total is to be hidden.

    Examples
    --------
    >>> units = pd.DataFrame({"commune_code": ["a"] * 4, "province_code": ["x"] * 4})
    >>> values = pd.Series(pd.array([2, 9, 30, 0], dtype="Int64"))
    >>> hide(values, units, below=5).places.tolist()
    [True, True, False, False]
    """
    known = values.fillna(0).to_numpy(dtype=np.int64)
    small = (known >= 1) & (known < below)
    if also is not None:
        small |= also & (known >= 1)
    least = np.ones(len(known), np.int64) if least is None else least
    communes = _communes(known, small, least, units["commune_code"])
    provinces: dict[str, _Group] = {}
    codes = units["province_code"].fillna("").astype(str).to_numpy()
    for commune in communes:
        province = provinces.setdefault(codes[commune.positions[0]], _Group("", []))
        province.children.append(commune)
        if not commune.cover(below) or commune.code in closed:
            commune.hide()
    for code, province in provinces.items():
        province.code = code
        province.hidden = not province.cover(below)
    whole = _Group("", list(provinces.values()))
    is_hidden = not whole.cover(below)
    places = np.zeros(len(known), dtype=bool)
    for commune in communes:
        places[commune.positions[: commune.n_hidden]] = True
    return Hidden(
        places,
        frozenset(commune.code for commune in communes if commune.hidden),
        frozenset(code for code, province in provinces.items() if province.hidden),
        is_hidden,
    )


def is_safe(total: int, least: int, n: int, below: int) -> bool:
    """Tell whether ``n`` hidden values of a known sum could each be enough others.

    ``least`` is the least the reader knows they are together.
    """
    return n == 0 or (n >= 2 and total - least + 1 >= below)


@dataclass
class _Commune:
    """Values of one commune above zero, those to hide first, then from the smallest."""

    code: str
    positions: npt.NDArray[np.intp]
    values: npt.NDArray[np.int64]
    least: npt.NDArray[np.int64]
    n_hidden: int
    hidden: bool = False

    @property
    def total(self) -> int:
        return int(self.values.sum())

    def exposed(self) -> tuple[int, int, int]:
        """Return sum, least sum and number of the hidden values."""
        n = self.n_hidden
        return int(self.values[:n].sum()), int(self.least[:n].sum()), n

    def cover(self, below: int) -> bool:
        """Hide more values until the total gives none away; False if it must be hidden."""
        while not is_safe(*self.exposed(), below):
            if self.n_hidden == len(self.values):
                return False
            self.n_hidden += 1
        return True

    def hide(self) -> None:
        """Hide the total, and a value if it could be added up from all the values."""
        self.hidden = True
        self.n_hidden = max(self.n_hidden, 1)


@dataclass
class _Group:
    """A province, or the whole: the units in it."""

    code: str
    children: list[Any]
    hidden: bool = False

    @property
    def total(self) -> int:
        return sum(child.total for child in self.children)

    def exposed(self) -> tuple[int, int, int]:
        """Return sum, least sum and number of the hidden values under hidden totals."""
        parts = [child.exposed() for child in self.children if child.hidden]
        total, least, n = (sum(part[at] for part in parts) for at in range(3))
        return total, least, n

    def cover(self, below: int) -> bool:
        """Hide more totals, the smallest first, until the total above gives none away."""
        shown = sorted((c for c in self.children if not c.hidden), key=lambda c: c.total)
        for child in shown:
            if is_safe(*self.exposed(), below):
                return True
            child.hide()
        return is_safe(*self.exposed(), below)

    def hide(self) -> None:
        """Hide the total, and one in it if it could be added up from all of them."""
        self.hidden = True
        if not any(child.hidden for child in self.children):
            min(self.children, key=lambda c: c.total).hide()


def _communes(
    known: npt.NDArray[np.int64],
    small: npt.NDArray[np.bool_],
    least: npt.NDArray[np.int64],
    codes: pd.Series[Any],
) -> list[_Commune]:
    """Return the communes that have a value above zero, in the order of their codes."""
    positions = np.flatnonzero(known >= 1)
    names = codes.fillna("").astype(str).to_numpy()[positions]
    order = np.lexsort([known[positions], ~small[positions], names])
    positions, names = positions[order], names[order]
    if not len(positions):
        return []
    starts = np.flatnonzero(names[1:] != names[:-1]) + 1
    return [
        _Commune(str(names[at]), part, known[part], least[part], int(small[part].sum()))
        for at, part in zip([0, *starts], np.split(positions, starts), strict=True)
    ]
