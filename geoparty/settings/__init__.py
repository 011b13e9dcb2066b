"""Planning rules, seasons, speeds and class settings: frozen, documented, dated.

Every result carries the settings it was made with (``run.json``). They come from
``project.toml``; an unknown key is refused with the nearest known one.
"""

from geoparty.settings.classes import Classes
from geoparty.settings.faults import faults, not_toml
from geoparty.settings.parsing import parse_settings
from geoparty.settings.rules import RISK_REASONS, ProgressRules, RiskReason, Rules
from geoparty.settings.tables import Frozen
from geoparty.settings.travel import BICYCLE, CAR, DRY, MODES, WET, Mode, Season, Travel, Vehicle
from geoparty.settings.whole import Inputs, Map, Settings

__all__ = [
    "BICYCLE",
    "CAR",
    "DRY",
    "MODES",
    "RISK_REASONS",
    "WET",
    "Classes",
    "Frozen",
    "Inputs",
    "Map",
    "Mode",
    "ProgressRules",
    "RiskReason",
    "Rules",
    "Season",
    "Settings",
    "Travel",
    "Vehicle",
    "faults",
    "not_toml",
    "parse_settings",
]
