"""The words that name an architecture: ``torchvision:resnet50``, ``timm:NAME``, ``package.module:callable``."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from ..errors import UsageError

OWN = ("small-cnn", "efficientnet-lite0")
EXPECTED = "expected torchvision:NAME, timm:NAME, saliencekit:NAME or package.module:callable"

Value = bool | int | float | str


@dataclass(frozen=True)
class Spec:
    """An architecture by name, with the settings that differ from its defaults.

    Parameters
    ----------
    room
        ``"torchvision"``, ``"timm"``, ``"saliencekit"``, or the dotted path of a module.
    name
        The name there.
    options
        Keyword arguments for the builder, sorted by name.
    """

    room: str
    name: str
    options: tuple[tuple[str, Value], ...] = ()

    def __str__(self) -> str:
        query = "&".join(f"{key}={_written(value)}" for key, value in self.options)
        return f"{self.room}:{self.name}" + (f"?{query}" if query else "")

    @property
    def known(self) -> bool:
        """Whether it is built by torchvision or by this package, hence safe to build without weights."""
        return self.room in ("torchvision", "saliencekit")

    def option(self, name: str, default: Value) -> Value:
        """Return the value of one option, else ``default``."""
        return dict(self.options).get(name, default)

    def having(self, **options: Value) -> Spec:
        """Return the same architecture with more options.

        >>> str(parse_spec("vit_b_16").having(image_size=384))
        'torchvision:vit_b_16?image_size=384'
        """
        return Spec(self.room, self.name, tuple(sorted({**dict(self.options), **options}.items())))


def parse_spec(text: str) -> Spec:
    """Read ``room:name?option=value&option=value``; a plain name is one of torchvision's.

    Raises
    ------
    UsageError
        If the text has another form, or names an architecture that this package does not have.

    Examples
    --------
    >>> parse_spec("resnet18")
    Spec(room='torchvision', name='resnet18', options=())
    >>> parse_spec("torchvision:inception_v3?aux_logits=false").options
    (('aux_logits', False),)
    """
    plain, _, query = text.strip().partition("?")
    room, colon, name = plain.rpartition(":")
    room = room if colon else "torchvision"
    if not re.fullmatch(r"[A-Za-z_][\w.]*", room) or not re.fullmatch(r"[\w.\-/@]+", name):
        raise UsageError(f"the architecture {text!r} cannot be read: {EXPECTED}")
    if room == "saliencekit" and name not in OWN:
        raise UsageError(f"unknown architecture {text!r}: expected one of {', '.join(f'saliencekit:{n}' for n in OWN)}")
    options = {}
    for part in filter(None, query.split("&")):
        key, equals, value = part.partition("=")
        if not equals or not key.isidentifier():
            raise UsageError(f"the option {part!r} of the architecture {text!r} cannot be read: expected name=value")
        options[key] = _read(value)
    return Spec(room, name, tuple(sorted(options.items())))


def _read(value: str) -> Value:
    try:
        read = json.loads(value)
    except ValueError:
        return value
    return read if isinstance(read, bool | int | float) else value


def _written(value: Value) -> str:
    return value if isinstance(value, str) else json.dumps(value)
