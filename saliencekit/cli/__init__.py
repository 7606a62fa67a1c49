"""The command line: one command a file, and no logic."""

from . import audit, check, compare, demo, evaluate, explain, info, layers, report, sweep, train
from ._app import app
from ._ending import main

__all__ = [
    "app",
    "audit",
    "check",
    "compare",
    "demo",
    "evaluate",
    "explain",
    "info",
    "layers",
    "main",
    "report",
    "sweep",
    "train",
]
