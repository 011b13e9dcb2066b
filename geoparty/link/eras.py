"""One written commune read by two lists: today's, and that of before 1 July 2025.

Nearly every new code, and 218 new names, belonged to a different area before. What is
written is read by both lists; where they lead to different communes, the sheet has to tell
which one it uses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

ListUsed = Literal["new", "old", ""]

ENOUGH = 8
"""Different communes, all on today's list, from which a sheet is known to use it: two of
three old units lost their name and code, so an old sheet of that many would show one."""
_NEAR = 0.05
"""Scores closer than this do not tell two names apart."""
_OTHER, _LEANED, _OLDER = 0.2, 0.1, 0.05
"""Taken off the rank of communes by the list the sheet does not use, does not seem to use, and
by the old list where nothing is known."""


@dataclass(frozen=True)
class Fit:
    """What one list says: how well the best unit fits, and the communes it leads to.

    ``level``: 3 code or exact name, 2 without diacritics, 1 one typing mistake, 0 nothing.
    ``near`` are the communes that come nearest, with scores.
    """

    level: int = 0
    how: str = ""
    score: float = 0.0
    codes: tuple[str, ...] = ()
    legacy_id: str | None = None
    reason: str = ""
    near: tuple[tuple[str, float], ...] = ()

    @property
    def is_sign(self) -> bool:
        """Whether the name is on the list: not one that only looks like it without its marks."""
        return self.level >= 2 and self.reason != "link.only_without_marks"

    @property
    def best(self) -> float:
        """Score of the nearest commune."""
        return max((score for _, score in self.near), default=self.score)


@dataclass(frozen=True)
class Reading:
    """Both lists put together.

    ``codes`` are the communes that fit by the list the sheet uses, ``any_of`` those that fit
    by either; ``reason`` says why not one of them can be taken as it is.
    """

    codes: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    fit: Fit = field(default_factory=Fit)
    old: Fit = field(default_factory=Fit)
    reason: str = ""
    near: tuple[tuple[str, float], ...] = ()
    is_written: bool = True


def lists_used(asked: pd.DataFrame, new: Sequence[Fit], old: Sequence[Fit]) -> list[ListUsed]:
    """Return which list each row's sheet uses, as far as its names and date tell.

    A sheet with a name or code that only the old list knows, and none that only today's
    knows, uses the old one, and the other way round. ``asked`` has column (the sheet) and
    era (of the row's date).
    """
    signs = pd.DataFrame(
        {
            "column": asked["column"],
            "only_new": [n.is_sign and o.level < 2 for n, o in zip(new, old, strict=True)],
            "only_old": [o.is_sign and n.level < 2 for n, o in zip(new, old, strict=True)],
            "fits": [n.is_sign for n in new],
        }
    )
    seen = signs.groupby("column")[["only_new", "only_old", "fits"]].sum()
    is_new = (seen["only_old"] == 0) & ((seen["only_new"] > 0) | (seen["fits"] >= ENOUGH))
    is_old = (seen["only_old"] > 0) & (seen["only_new"] == 0)
    is_mixed = (seen["only_old"] > 0) & (seen["only_new"] > 0)
    by_names = pd.Series(None, index=seen.index, dtype="object")
    by_names = by_names.mask(is_new, "new").mask(is_old, "old").mask(is_mixed, "")
    used = asked["column"].map(by_names).astype("object").fillna(asked["era"])
    return [_USED[name] for name in used]


_USED: dict[str, ListUsed] = {"new": "new", "old": "old", "": ""}


def lists_near(
    asked: pd.DataFrame, new: Sequence[Fit], old: Sequence[Fit], used: Sequence[ListUsed]
) -> list[ListUsed]:
    """Return which list each row's sheet seems to use: that used, else the nearer on the whole.

    Where no name of a sheet is written as it should be, the list its names come nearer to is
    proposed first. It decides nothing.
    """
    better = [n.best - o.best for n, o in zip(new, old, strict=True)]
    on_the_whole = pd.Series(better, index=asked.index).groupby(asked["column"]).transform("mean")
    return [u or ("old" if b < 0 else "new") for u, b in zip(used, on_the_whole, strict=True)]


def combine(
    new: Fit,
    old: Fit,
    used: ListUsed,
    *,
    leaning: ListUsed = "",
    is_coded: bool,
    is_written: bool,
) -> Reading:
    """Put the two readings of one written commune together.

    ``used`` is the list the sheet uses, ``leaning`` the one it seems to use.
    """
    worse = _OTHER if used else _LEANED if leaning else _OLDER
    level = max(new.level, old.level)
    near = _nearest(new, old, used or leaning, worse)
    if level == 0 or not is_written:
        differ = "link.code_and_name_differ" in (new.reason, old.reason)
        reason = "link.code_and_name_differ" if differ else "link.no_such_commune"
        reason = "link.unknown_commune_code" if new.reason == "link.unknown_code" else reason
        return Reading(reason=reason, near=near, is_written=is_written, old=old)
    fits = [f for f in (new, old) if f.level == level]
    by_code = [f for f in fits if f.how == "code"]
    fits = by_code if len(by_code) == 1 and is_coded else fits
    any_of = tuple(dict.fromkeys(c for f in fits for c in f.codes))
    fit = fits[0]
    if len(fits) == 2:
        same = set(old.codes) <= set(new.codes)
        fit = new if same or used != "old" else old
    codes = fit.codes if len(fits) == 1 or used or len(any_of) == 1 else any_of
    return Reading(
        codes=codes,
        any_of=any_of,
        fit=fit,
        old=old,
        reason=_doubt(new, old, fit, codes, level, used),
        near=_nearest(new, old, used or leaning, worse, all_of=any_of, at_least=3 * (level < 3)),
    )


def _doubt(new: Fit, old: Fit, fit: Fit, codes: tuple[str, ...], level: int, used: ListUsed) -> str:
    """Return why the communes that fit do not decide, empty if they do."""
    if fit.reason == "link.only_without_marks":
        return "link.commune_without_marks"
    if len(codes) > 1:
        if set(codes) != set(fit.codes):
            return "link.old_or_new_commune"
        return "link.split_commune" if fit is old and fit.legacy_id else "link.several_communes"
    other = old if fit is new else new
    meant = used == ("old" if fit is old else "new")
    near = [c for c, score in other.near if score > fit.score - 3 * _NEAR]
    if level == 1 and not meant and set(near) - set(codes):
        return "link.no_such_commune"
    return ""


def _nearest(
    new: Fit,
    old: Fit,
    meant: ListUsed,
    worse: float,
    *,
    all_of: tuple[str, ...] = (),
    at_least: int = 3,
) -> tuple[tuple[str, float], ...]:
    """Return ``all_of``, and the communes nearest by either list; the list that is meant first."""
    best: dict[str, tuple[float, float]] = {}
    for fit in (new, old):
        off = worse if (fit is old) != (meant == "old") else 0.0
        last = 2.0
        for code, score in fit.near or tuple((c, fit.score) for c in fit.codes):
            last = min(last - 1e-6, score)  # what its list puts first stays first
            best[code] = max((last - off, score), best.get(code, (-1.0, 0.0)))
    order = sorted(best, key=lambda code: (-best[code][0], code))
    kept = [code for i, code in enumerate(order) if i < at_least or code in all_of]
    return tuple((code, best[code][1]) for code in kept)
