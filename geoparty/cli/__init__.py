"""Commands, thin: arguments in, words out. Work happens in ``pipeline``, imported late."""

from geoparty.cli import data as data  # its commands join the app
from geoparty.cli.commands import app, main

__all__ = ["app", "main"]
