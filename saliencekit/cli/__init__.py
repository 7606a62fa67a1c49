"""The command line: one command a file, and no logic."""

from . import audit, compare, demo, info, report
from ._app import app
from ._ending import main

__all__ = ["app", "audit", "compare", "demo", "info", "main", "report"]
