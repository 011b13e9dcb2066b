"""The columns, units and checks of every frame that passes between stages.

``_code`` is official, ``_id`` ours, ``_name`` for people; units end the name. Counts are
nullable integers: ``<NA>`` is not reported and never becomes zero. Minutes are floats:
``NaN`` not measured, ``inf`` no way through. Geometry is EPSG:4326 at rest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import geopandas as gpd
import pandas as pd

from geoparty.errors import ArgumentError, Problem

CRS = "EPSG:4326"

GAP_LEVELS = ("no_members", "no_cell", "joint_cell", "reinforced", "at_risk", "unknown", "covered")
"""Most severe first; ``unknown`` stands before ``covered`` so that it is never read as fine."""
PLACE_KINDS = ("village", "residential_group", "school", "health_station", "office", "other")
CELL_STATUSES = ("own", "joint", "none")
CELL_FOUNDINGS = ("admission", "transfer", "split", "resettlement", "other")
"""How a cell came about: members admitted there, members moved in, a cell divided ..."""
OUTCOMES = ("matched", "ambiguous", "unmatched", "rejected", "total")
LOCATIONS = ("given", "missing", "outside_commune", "outside_all")
"""How a place's point stands to its commune; only ``given`` points are drawn and routed."""
ROAD_CLASSES = (
    "national",
    "provincial",
    "district",
    "commune",
    "village",
    "track",
    "path",
    "ferry",
)
SURFACES = ("paved", "gravel", "dirt")

