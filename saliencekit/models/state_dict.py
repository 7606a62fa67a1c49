"""The ways in which one set of weights may be read: wrappers' prefixes taken off, old names made new."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from torch import Tensor

# What training leaves beside the network: losses, metrics, counters of averaging and of profilers.
BESIDE = ("*loss*.*", "*criterion*.*", "*metric*.*", "n_averaged", "*total_ops", "*total_params")

_COMPILED = re.compile(r"(^|\.)_orig_mod\.")
_OLD_DENSENET = re.compile(r"(denselayer\d+\.(?:norm|conv))\.([12])\.")


def readings(state_dict: Mapping[str, Tensor]) -> Iterator[Mapping[str, Tensor]]:
    """Give the weights as they are, then with one shared prefix after another taken off, then both once more
    without what is not part of a network.

    ``_orig_mod.`` of ``torch.compile`` goes wherever it stands, and the names that DenseNet had before
    torchvision 0.3 (``norm.1``) become today's (``norm1``).

    >>> [list(each) for each in readings({"module.fc.weight": None, "module.fc.bias": None})][:2]
    [['module.fc.weight', 'module.fc.bias'], ['fc.weight', 'fc.bias']]
    """
    modern = {modern_name(name): tensor for name, tensor in state_dict.items()}
    yield from _peeled(modern)
    inner = {name: tensor for name, tensor in modern.items() if not _beside(name)}
    if inner and len(inner) < len(modern):
        yield from _peeled(inner)


def mostly_peeled(state_dict: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """Return the weights without the first part that more than half of their names share, if there is one.

    Good enough to tell what they resemble, not to load them.

    >>> list(mostly_peeled({"body.a": None, "body.b": None, "head.a": None}))
    ['a', 'b', 'head.a']
    """
    firsts = Counter(name.partition(".")[0] for name in state_dict if "." in name)
    prefix, count = firsts.most_common(1)[0] if firsts else ("", 0)
    if 2 * count <= len(state_dict):
        return state_dict
    return {name.removeprefix(f"{prefix}."): tensor for name, tensor in state_dict.items()}


def modern_name(name: str) -> str:
    """Return what a weight is called today, without a compiler's wrapper.

    >>> modern_name("_orig_mod.features.denseblock1.denselayer2.norm.1.weight")
    'features.denseblock1.denselayer2.norm1.weight'
    """
    return _OLD_DENSENET.sub(r"\1\2.", _COMPILED.sub(r"\1", name))


def _peeled(state: Mapping[str, Tensor]) -> Iterator[Mapping[str, Tensor]]:
    while True:
        yield state
        prefix = next(iter(state)).partition(".")[0] + "."
        if not all(name.startswith(prefix) and len(name) > len(prefix) for name in state):
            return
        state = {name[len(prefix) :]: tensor for name, tensor in state.items()}


def _beside(name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in BESIDE)
