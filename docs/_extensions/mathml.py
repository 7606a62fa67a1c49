"""Formulas as MathML, which browsers draw themselves: the pages need no script, and nothing from a network."""

import logging
import re

from docutils.nodes import SkipNode
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml

LOG = logging.getLogger(f"sphinx.{__name__}")  # a warning there fails the build
SIZES = re.compile(r"\\[bB]igg?[lr]?(?![a-zA-Z])")  # of brackets, which MathML has no command for


def drawn(node, *, block):
    try:
        return tex2mathml(SIZES.sub("", node.astext()), as_block=block)
    except MathError as error:
        LOG.warning("a formula that cannot be drawn: %s", error, extra={"location": node})
        return ""


def inline(translator, node):
    translator.body.append(drawn(node, block=False))
    raise SkipNode


def block(translator, node):
    translator.body.append(f'<div class="math">{drawn(node, block=True)}</div>\n')
    raise SkipNode


def setup(app):
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True}
