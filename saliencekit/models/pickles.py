"""What a pickle would import on loading, read without loading it."""

from __future__ import annotations

import io
import pickletools
import re
import warnings
import zipfile
from pathlib import Path

SHOWN = 8

# What torch.load(weights_only=True) allows itself: containers, tensors and their parts.
_PLAIN = re.compile(
    r"collections\.(OrderedDict|defaultdict|Counter)"
    r"|torch\._utils\._rebuild_\w+|torch\._tensor\._rebuild\w+"
    r"|torch(\.\w+)*\.\w*Storage|torch\.(Size|device|Tensor|dtype|[a-z]+\d+\w*)"
    r"|torch\.nn\.parameter\.\w*Parameter|torch\.serialization\._get_layout"
    r"|_codecs\.encode|(__builtin__|builtins)\.(set|frozenset|complex|bytearray|list|dict|tuple|slice)"
)
_TEXT = ("SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE", "STRING", "BINSTRING", "SHORT_BINSTRING")


def foreign_imports(path: Path) -> tuple[str, ...]:
    """Return what the pickles in a file would import beyond plain tensors and containers, strangers first.

    Parameters
    ----------
    path
        A zip checkpoint, a legacy file of torch.save, or a plain pickle. Nothing in it is run; a pickle that is
        damaged is read as far as it goes.
    """
    found: dict[str, None] = {}
    for stream in _pickles(path):
        found.update(dict.fromkeys(_imports(stream)))
    strange = [name for name in found if not _PLAIN.fullmatch(name)]
    return tuple(sorted(strange, key=lambda name: (name.startswith(("torch.", "torchvision.")), name)))


def listed(names: tuple[str, ...]) -> str:
    """Return the first names in words.

    >>> listed(("os.system", "mine.Net"))
    'os.system, mine.Net'
    """
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def _pickles(path: Path) -> list[io.BytesIO]:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return [io.BytesIO(archive.read(name)) for name in archive.namelist() if name.endswith(".pkl")]
    return [io.BytesIO(path.read_bytes())]


def _imports(stream: io.BytesIO) -> list[str]:
    """Return ``module.name`` of each import, of as many pickles as stand one after another in ``stream``."""
    found: list[str] = []
    while True:
        recent: list[object] = []
        memo: dict[object, object] = {}
        try:
            with warnings.catch_warnings():  # about escapes in damaged texts
                warnings.simplefilter("ignore")
                for opcode, argument, _ in pickletools.genops(stream):
                    _step(opcode.name, argument, recent, memo, found)
        except (ValueError, IndexError, UnicodeError, OverflowError, MemoryError):
            return found  # the end, or damage: what was read so far still counts


def _step(name: str, argument: object, recent: list[object], memo: dict[object, object], found: list[str]) -> None:
    """Follow the texts on the pickle's stack, as far as the two that an import takes are concerned."""
    if name in ("GLOBAL", "INST"):
        found.append(str(argument).replace(" ", ".", 1))
        recent.append(None)
    elif name == "STACK_GLOBAL":
        found.append(".".join(str(text) for text in recent[-2:]) if len(recent) > 1 else "something unnamed")
        recent.append(None)
    elif name in _TEXT:
        recent.append(argument)
    elif name == "MEMOIZE":
        memo[len(memo)] = recent[-1] if recent else None
    elif name in ("PUT", "BINPUT", "LONG_BINPUT"):
        memo[argument] = recent[-1] if recent else None
    elif name in ("GET", "BINGET", "LONG_BINGET"):
        recent.append(memo.get(argument))
    elif name not in ("PROTO", "FRAME"):
        recent.append(None)
