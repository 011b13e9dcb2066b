"""Rules of gaps, their order, and of change over time: dated, with sources."""

from __future__ import annotations

from datetime import date
from typing import Literal, get_args

from pydantic import Field

from geoparty.settings.tables import Frozen

RiskReason = Literal[
    "below_minimum",
    "near_minimum",
    "ageing",
    "no_admission_5y",
    "no_candidate",
    "relies_on_reinforced",
    "head_not_member",
]
RISK_REASONS: tuple[RiskReason, ...] = get_args(RiskReason)


class Rules(Frozen):
    """What counts as a gap, a risk and a border commune."""

    in_force_from: date = date(2026, 1, 1)
    """Date these rules were set; shown with every result."""
    min_official_members: int = Field(3, ge=1)
    """A cell needs at least three official members: Party Charter, Article 24(1)."""
    near_minimum_margin: int = Field(0, ge=0)
    """A cell with at most min_official_members + this many official members is near minimum."""
    max_share_over_60: float = Field(0.5, ge=0, le=1)
    """Share of members over 60 above which a cell is ageing."""
    risk_reasons: tuple[RiskReason, ...] = RISK_REASONS
    """Risk reasons that are looked at; leave out those your tables do not report."""
    border_tolerance_m: float = Field(300.0, ge=0, le=1800)
    """A commune whose boundary comes this near the land border coincides with it (Decree
    34/2014/ND-CP, amended 299/2025). Lines of different origin disagree by 270 m on 5 % of the
    border; boundary with another commune beyond it never counts, however near."""
    border_min_length_m: float = Field(400.0, ge=0)
    """Length of boundary that must coincide; less is a touch at a corner or a mapping error."""
    cut_off_min: float = Field(240.0, gt=0)
    """A place farther than this from its commune centre is cut off in that season, as is one
    with no way through."""
    mask_below: int = Field(5, ge=2)
    """Exports for circulation hide counts of persons from 1 to this minus 1."""
    priority: tuple[
        Literal[
            "severity",
            "border",
            "disadvantaged",
            "cut_off",
            "households",
            "candidates",
            "years_without_admission",
        ],
        ...,
    ] = ("severity", "border", "cut_off", "disadvantaged", "candidates", "households")
    """Criteria that order the gap list, most important first."""


class ProgressRules(Frozen):
    """How change over the dates of the counts is judged."""

    term_years: tuple[int, int] = (2026, 2030)
    """First and last calendar year whose admissions are held against the target of the term."""
    founded_within_years: int = Field(10, ge=1)
    """Cells founded within so many years of the date of the counts are told by how."""
    target_percent: dict[str, float] = Field(
        default_factory=lambda: {"no_members": 0.0, "no_cell": 0.0, "admission_rate": 3.0}
    )
    """Percentage each indicator is to reach: 3 to 4 % of members admitted a year is that of
    Resolution 21-NQ/TW (2022); set your own for the others."""
    target_date: date = date(2030, 12, 31)
    """Day by which they are to be reached."""
    snapshot_every: Literal["date", "month", "quarter", "year"] = "month"
    """Counts of one such period make one snapshot, dated by the latest of them: communes that
    report on different days of a month are told together."""
    resamples: int = Field(1000, ge=100, le=100_000)
    """Times communes are drawn again to tell how sure a pace is."""
    group_by: tuple[str, ...] = ()
    """Columns of your list of places to add up by, beside commune, province and kind."""