Dtype = Literal["str", "Int64", "float", "boolean", "date", "category"]


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: its type, unit, whether it must be there, and values allowed."""

    dtype: Dtype
    about: str
    required: bool = False
    """The input must have this column (every frame inside the program has all of them)."""
    filled: bool = False
    """Every row must have a value."""
    allowed: tuple[str, ...] = ()


SOURCE_COLUMNS = ("file", "sheet", "row")
"""Where a row came from: file name, sheet name or empty, row as the user sees it."""

COMMUNES: dict[str, Column] = {
    "commune_code": Column(
        dtype="str", about="official code, five digits (index)", required=True, filled=True
    ),
    "commune_name": Column(dtype="str", about="name without its kind", required=True, filled=True),
    "commune_type": Column(dtype="str", about="xã, phường or đặc khu"),
    "province_code": Column(dtype="str", about="official code, two digits"),
    "province_name": Column(dtype="str", about="name of the province"),
    "area_km2": Column(dtype="float", about="official area; measured where not given"),
    "is_listed_border": Column(dtype="boolean", about="on the official list of border communes"),
    "is_disadvantaged": Column(
        dtype="boolean", about="on the official list of disadvantaged communes"
    ),
}
PLACES: dict[str, Column] = {
    "place_id": Column(dtype="str", about="our identifier (index)"),
    "place_name": Column(dtype="str", about="name as written", required=True, filled=True),
    "place_kind": Column(dtype="str", about="kind of place", allowed=PLACE_KINDS),
    "commune_code": Column(dtype="str", about="commune the place belongs to"),
    "commune_name": Column(dtype="str", about="commune as written, where no code is given"),
    "households": Column(dtype="Int64", about="households"),
    "population": Column(dtype="Int64", about="people"),
    "working_age": Column(dtype="Int64", about="people of working age"),
    "away_workers": Column(dtype="Int64", about="people of working age who work away"),
    "valid_from": Column(dtype="date", about="day the place came into being, where known"),
    "valid_to": Column(dtype="date", about="day the place ceased to be; empty for those of today"),
}
COUNTS: dict[str, Column] = {
    "place_id": Column(dtype="str", about="place the counts are of, where given"),
    "place_name": Column(dtype="str", about="place as written, where no id is given"),
    "commune_code": Column(dtype="str", about="commune, where no id is given"),
    "commune_name": Column(dtype="str", about="commune as written, where no code is given"),
    "as_of": Column(dtype="date", about="date the counts are of"),
    "members": Column(
        dtype="Int64", about="Party members, reinforced ones included", required=True
    ),
    "official_members": Column(dtype="Int64", about="official members among them"),
    "reinforced_members": Column(
        dtype="Int64", about="official members sent from elsewhere, among them"
    ),
    "members_over_60": Column(dtype="Int64", about="members over 60 among them"),
    "cell_status": Column(
        dtype="str", about="own, joint or none", required=True, allowed=CELL_STATUSES
    ),
    "cell_id": Column(dtype="str", about="the cell; shared by the places of a joint cell"),
    "candidates": Column(dtype="Int64", about="candidates on the list for the awareness class"),
    "graduates": Column(dtype="Int64", about="candidates with the class certificate"),
    "admitted": Column(dtype="Int64", about="members admitted this year"),
    "admitted_last_5y": Column(dtype="Int64", about="members admitted in the last five years"),
    "admission_target": Column(dtype="Int64", about="admissions planned this year"),
    "head_is_member": Column(dtype="boolean", about="the head of the place is a member"),
    "secretary_trained": Column(dtype="boolean", about="the cell secretary has been trained"),
    "years_without_admission": Column(dtype="Int64", about="full years since the last admission"),
    "cell_founded": Column(dtype="date", about="day the cell was founded"),
    "cell_founded_by": Column(
        dtype="str", about="how the cell was founded", allowed=CELL_FOUNDINGS
    ),
}
CROSSWALK: dict[str, Column] = {
    "legacy_code": Column(dtype="str", about="official code of the unit that was"),
    "legacy_name": Column(dtype="str", about="its name", required=True, filled=True),
    "legacy_type": Column(dtype="str", about="xã, phường, thị trấn ..."),
    "legacy_district_name": Column(dtype="str", about="its district"),
    "legacy_province_name": Column(dtype="str", about="its province"),
    "commune_code": Column(dtype="str", about="commune of today", required=True, filled=True),
}
LINEAGE: dict[str, Column] = {
    "place_id_before": Column(dtype="str", about="place that was", required=True, filled=True),
    "place_id_after": Column(dtype="str", about="place it became", required=True, filled=True),
    "on": Column(dtype="date", about="day of the change"),
}
ROADS: dict[str, Column] = {
    "road_class": Column(dtype="str", about="class of road", allowed=ROAD_CLASSES),
    "surface": Column(dtype="str", about="surface", allowed=SURFACES),
    "is_ford": Column(dtype="boolean", about="the line crosses a stream by a ford"),
    "has_bridge": Column(dtype="boolean", about="the line crosses a stream by a bridge"),
    "oneway": Column(
        dtype="str",
        about="way vehicles may take along the line as drawn; people walk both ways",
        allowed=("both", "forward", "backward"),
    ),
    "barred_modes": Column(
        dtype="str", about="vehicles that may not or cannot pass: bicycle;motorbike;car"
    ),
    "closed_seasons": Column(
        dtype="str", about="seasons in which nobody passes this road, ford or bridge: wet;flood"
    ),
    "open_seasons": Column(
        dtype="str", about="seasons in which this ford stays open although fords are closed"
    ),
}
STREAMS: dict[str, Column] = {
    "stream_order": Column(dtype="Int64", about="order of the stream (Strahler), 1 the smallest"),
}
EDITS: dict[str, Column] = {
    "edit": Column(
        dtype="str",
        about="what the planner draws: a road, a closure, a bridge or a ford",
        required=True,
        allowed=("road", "closed", "bridge", "ford"),
    ),
    "seasons": Column(dtype="str", about="seasons a closure is for; empty for all"),
    **ROADS,
}
ACCOUNT = (
    "table",  # places or counts
    *SOURCE_COLUMNS,
    "outcome",  # one of OUTCOMES
    "how",  # code, id, name, override ...
    "score",  # 0-1, NaN where not scored
    "place_id",  # the unit matched, empty otherwise
    "reason",  # catalogue key; words are added where shown
    "detail",  # names the reason needs: candidates, nearest, the bad value
)


@dataclass(frozen=True)
class Read:
    """What reading one input gives: a clean frame, what was set aside, and every problem.

    ``frame`` carries SOURCE_COLUMNS beside the schema's own. ``rejected`` has SOURCE_COLUMNS,
    ``reason`` and ``detail``, one line per row that cannot be used. ``totals`` has the
    SOURCE_COLUMNS of subtotal and total rows. ``rows_read`` = frame + rejected + totals.
    """

    frame: Any
    problems: tuple[Problem, ...] = ()
    rejected: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=[*SOURCE_COLUMNS, "reason", "detail"])
    )
    totals: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(SOURCE_COLUMNS)))

    @property
    def rows_read(self) -> int:
        """Rows of data met in the input."""
        return len(self.frame) + len(self.rejected) + len(self.totals)


def conform(frame: pd.DataFrame, columns: dict[str, Column]) -> pd.DataFrame:
    """Return a copy with every column of the schema, in its type, others kept after them.

    Columns not in the frame are added as all missing. Values must already be clean:
    ``read`` reports bad ones by row before this is called.

    Examples
    --------
    >>> out = conform(pd.DataFrame({"members": [3, None, 0]}), {"members": COUNTS["members"]})
    >>> out["members"].tolist()
    [3, <NA>, 0]
    """
    typed = {name: _typed(frame, name, column) for name, column in columns.items()}
    rest = [c for c in frame.columns if c not in typed]
    out = pd.DataFrame(typed, index=frame.index)
    out[rest] = frame[rest]
    if isinstance(frame, gpd.GeoDataFrame):
        return gpd.GeoDataFrame(out, geometry=frame.geometry.name, crs=frame.crs)
    return out


def _typed(frame: pd.DataFrame, name: str, column: Column) -> pd.Series[Any]:
    dtype = {"str": "str", "date": "datetime64[s]", "category": "category", "float": "float64"}.get(
        column.dtype, column.dtype
    )
    if name not in frame.columns:
        missing = pd.Series(None, index=frame.index, dtype="object")
        return missing.astype(dtype)
    return frame[name].astype(dtype)


def require_columns(frame: pd.DataFrame, names: Iterable[str], *, of: str) -> None:
    """Raise ArgumentError naming the columns a frame lacks: a mistake of the caller."""
    missing = [n for n in names if n not in frame.columns]
    if missing:
        raise ArgumentError(
            Problem(
                key="schema.missing_columns", params={"frame": of, "columns": ", ".join(missing)}
            )
        )


@dataclass(frozen=True, kw_only=True)
class Results:
    """Everything one run knows, as frames; what `present` writes and the pages show.

    ``communes`` and ``places`` are assessed (see docs/design.md for the columns);
    ``sites`` and ``assignments`` are empty frames where no plan was made; ``account`` has
    the columns of ACCOUNT, one line per input row; ``run`` is what ``run.json`` holds.
    """

    communes: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    provinces: pd.DataFrame
    sites: gpd.GeoDataFrame
    assignments: pd.DataFrame
    account: pd.DataFrame
    problems: tuple[Problem, ...]
    roads: gpd.GeoDataFrame | None = None
    streams: gpd.GeoDataFrame | None = None
    border: gpd.GeoDataFrame | None = None
    centres: gpd.GeoSeries | None = None
    """The point of each commune's centre, index ``commune_code``."""
    network: Any = None
    """The travel.Network of this run, to plan again; never written."""
    terrain: Any = None
    """The read.Terrain of this run, for the ground of the map; never written."""
    undecided: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Rows nobody could decide, with proposals: see link.review."""
    progress: Any = None
    """assess.Progress of all snapshots; None where there is no dated count."""
    plan: Any = None
    """The plan.ClassPlan of this run, to plan again from; never written."""
    answers: Any = None
    """pipeline.ClassAnswers: practice, changes, curve, firmness of the class plan."""
    own_columns: tuple[str, ...] = ()
    """Columns of the planner's own in the list of places, to filter and add up by."""
    run: dict[str, Any]
