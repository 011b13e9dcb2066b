"""The card of one place: every number, where it came from, and why it has its gap level."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pandas as pd
import streamlit as st

from geoparty import schema, words
from geoparty.pages import table
from geoparty.pages.levels import level_label
from geoparty.pages.speech import UNKNOWN, date, literal, minutes, number, say
from geoparty.pages.view import View
from geoparty.present import labels
from geoparty.present.reasons import REASONS, with_reasons
from geoparty.words import Language

_ONLY_IF_SAID = {"valid_from", "valid_to"}
_SKIPPED = {"place_id", "place_name", "commune_code", "commune_name"}


def place_card(
    view: View, place_id: str, actions: Callable[[View, str], None] | None = None
) -> None:
    """Show one place of the results, and what may be done with it."""
    t = view.language
    place = view.results.places.loc[place_id]
    st.subheader(literal(place["place_name"]), anchor=False)
    where = [place.get("commune_name"), place.get("province_name")]
    kind = labels.value_words(str(place["place_kind"]), t) if pd.notna(place["place_kind"]) else ""
    st.caption(literal(" · ".join(str(v) for v in [kind, *where] if pd.notna(v) and v)))
    level = str(place["gap_level"])
    st.markdown(f"**{level_label(level, t)}**")
    if actions:  # what the page is about comes first
        actions(view, place_id)
    st.markdown(literal(why(place, view)))
    if rank := why_here(place, view):
        st.markdown(literal(rank))
    table.plain(card_rows(place, view), name=say("card_named", t, name=place["place_name"]))
    if st.button(say("card_close", t), icon=":material/close:", key="card_close"):
        st.session_state["place"] = None
        st.rerun()


def why(place: pd.Series[Any], view: View) -> str:
    """Return in words why a place has its gap level, with the numbers behind it."""
    t, level = view.language, str(place["gap_level"])
    if level == "unknown":
        return say("why_unknown", t, columns=_unreported(place, t))
    reasons = place.get("risk_reasons")
    listed = labels.reasons_words(str(reasons), t) if pd.notna(reasons) and reasons else ""
    counts = {
        name: _count(place.get(name), t)
        for name in ("members", "official_members", "reinforced_members")
    }
    least = view.settings.rules.min_official_members
    text = say(f"why_{level}", t, **counts, least=least, reasons=listed)
    if listed and level not in {"at_risk", "covered"}:
        text = f"{text} {say('why_also', t, reasons=listed)}"
    return text


def why_here(place: pd.Series[Any], view: View) -> str:
    """Return in words where a place stands in the list of gaps, and why; empty if it does not."""
    if pd.isna(place.get("priority")):
        return ""
    one = pd.DataFrame([place])
    reasons = with_reasons(one, view.results.run, view.language)[REASONS].iloc[0]
    n = number(float(place["priority"]), view.language)
    return say("why_here", view.language, n=n, reasons=reasons)


def card_rows(place: pd.Series[Any], view: View) -> pd.DataFrame:
    """Return every number of a place in words, one row each, under its header."""
    t = view.language
    seasons = labels.season_labels(view.results.run, t)
    names = [n for n in dict.fromkeys([*schema.PLACES, *schema.COUNTS]) if n not in _SKIPPED]
    for season in seasons:
        names += [f"centre_min_{season}", f"cell_min_{season}", f"is_cut_off_{season}"]
    names += ["is_border", "is_disadvantaged", "location", "priority"]
    rows = [
        (labels.header(name, seasons, t), _shown(name, place[name], t))
        for name in names
        if name in place.index and not (name in _ONLY_IF_SAID and pd.isna(place[name]))
    ]
    rows += [(say("card_id", t), str(place.name)), (say("card_source", t), source(place, t))]
    frame = pd.DataFrame(rows, columns=[say("card_what", t), say("card_value", t)])
    return frame.set_index(say("card_what", t))


def source(place: pd.Series[Any], language: Language) -> str:
    """Return the file, sheet and row the counts came from."""
    if pd.isna(place.get("file")) or not place.get("file"):
        return say("card_no_counts", language)
    parts = [words.text("errors.file", language, value=place["file"])]
    if pd.notna(place.get("sheet")) and place.get("sheet"):
        parts.append(words.text("errors.sheet", language, value=place["sheet"]))
    if pd.notna(place.get("row")):
        parts.append(words.text("errors.row", language, value=int(place["row"])))
    return ", ".join(parts)


def _unreported(place: pd.Series[Any], language: Language) -> str:
    needed = (
        "members",
        "official_members",
        "reinforced_members",
        "members_over_60",
        "cell_status",
        "candidates",
        "admitted_last_5y",
        "head_is_member",
    )
    missing = [n for n in needed if n in place.index and pd.isna(place[n])]
    return ", ".join(labels.header(n, {}, language).lower() for n in missing)


def _count(value: float | None, language: Language) -> str:
    if value is None or pd.isna(value):
        return words.text("present.not_reported", language)
    return number(float(value), language)


def _shown(name: str, value: float | str | pd.Timestamp | None, language: Language) -> str:
    if "_min_" in name:
        return minutes(cast("float | None", value), language)
    if value is None or pd.isna(value):
        unknown = name.startswith("is_") or name == "place_kind"
        key = "present.unknown_value" if unknown else "present.not_reported"
        return UNKNOWN if name == "priority" else words.text(key, language)
    if isinstance(value, pd.Timestamp):
        return date(value, language)
    if isinstance(value, bool) or str(value) in {"True", "False"}:
        return words.text("present.true" if bool(value) else "present.false", language)
    if isinstance(value, str):
        return labels.value_words(value, language)
    return number(float(value), language)
