"""Tables under the map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from geoparty.pages.speech import UNKNOWN, literal, number, say
from geoparty.pages.view import View
from geoparty.present import labels
from geoparty.words import Language

MOST_SHOWN = 500
"""Rows of a table on screen; a download has every row."""
_THOUSAND = 1000


class Rows(NamedTuple):
    """The rows of a table on screen, in words, and how many there are in all."""

    shown: pd.DataFrame | Styler
    ids: pd.Index
    n: int


def rows_of(view: View, frame: pd.DataFrame, columns: Sequence[str]) -> Rows:
    """Return the first rows of a frame as a table shows them."""
    head = pd.DataFrame(frame).head(MOST_SHOWN)
    return Rows(numbered(shown(view, head, columns), view.language), head.index, len(frame))


def of_view(view: View, columns: Sequence[str], *, key: str) -> None:
    """Show the places of a view, worked out once; choosing a row opens its card."""
    made = view.drawn(key, lambda: rows_of(view, view.places, columns), *columns)
    place_table(view, made, key=key)


def place_table(view: View, made: Rows, *, key: str) -> None:
    """Show places; choosing a row opens its card."""
    ids, rows = made.ids, _table(view, made, key=key)
    chosen = str(ids[rows[0]]) if rows and rows[0] < len(ids) else None
    if chosen != st.session_state.get(f"_row_{key}"):
        st.session_state[f"_row_{key}"] = chosen
        if chosen:
            st.session_state["place"] = chosen
            st.rerun()


def shown(view: View, frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return rows and columns in words, with headers in words."""
    seasons = labels.season_labels(view.results.run, view.language)
    there = [c for c in columns if c in frame.columns]
    head = pd.DataFrame(frame)[there]
    for name in there:
        if "_min_" in name or name.endswith("_min"):
            head[name] = head[name].replace(np.inf, np.nan).round(0).astype("Int64")
        elif name.endswith("_km"):
            head[name] = head[name].round(1)
    head = labels.worded(head, view.language)
    return head.rename(columns={c: labels.header(c, seasons, view.language) for c in there})


def grid(
    frame: pd.DataFrame | Styler,
    language: Language,
    *,
    name: str,
    **options: Any,  # noqa: ANN401 - as st.dataframe
) -> Any:  # noqa: ANN401 - as st.dataframe
    """Show a frame as a grid one can sort; unknown is a dash, numbers are of the language.

    ``name`` tells a screen reader what it is: the grid itself is drawn on a canvas, whose cells
    it reads one by one. ``options`` are those of :func:`st.dataframe`.
    """
    index = frame.index
    return st.dataframe(
        numbered(frame, language) if isinstance(frame, pd.DataFrame) else frame,
        alt=name,
        placeholder=UNKNOWN,
        **{
            "hide_index": index.name is None and isinstance(index, pd.RangeIndex),
            **options,
        },
    )


def plain(frame: pd.DataFrame, *, name: str) -> None:
    """Show a small frame whole, as text; unknown is a dash, and no text of it is markup."""
    shown = frame.map(_text).rename(columns=literal)
    index = frame.index.map(literal).rename(frame.index.name and literal(frame.index.name))
    st.table(shown.set_axis(index), border="horizontal", alt=name)


def _text(value: object) -> str:
    return UNKNOWN if pd.isna(value) else literal(value)


def numbered(frame: pd.DataFrame, language: Language) -> pd.DataFrame | Styler:
    """Return the frame with its fractions and its thousands written as the language writes them.

    The grid writes numbers as the browser's own language does, whatever the page's, and thousands
    without a sign. A style keeps them numbers, which sort as such; only frames with such numbers
    pay for it.

    Examples
    --------
    >>> frame = pd.DataFrame({"border_km": [26.6, None, 1.0], "people": [2700, 29, None]})
    >>> [cell["display_value"] for cell in numbered(frame, "vi")._translate()["body"][0]]
    ['26,6', '–', '1,0', '2.700', '29', '–']
    >>> numbered(frame[["people"]] % 100, "vi")["people"].tolist()
    [0.0, 29.0, nan]
    """
    names = frame.select_dtypes("number").columns
    numbers = {c: frame[c].to_numpy(dtype=float, na_value=np.nan) for c in names}
    decimals = {c: _decimals(values, language) for c, values in numbers.items()}
    if all(n is None for n in decimals.values()):
        return frame
    unknown, cells = frame.isna().to_numpy(), []
    for at, column in enumerate(frame.columns):
        if column in numbers:
            values, n = numbers[column], decimals[column] or 0
            is_whole = pd.api.types.is_integer_dtype(frame[column].dtype)
            # a small whole number is written alike already
            rows = np.flatnonzero(~(np.abs(values) < _THOUSAND) | (not is_whole))
            told = {row: number(values[row], language, decimals=n) for row in rows}
        else:
            told = dict.fromkeys(np.flatnonzero(unknown[:, at]), UNKNOWN)
        cells += [{"id": f"row{row}_col{at}", "display_value": s} for row, s in told.items()]
    style = Styler(frame)
    # all that Streamlit asks a style for; what pandas makes of the same is ten times dearer
    style._translate = lambda *_: {"body": [cells]}  # noqa: SLF001
    return style


def _decimals(values: np.ndarray[Any, Any], language: Language) -> int | None:
    """Return how many decimals to write a column with; None where the grid writes it as well."""
    is_large = (np.abs(values) >= _THOUSAND).any()
    has_parts = (values[np.isfinite(values)] % 1 != 0).any()
    if has_parts and (is_large or language != "en"):
        return 1
    return 0 if is_large else None


def _table(view: View, made: Rows, *, key: str) -> list[int]:
    t = view.language
    if made.n > MOST_SHOWN:
        st.caption(say("table_more", t, shown=number(MOST_SHOWN, t), all=number(made.n, t)))
    event = grid(
        made.shown,
        t,
        name=say("table_named", t),
        key=key,
        hide_index=True,
        height=min(38 + 35 * max(made.n, 1), 420),
        on_select="rerun",
        selection_mode="single-row",
    )
    return list(event["selection"]["rows"])


def frame_table(view: View, frame: pd.DataFrame, columns: Sequence[str], *, name: str) -> None:
    """Show a frame that opens no card."""
    grid(
        shown(view, frame.head(MOST_SHOWN), columns),
        view.language,
        name=name,
        hide_index=True,
        height=min(38 + 35 * max(len(frame), 1), 420),
    )
