"""The stages wired once, for the command line and the pages."""

from geoparty.pipeline.asking import crossings_of, decide, progress_of
from geoparty.pipeline.checking import Checked, account_totals, check, describe
from geoparty.pipeline.clock import STAGES, Progress
from geoparty.pipeline.columns import recognised, save_columns
from geoparty.pipeline.repeating import repeat
from geoparty.pipeline.running import latest, plan_record, plan_sites, run

__all__ = [
    "STAGES",
    "Checked",
    "Progress",
    "account_totals",
    "check",
    "crossings_of",
    "decide",
    "describe",
    "latest",
    "plan_record",
    "plan_sites",
    "progress_of",
    "recognised",
    "repeat",
    "run",
    "save_columns",
]
