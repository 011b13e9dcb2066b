"""Plan organisation coverage in remote country, offline, every row accounted for.

The stages, in the order data moves: ``read``, ``link``, ``travel``, ``assess``,
``plan``, ``present``; ``pipeline`` wires them once for the command line and the app.
"""

__version__ = "0.1.0"
