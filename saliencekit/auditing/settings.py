"""Everything that can be set about an audit, in one record: the flags, the keys and the run's own account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..errors import UsageError, one_of

if TYPE_CHECKING:
    from ..measures import Measure

Precision = Literal["32", "bf16-mixed", "16-mixed"]


@dataclass(frozen=True)
class AuditSettings:
    """Settings of an audit.

    Parameters
    ----------
    salience
        Method by its word: ``"grad-cam"``, ``"attention-rollout"``, ``"captum:Saliency"``, ...
    layer
        Name as in ``model.named_modules()``, several joined by ``+`` (their maps are fused), or ``"auto"``.
    target
        Class explained: ``"predicted"``, ``"label"``, or a class number.
    measures
        ``"all"``, or names separated by commas.
    split
        Split of the data to audit; ``"auto"`` takes ``test`` where there is one, else everything.
    batch_size
        Images a batch; halved by itself when the device runs out of memory.
    device
        ``"auto"``, ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"mps"``.
    precision
        ``"32"``, or mixed precision of the network's own arithmetic.
    workers
        Processes that decode images; -1 chooses by the number of images and cores.
    limit
        Audit at most so many images, spread evenly over the sorted list (the first ones of a tensor or Dataset).
    seed
        Of every random choice; results are a function of it and of the images' names.
    max_unreadable
        Share of files that may be unreadable before the audit counts as failed.
    save_maps
        Keep every clean map in ``maps.npy``.
    gallery
        Images shown for each class and place (lowest, median, highest entropy).
    """

    salience: str = "grad-cam"
    layer: str = "auto"
    target: str = "predicted"
    measures: str = "all"
    split: str = "auto"
    batch_size: int = 16
    device: str = "auto"
    precision: Precision = "32"
    workers: int = -1
    limit: int | None = None
    seed: int = 0
    max_unreadable: float = 0.05
    save_maps: bool = False
    gallery: int = 4

    def __post_init__(self) -> None:
        for name, least in (("batch_size", 1), ("workers", -1), ("gallery", 0)):
            if getattr(self, name) < least:
                raise UsageError(f"expected `{name}` of at least {least}, got {getattr(self, name)}")
        if self.limit is not None and self.limit < 1:
            raise UsageError(f"expected `limit` of at least 1, got {self.limit}")
        if not 0 <= self.max_unreadable <= 1:
            raise UsageError(f"expected `max_unreadable` between 0 and 1, got {self.max_unreadable}")
        one_of(self.precision, ("32", "bf16-mixed", "16-mixed"), "precision")
        self.class_explained()

    def chosen(self) -> tuple[Measure, ...]:
        """Return the measures asked for, in the order of the registry."""
        from ..measures import MEASURES

        if self.measures == "all":
            return tuple(measure() for measure in MEASURES.values())
        words = {one_of(word.strip().replace("-", "_"), MEASURES, "measure") for word in self.measures.split(",")}
        return tuple(measure() for name, measure in MEASURES.items() if name in words)

    def class_explained(self) -> Literal["predicted", "label"] | int:
        """Return the target as the extractors take it."""
        if self.target.removeprefix("-").isdecimal():
            return int(self.target)
        return "label" if one_of(self.target, ("predicted", "label"), "target") == "label" else "predicted"
