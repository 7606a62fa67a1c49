"""Timing of two things in turn, so that a drift of the machine's speed meets both."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch


def seconds(what: Callable[[], object]) -> float:
    """Time one call, with the device's queue empty before and after."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    start = time.perf_counter()
    what()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - start


def in_turn(ours: Callable[[], object], baseline: Callable[[], object], *, runs: int) -> dict[str, float]:
    """Return the medians of both in seconds and the median of the pairwise ratios ours / baseline."""
    ours()
    baseline()
    pairs = [(seconds(ours), seconds(baseline)) for _ in range(runs)]
    return {
        "ours_s": statistics.median(a for a, _ in pairs),
        "baseline_s": statistics.median(b for _, b in pairs),
        "ratio": statistics.median(a / b for a, b in pairs),
    }
