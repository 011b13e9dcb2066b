"""Commands, thin: arguments in, words out. Work happens in ``pipeline``, imported late."""

from geoparty.cli import commands, data, serve  # their commands join the app in this order
from geoparty.cli.commands import main
from geoparty.cli.shared import app

__all__ = ["app", "commands", "data", "main", "serve"]
