import pytest
from jinja2 import UndefinedError

from saliencekit.reports.page import environment


def render(source, **values):
    return environment().from_string(source).render(values)


def test_values_are_escaped_whatever_the_name_of_the_template():
    assert environment().autoescape is True
    assert render("{{ name }}", name="<script>\"'&") == "&lt;script&gt;&#34;&#39;&amp;"
    assert render('<a title="{{ name }}">', name='" onload="x') == '<a title="&#34; onload=&#34;x">'


def test_control_characters_are_shown_in_every_value():
    assert render("{{ name }}", name="\x1b[2J\u202e") == "\\x1b[2J\\u202e"
    assert render("{{ {'a': name}.a ~ '!' }}", name="\x07") == "\\x07!"


def test_markup_of_our_own_passes():
    from markupsafe import Markup

    assert render("{{ svg }}", svg=Markup("<svg/>\n")) == "<svg/>\n"


def test_what_is_not_given_is_an_error():
    with pytest.raises(UndefinedError, match="nothing"):
        render("{{ nothing }}")
