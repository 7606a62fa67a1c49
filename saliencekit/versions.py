"""The versions of what the numbers rest on."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version

from ._version import __version__


def versions(engines: Iterable[str]) -> dict[str, str]:
    """Return the versions of this package, of Python, and of other packages; ``"not installed"`` where one is not.

    >>> list(versions(["torch", "no-such-package"]).items())[2:]  # doctest: +ELLIPSIS
    [('torch', '...'), ('no-such-package', 'not installed')]
    """
    found = {"saliencekit": __version__, "python": platform.python_version()}
    for name in engines:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
