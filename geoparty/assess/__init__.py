"""Gap levels, border, isolation, priority, sums by area, and change over time."""

from geoparty.assess.border import AGREEMENTS, border_communes, border_problems
from geoparty.assess.compare import CHANGES, GAPS, Comparison, balance, compare
from geoparty.assess.gaps import gap_levels, risk_table
from geoparty.assess.indicators import INDICATORS, STATUSES, Indicator, indicators
from geoparty.assess.isolation import isolation
from geoparty.assess.outlook import OUTLOOKS, outlook
from geoparty.assess.priority import CRITERIA, priority, priority_reasons
from geoparty.assess.progress import AREAS, Progress, cut, narrow, track
from geoparty.assess.rollup import SUMMED, percent, rollup
from geoparty.assess.scoring import TERM
from geoparty.assess.snapshots import snapshot, snapshots
from geoparty.assess.terms import term_sums, term_years, years_without_admission

__all__ = [
    "AGREEMENTS",
    "AREAS",
    "CHANGES",
    "CRITERIA",
    "GAPS",
    "INDICATORS",
    "OUTLOOKS",
    "STATUSES",
    "SUMMED",
    "TERM",
    "Comparison",
    "Indicator",
    "Progress",
    "balance",
    "border_communes",
    "border_problems",
    "compare",
    "cut",
    "gap_levels",
    "indicators",
    "isolation",
    "narrow",
    "outlook",
    "percent",
    "priority",
    "priority_reasons",
    "risk_table",
    "rollup",
    "snapshot",
    "snapshots",
    "term_sums",
    "term_years",
    "track",
    "years_without_admission",
]
