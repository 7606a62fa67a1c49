"""Everything that can be set about an evaluation, in one record: the flags, the keys and the run's own account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..errors import UsageError, one_of

Precision = Literal["32", "bf16-mixed", "16-mixed"]
Score = Literal["auto", "sigmoid", "softmax"]
Rule = Literal["balanced-accuracy", "eer"]
SCORES = ("auto", "sigmoid", "softmax")
RULES = ("balanced-accuracy", "eer")


@dataclass(frozen=True)
class EvaluationSettings:
    """Settings of an evaluation.

    Parameters
    ----------
    split
        Split to evaluate; data that name no splits are taken whole, and "all" takes every split.
    threshold
        Score from which on an image counts as synthetic; by default it is taken from the threshold split.
    threshold_split
        Split whose scores give the threshold; .5 is taken where there is none.
    threshold_rule
        balanced-accuracy (the threshold where it is highest) or eer (where misses and false alarms are as many).
    score
        sigmoid of the synthetic class's logit, as in the papers, or softmax over the logits; auto is sigmoid for a
        head of one logit and softmax for two.
    batch_size
        Images a batch; halved by itself when the device runs out of memory.
    device
        auto, cpu, cuda, cuda:1 or mps.
    precision
        32, or mixed precision of the network's own arithmetic.
    workers
        Processes that decode images; -1 chooses by the number of images and cores.
    limit
        Evaluate at most so many images, spread evenly over the sorted list; as many for the threshold.
    seed
        Of the resamples.
    resamples
        Of the bootstrap; 0 leaves the intervals out.
    max_unreadable
        Share of files that may be unreadable before the evaluation counts as failed.
    """

    split: str = "test"
    threshold: float | None = None
    threshold_split: str = "val"
    threshold_rule: Rule = "balanced-accuracy"
    score: Score = "auto"
    batch_size: int = 64
    device: str = "auto"
    precision: Precision = "32"
    workers: int = -1
    limit: int | None = None
    seed: int = 0
    resamples: int = 1000
    max_unreadable: float = 0.05

    def __post_init__(self) -> None:
        for name, least in (("batch_size", 1), ("workers", -1), ("resamples", 0)):
            if getattr(self, name) < least:
                raise UsageError(f"expected `{name}` of at least {least}, got {getattr(self, name)}")
        if self.limit is not None and self.limit < 1:
            raise UsageError(f"expected `limit` of at least 1, got {self.limit}")
        for name in ("threshold", "max_unreadable"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1:
                raise UsageError(f"expected `{name}` between 0 and 1, got {value}")
        one_of(self.score, SCORES, "score")
        one_of(self.threshold_rule, RULES, "threshold rule")
        one_of(self.precision, ("32", "bf16-mixed", "16-mixed"), "precision")
