"""What a page is given: the results, the language, and the rows the sidebar lets through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd

from geoparty.access import Action, Person, may
from geoparty.assess import Progress, narrow
from geoparty.pages import boundaries, signin
from geoparty.pages.store import drawings, store
from geoparty.project import Project
from geoparty.schema import Results
from geoparty.settings import Settings
from geoparty.words import Language

Made = TypeVar("Made")
MOST_IN_OVERVIEW = 2000
"""Places drawn while several provinces are on the map; more are drawn on request."""


@dataclass(frozen=True, kw_only=True)
class View:
    """One session's view of one project's results."""

    project: Project
    results: Results
    language: Language
    key: str
    """Fingerprint of project and area, under which the server keeps what is derived."""
    who: Person
    province: str | None = None
    commune: str | None = None
    kinds: tuple[str, ...] = ()
    own: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """The planner's own columns chosen, each with the values let through; none: all."""
    part: tuple[object, ...] = ()
    """What a page has chosen beside the filters, where it shows only a part of the places."""
    narrowed: Callable[[], gpd.GeoDataFrame] | None = None
    """Makes the places of that part."""

    def may(self, action: Action) -> bool:
        """Return whether the person's role allows an action."""
        return may(self.who, action)

    @property
    def settings(self) -> Settings:
        """Return the settings the results were made with."""
        return self.project.settings

    @cached_property
    def places(self) -> gpd.GeoDataFrame:
        """Places let through by the filters, most urgent first."""
        if self.narrowed:
            return self.narrowed()
        is_in = self.is_let_through
        return self.in_order if is_in.all() else self.in_order[is_in]

    @cached_property
    def is_let_through(self) -> np.ndarray[Any, Any]:
        """Whether each place of :attr:`in_order` is let through by the filters."""
        return np.asarray(self.lets_through(self.in_order), dtype=bool)

    @property
    def n_places(self) -> int:
        """Number of places shown."""
        return self.drawn("n_places", lambda: len(self.places))

    def lets_through(self, places: pd.DataFrame) -> pd.Series[bool]:
        """Tell which places are of the chosen province, commune, kinds and own columns."""
        keep = pd.Series(data=True, index=places.index)
        if self.commune:
            keep &= places["commune_code"].eq(self.commune).fillna(value=False)
        elif self.province:
            keep &= places["province_code"].eq(self.province).fillna(value=False)
        if self.kinds:
            keep &= places["place_kind"].isin(self.kinds)
        for column, values in self.own:
            if values:
                keep &= places[column].isin(values)
        return keep

    def progress(
        self, *, compared: tuple[date, date] | None = None, areas: tuple[str, ...] = ()
    ) -> Progress:
        """Return what the snapshots tell of the places let through, added up by the areas.

        Only for results that have progress.
        """
        whole: Progress = self.results.progress
        pair = compared or whole.compared
        chosen = (self.province, self.commune, self.kinds, tuple(o for o in self.own if o[1]))
        if not any(chosen) and pair == whole.compared and set(areas) <= set(whole.areas):
            return whole
        return self.derived(
            f"progress/{chosen}/{pair}/{areas}",
            lambda: narrow(whole, self.lets_through(whole.history), compared=pair, areas=areas),
        )

    @cached_property
    def in_order(self) -> gpd.GeoDataFrame:
        """Places of the province, or all, most urgent first; covered last, by commune and name."""
        by = ["priority", "commune_code", "place_name"]

        def made() -> gpd.GeoDataFrame:
            places = self.results.places
            if self.province:
                places = places[places["province_code"].eq(self.province).fillna(value=False)]
            return places.sort_values(by, na_position="last")

        return self.derived(f"in_order/{self.province}", made)

    @cached_property
    def on_map(self) -> gpd.GeoDataFrame:
        """Communes the map draws: the chosen province with its neighbours, or all."""
        communes = self.results.communes
        if not self.province:
            return communes

        def made() -> gpd.GeoDataFrame:
            if communes["province_code"].nunique() < 2:
                return communes
            return communes[communes["province_code"].eq(self.province).fillna(value=False)]

        return self.derived(f"on_map/{self.province}", made)

    @property
    def is_overview(self) -> bool:
        """Whether the map shows several provinces with more places than can be told apart."""
        if self.commune or self.n_places <= MOST_IN_OVERVIEW:
            return False
        return len(self.on_map["province_code"].unique()) > 1

    @property
    def communes(self) -> gpd.GeoDataFrame:
        """Communes the filters let through."""
        return self.on_map if self.is_in.all() else self.on_map[self.is_in]

    @cached_property
    def is_in(self) -> np.ndarray[Any, Any]:
        """Whether each commune on the map is let through by the filters."""
        codes = self.on_map.index
        if self.commune in codes:
            return np.asarray(codes == self.commune)
        return np.ones(len(codes), dtype=bool)

    def geo(self) -> str:
        """Return the address of the boundaries on the map."""
        communes = self.on_map
        part = self.province if len(communes) < len(self.results.communes) else ""
        return self.derived(
            f"geo/{part}",
            lambda: boundaries.publish(
                boundaries.packed(self.results, communes), ".json.gz", area=signin.area(self.who)
            ),
        )

    def derived(self, name: str, make: Callable[[], Made]) -> Made:
        """Return something made from the results alone, kept for every session."""
        return store().get(f"{self.key}/{name}", make)

    def drawn(self, name: str, make: Callable[[], Made], *choices: object) -> Made:
        """Return something small made for these filters in this language, kept for every session.

        ``choices`` are what it depends on beside them. The key holds the area the person may see,
        so only sessions of equal rights share it.
        """
        filters = (self.language, self.province, self.commune, self.kinds, self.own, self.part)
        return drawings().get(f"{self.key}/{name}/{filters}/{choices}", make)

    def only(self, places: Callable[[], gpd.GeoDataFrame], *part: object) -> View:
        """Return this view with fewer places; ``part`` tells which, ``places`` makes them."""
        return replace(self, part=part, narrowed=places)
