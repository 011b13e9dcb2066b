"""The stages wired once, for the command line and the pages."""

from geoparty.pipeline.asking import (
    decide,
    decided,
    own_centres,
    progress_of,
    season_files,
    travel_files,
    travel_of,
    units_for,
)
from geoparty.pipeline.boundaries import (
    Boundaries,
    boundaries_of,
    boundary_lines,
    save_repaired,
)
from geoparty.pipeline.checking import Checked, account_totals, check, describe
from geoparty.pipeline.clock import STAGES, Progress
from geoparty.pipeline.columns import meanings, recognised, save_columns
from geoparty.pipeline.repeating import repeat
from geoparty.pipeline.running import latest, plan_record, run
from geoparty.pipeline.siting import (
    ClassCase,
    by_name,
    class_case,
    class_facts,
    host_ids,
    plan_case,
)
from geoparty.pipeline.siting_answers import (
    ClassAnswers,
    answers_record,
    class_answers,
    compare_practice,
    with_firmness,
)

__all__ = [
    "STAGES",
    "Boundaries",
    "Checked",
    "ClassAnswers",
    "ClassCase",
    "Progress",
    "account_totals",
    "answers_record",
    "boundaries_of",
    "boundary_lines",
    "by_name",
    "check",
    "class_answers",
    "class_case",
    "class_facts",
    "compare_practice",
    "decide",
    "decided",
    "describe",
    "host_ids",
    "latest",
    "meanings",
    "own_centres",
    "plan_case",
    "plan_record",
    "progress_of",
    "recognised",
    "repeat",
    "run",
    "save_columns",
    "save_repaired",
    "season_files",
    "travel_files",
    "travel_of",
    "units_for",
    "with_firmness",
]
