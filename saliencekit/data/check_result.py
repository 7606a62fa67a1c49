"""What a check of a data set has found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .findings import Finding
from .looking import USABLE

ERROR = "error"


@dataclass(frozen=True)
class Count:
    """How many images of a split have this class and group, and how many of them a human map.

    Parameters
    ----------
    split, label, group
        None where the data says none; ``label`` is the name of the class.
    images
        Listed images.
    human_maps
        Of these, how many list a human map.
    """

    split: str | None
    label: str | None
    group: str | None
    images: int
    human_maps: int


@dataclass(frozen=True)
class DataCheck:
    """What a data set holds and what is wrong with it.

    Parameters
    ----------
    source, kind
        What was opened, and what it is: a folder, a manifest, a CSV of the CYBORG authors.
    images, readable
        Listed and readable images.
    counts
        By split, class and group.
    sizes, modes, formats
        How many readable images have which; the most frequent first.
    maps
        Human maps by what they are: usable, all one value, other aspect, unreadable, extra.
    findings
        Errors first.
    """

    source: str
    kind: str
    images: int
    readable: int
    counts: tuple[Count, ...]
    sizes: dict[str, int]
    modes: dict[str, int]
    formats: dict[str, int]
    maps: dict[str, int]
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether there is no error; there may be warnings."""
        return all(finding.severity != ERROR for finding in self.findings)

    @property
    def coverage(self) -> float:
        """Share of the images that have a usable human map, in [0, 1]."""
        return self.maps.get(USABLE, 0) / self.images if self.images else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return plain numbers and words, for JSON."""
        return {
            "schema_version": 1,
            "source": self.source,
            "kind": self.kind,
            "ok": self.ok,
            "images": self.images,
            "readable": self.readable,
            "counts": [vars(each) for each in self.counts],
            "sizes": self.sizes,
            "modes": self.modes,
            "formats": self.formats,
            "human_maps": {"coverage": self.coverage, **self.maps},
            "findings": [each.to_dict() for each in self.findings],
        }
