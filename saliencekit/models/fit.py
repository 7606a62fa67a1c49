"""Do these weights belong to this architecture? Names and shapes compared, and said in words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from .skeleton import Shape, Skeleton, is_counter, skeleton
from .spec import Spec

SHOWN = 3


@dataclass(frozen=True)
class Fit:
    """How weights compare with an architecture.

    Parameters
    ----------
    spec
        The architecture, with the options that the weights give away.
    num_classes
        Length of the logits as the head's shape has it; ``None`` if the weights hold no head.
    names
        From each name in the weights to the one that the architecture uses.
    missing, unexpected
        Names that only the architecture, and only the weights have.
    misshaped
        (name, shape in the weights, shape in the architecture).
    allowed
        Names that are missing and were allowed to be.
    common
        How many tensors agree in name and shape.
    """

    spec: Spec
    num_classes: int | None
    names: Mapping[str, str]
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    misshaped: tuple[tuple[str, Shape, Shape], ...]
    allowed: tuple[str, ...]
    common: int

    @property
    def good(self) -> bool:
        """Whether every tensor has its place and its shape, and none that matters is missing."""
        return not (self.missing or self.unexpected or self.misshaped) and self.common > 0

    @property
    def likeness(self) -> float:
        """Share of agreeing tensors among all names of either side, 0 to 1."""
        others = len(self.missing) + len(self.unexpected) + len(self.misshaped)
        return self.common / max(1, self.common + others)

    def difference(self) -> str:
        """Say what does not fit, naming the first few of each kind.

        >>> Fit(Spec("a", "b"), 2, {}, ("fc.weight",), ("head.weight",), (), (), 5).difference()
        'missing fc.weight; unexpected head.weight'
        """
        shaped = [f"{name} {_size(got)} where {_size(want)} is expected" for name, got, want in self.misshaped]
        kinds = (("missing", self.missing), ("unexpected", self.unexpected), ("of another shape", shaped))
        return "; ".join(f"{kind} {_first(names)}" for kind, names in kinds if names) or "no head"


def fit(spec: Spec, shapes: Mapping[str, Shape], *, allow_missing: Sequence[str] = ()) -> Fit:
    """Compare weights, given by name and shape, with an architecture.

    Parameters
    ----------
    spec
        The architecture; exactly this one, see :func:`saliencekit.models.variants.variant`.
    shapes
        Shape of each tensor, by name.
    allow_missing
        Patterns, as of file names, of names that may be missing.

    Examples
    --------
    >>> from saliencekit.models.skeleton import skeleton
    >>> from saliencekit.models.spec import parse_spec
    >>> small = parse_spec("saliencekit:small-cnn")
    >>> fit(small, {**skeleton(small).shapes, "head.weight": (3, 128), "head.bias": (3,)}).num_classes
    3
    """
    frame = skeleton(spec)
    names = {name: _flat_head(name, frame, shapes) for name in shapes}
    given = {names[name]: shape for name, shape in shapes.items()}
    head = given.get(_head(frame), ())
    num_classes = head[0] if head else None
    if channels := _other_channels(frame, given):
        frame = skeleton(spec := spec.having(in_channels=channels))
    expected = {
        name: (num_classes, *shape[1:]) if num_classes is not None and name in frame.classes else shape
        for name, shape in frame.shapes.items()
    }
    absent = [name for name in expected if name not in given and not is_counter(name)]
    allowed = tuple(name for name in absent if any(fnmatchcase(name, each) for each in allow_missing))
    both = [name for name in expected if name in given]
    return Fit(
        spec=spec,
        num_classes=num_classes,
        names=names,
        missing=tuple(name for name in absent if name not in allowed),
        unexpected=tuple(name for name, meant in names.items() if meant not in expected),
        misshaped=tuple((name, given[name], expected[name]) for name in both if given[name] != expected[name]),
        allowed=allowed,
        common=sum(given[name] == expected[name] for name in both),
    )


def _head(frame: Skeleton) -> str:
    weights = [name for name in frame.classes if name.endswith("weight")]
    return weights[-1] if weights else ""


def _other_channels(frame: Skeleton, given: Mapping[str, Shape]) -> int | None:
    """Return the number of image channels if that is all in which the first convolution differs."""
    if frame.stem is None or frame.spec.option("in_channels", 0):
        return None
    if not (frame.spec.known or frame.spec.room == "timm"):
        return None
    want, got = frame.shapes[frame.stem], given.get(frame.stem, ())
    same = len(got) == 4 and got[0] == want[0] and got[2:] == want[2:]
    return got[1] if same and got[1] not in (0, want[1]) else None


def _flat_head(name: str, frame: Skeleton, shapes: Mapping[str, Shape]) -> str:
    """``fc.1.weight`` is ``fc.weight`` where the head was replaced by dropout and one linear layer."""
    found = re.fullmatch(r"(.+)\.(\d+)\.(weight|bias)", name)
    plain = f"{found[1]}.{found[3]}" if found else ""
    if not found or plain not in frame.classes or name in frame.shapes or plain in shapes:
        return name
    siblings = [each for each in shapes if each.startswith(f"{found[1]}.")]
    return plain if all(each.startswith(f"{found[1]}.{found[2]}.") for each in siblings) else name


def _first(names: Sequence[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def _size(shape: Shape) -> str:
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"
