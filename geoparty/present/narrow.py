"""Results cut down to what is filtered on screen, with sums that are of just that."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import pandas as pd

from geoparty import assess, schema


def narrowed(results: schema.Results, place_ids: Collection[str]) -> schema.Results:
    """Return results of some places only, for a report or any other export of a filter.

    Communes and provinces are those with such a place, their sums of just these places;
    class sites are those that serve one, in their full size. Rows of the account that belong
    to no place, problems and progress speak of the whole run and are left out.
    """
    places = results.places[results.places.index.isin(place_ids)]
    of_commune = assess.rollup(places, by=["commune_code"])
    communes = results.communes[results.communes.index.isin(places["commune_code"])]
    kept = communes.columns.difference(of_commune.columns, sort=False)
    assignments = results.assignments[results.assignments["place_id"].isin(places.index)]
    levels = places["gap_level"].astype(object).value_counts()
    counts = {level: int(levels.get(level, 0)) for level in schema.GAP_LEVELS}
    return replace(
        results,
        places=places,
        communes=communes[kept].join(of_commune),
        provinces=assess.rollup(places, by=["province_code", "province_name"]),
        sites=results.sites[results.sites.index.isin(assignments["site_id"])],
        assignments=assignments,
        account=results.account[results.account["place_id"].isin(places.index)],
        problems=(),
        undecided=pd.DataFrame(),
        progress=None,
        run=results.run | {"gap_levels": counts},
    )
