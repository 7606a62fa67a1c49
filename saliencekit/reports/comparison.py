"""Two audits of the same images, joined image by image: paired differences with intervals."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..auditing.result import AuditResult, load_audit
from ..errors import InputError
from .comparison_page import write_comparison
from .difference import Difference
from .header import title_of
from .pairing import differences, differing, images_of, shared_images
from .text import counted


@dataclass(frozen=True)
class Comparison:
    """What :func:`compare` found.

    Parameters
    ----------
    a, b
        Names of the two audits.
    images
        How many images both hold.
    warnings
        Sentences that name what differs between the audits beside the numbers.
    differences
        One a measure, in the order of the audits.
    settings
        Names, and values in A and in B, of what was audited.
    """

    a: str
    b: str
    images: int
    warnings: tuple[str, ...]
    differences: tuple[Difference, ...]
    settings: tuple[tuple[str, str, str], ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """A sentence a measure."""
        return tuple(each.sentence for each in self.differences)

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers and words, as they are written to ``comparison.json``."""
        plain = asdict(self)
        for each, found in zip(plain["differences"], self.differences, strict=True):
            each |= {"outcome": found.outcome, "sentence": found.sentence}
        return {"schema_version": 1, **plain}

    def __str__(self) -> str:
        head = f"A: {self.a}\nB: {self.b}\n{counted(self.images, 'image')} in both."
        return "\n".join([head, *(f"Warning: {each}" for each in self.warnings), *self.sentences])


def compare(
    a: AuditResult | str | os.PathLike[str],
    b: AuditResult | str | os.PathLike[str],
    *,
    output: str | os.PathLike[str] | None = None,
) -> Comparison:
    """Compare two audits on the images that both hold.

    Each measure's number per image is taken from the records of both audits, the images are joined by name,
    and the mean of b - a gets a bootstrap interval over images. Images, layers, methods, targets,
    preprocessing or measures that differ are named in ``warnings``.

    Parameters
    ----------
    a, b
        Audits, or their folders.
    output
        Folder for ``comparison.html`` and ``comparison.json``; nothing is written without it.

    Raises
    ------
    InputError
        If a folder holds no finished audit, or if the audits have no image in common.
    EnvironmentFault
        If ``output`` cannot be written.
    """
    first, second = _loaded(a), _loaded(b)
    shared = shared_images(first, second)
    if not shared:
        raise InputError(
            f"the audits in {first.folder} and {second.folder} have no image in common: "
            "audit both models on the same data"
        )
    settings = tuple((name, *values) for name, values in differing(first, second).items())
    found = Comparison(
        a=title_of(first.summary),
        b=title_of(second.summary),
        images=len(shared),
        warnings=_warnings(first, second, len(shared), settings),
        differences=tuple(differences(first, second, shared)),
        settings=settings,
    )
    if output is not None:
        write_comparison(found, first, second, Path(output))
    return found


def _warnings(
    a: AuditResult, b: AuditResult, shared: int, settings: tuple[tuple[str, str, str], ...]
) -> tuple[str, ...]:
    said = [f"the audits differ in {name}: {first} in A, {second} in B" for name, first, second in settings]
    only_a, only_b = len(images_of(a)) - shared, len(images_of(b)) - shared
    if only_a or only_b:
        parts = [f"{counted(n, 'image')} only in {name}" for name, n in (("A", only_a), ("B", only_b)) if n]
        said.insert(0, f"the audits hold different images: {counted(shared, 'image')} in both, {' and '.join(parts)}")
    return tuple(said)


def _loaded(audit: AuditResult | str | os.PathLike[str]) -> AuditResult:
    return audit if isinstance(audit, AuditResult) else load_audit(audit)
