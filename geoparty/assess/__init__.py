"""Gap levels, border communes, isolation, priority, and sums by area: what a count means."""

from geoparty.assess.border import AGREEMENTS, border_communes, border_problems
from geoparty.assess.gaps import gap_levels, risk_table
from geoparty.assess.isolation import isolation
from geoparty.assess.priority import priority, priority_reasons
from geoparty.assess.rollup import SUMMED, percent, rollup

__all__ = [
    "AGREEMENTS",
    "SUMMED",
    "border_communes",
    "border_problems",
    "gap_levels",
    "isolation",
    "percent",
    "priority",
    "priority_reasons",
    "risk_table",
    "rollup",
]
