"""The one way in which this package makes HTML: every value escaped, no sign hidden, nothing left undefined."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from ..showing.names import shown

if TYPE_CHECKING:
    from jinja2 import Environment


def environment() -> Environment:
    """Return the template environment: autoescape always on, control characters shown in every value."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("saliencekit.reports", "templates"),
        autoescape=True,  # not select_autoescape(): it would leave .html.j2 unescaped
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, values: Mapping[str, Any]) -> str:
    """Return a page from ``template`` with ``values`` by name."""
    return environment().get_template(template).render(values)


def script(name: str) -> tuple[Markup, str]:
    """Return a script of the templates' folder as it stands in a page, and the hash that a policy allows it by."""
    from importlib.resources import files

    code = (files("saliencekit.reports") / "templates" / name).read_text(encoding="utf-8")
    return Markup(code), base64.b64encode(hashlib.sha256(code.encode()).digest()).decode("ascii")


def _finalize(value: object) -> object:
    return shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value
