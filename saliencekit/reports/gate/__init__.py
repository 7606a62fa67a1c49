"""A gate for pipelines: conditions on the numbers of a summary, in a small language that can only compare."""

from .clause import Clause, Failure
from .gate import Gate

__all__ = ["Clause", "Failure", "Gate"]
