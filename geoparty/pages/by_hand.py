"""A plan changed by hand, place by place: classes held, barred or moved, places assigned."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from geoparty.pages.plans import Plan, network_of
from geoparty.pages.speech import literal, say
from geoparty.pages.view import View
from geoparty.pages.wishes import change, current

MOST_CHOICES = 15
DECISIONS = {
    "fixed": ":material/push_pin:",
    "forbidden": ":material/block:",
    "running": ":material/event_available:",
}
"""What may be decided of a place as a host, and its sign."""


def actions(view: View, place_id: str) -> None:
    """Offer, under the card of a place, what may be decided of it."""
    if network_of(view) is None or not view.may("plan"):
        return
    t, now = view.language, current(view)
    plan: Plan | None = st.session_state.get("_shown")
    with st.container(horizontal=True):
        for name, icon in DECISIONS.items():
            wanted = place_id not in getattr(now, name)
            st.button(
                say(f"plan_{name}_{'on' if wanted else 'off'}", t),
                key=f"plan_{name}",
                on_click=_turn,
                args=(view, name, place_id),
                icon=icon,
            )
        host = None if plan is None else _host_of(plan, place_id)
        if host is not None and host != place_id:
            st.button(
                say(
                    "plan_move", t, name=literal(view.results.places["place_name"].get(host, host))
                ),
                key="plan_move",
                on_click=_move,
                args=(view, host, place_id),
                icon=":material/move_down:",
                help=say("plan_move_about", t),
            )
    people = view.results.places["candidates"].get(place_id)
    if plan is not None and pd.notna(people) and people:
        _assign(view, plan, place_id)


def _assign(view: View, plan: Plan, place_id: str) -> None:
    """Offer to decide which class a place goes to; nothing decides it for the planner."""
    t, now = view.language, current(view)
    hosts = _near_hosts(view, plan, place_id)
    if not hosts:
        return
    names = view.results.places["place_name"]
    choices = ["", *hosts]
    key = f"assign_{place_id}"
    chosen = now.assigned.get(place_id, "")
    st.session_state[key] = chosen if chosen in choices else ""
    st.selectbox(
        say("plan_assign", t),
        choices,
        key=key,
        format_func=lambda host: str(names.get(host, host)) if host else say("plan_assign_free", t),
        on_change=_put,
        args=(view, place_id, key),
    )


def _near_hosts(view: View, plan: Plan, place_id: str) -> list[str]:
    """Return the hosts of the plan, those nearest in a straight line first."""
    hosts = plan.sites.drop_duplicates("place_id").set_index("place_id").geometry
    point = view.results.places.geometry.get(place_id)
    if point is None or not len(hosts):
        return []
    apart = ((hosts.x - point.x) ** 2 + (hosts.y - point.y) ** 2).sort_values()
    return [str(host) for host in apart.index[:MOST_CHOICES]]


def _put(view: View, place_id: str, key: str) -> None:
    assigned = dict(current(view).assigned)
    assigned.pop(place_id, None)
    if st.session_state[key]:
        assigned[place_id] = st.session_state[key]
    change(view, assigned=assigned)


def _host_of(plan: Plan, place_id: str) -> str | None:
    """Return the host of the class a place goes to."""
    rows = plan.assignments[plan.assignments["place_id"] == place_id]
    if rows.empty:
        return None
    return str(plan.sites["place_id"].get(rows["site_id"].iloc[0]))


def _move(view: View, host: str, place_id: str) -> None:
    """Hold the class of a host at another place instead."""
    now = current(view)
    change(
        view,
        fixed=[*[p for p in now.fixed if p not in (host, place_id)], place_id],
        forbidden=[*[p for p in now.forbidden if p not in (host, place_id)], host],
        running=[p for p in now.running if p != host],
        assigned={p: place_id if h == host else h for p, h in now.assigned.items()},
    )


def _turn(view: View, name: str, place_id: str) -> None:
    """Fix, forbid or mark as running, or free again; a place is one of these at most."""
    now = current(view)
    held = {kind: list(getattr(now, kind)) for kind in DECISIONS}
    wanted = place_id not in held[name]
    for ids in held.values():
        if place_id in ids:
            ids.remove(place_id)
    if wanted:
        held[name].append(place_id)
    changed: dict[str, object] = {**held}
    if name == "forbidden" and wanted:
        changed["assigned"] = {p: h for p, h in now.assigned.items() if h != place_id}
    if now.fixed and now.n_sites == len(now.fixed):
        changed["n_sites"] = len(held["fixed"]) or "auto"
    change(view, **changed)
