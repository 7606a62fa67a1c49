import re
import xml.etree.ElementTree as ET

import matplotlib
import pytest

from saliencekit.reports.figures._canvas import COLOURS, draw_panel


def words(axes):
    axes.set_title("$x_1$ & <b> שלום 🙂 名前", color=COLOURS["accent"])
    axes.plot([0, 1], [0, 1], color=COLOURS["accent"])


def test_text_is_text_and_a_dollar_is_a_dollar():
    svg = draw_panel("one", "One", "A line.", words).svg
    texts = [element.text for element in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]
    assert "$x_1$ & <b> שלום 🙂 名前" in texts


@pytest.mark.parametrize("name", ["$", "$$", "$\\frac{", "a$b", "^_{}\\", "%s", "\\n"])
def test_no_name_breaks_a_drawing(name):
    svg = draw_panel("one", "One", name, lambda axes: axes.set_xlabel(name)).svg
    assert name in [element.text for element in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_same_bytes_whatever_the_settings_of_the_caller():
    before = draw_panel("one", "One", "A line.", words)
    with matplotlib.rc_context({"font.size": 30, "text.parse_math": True, "svg.hashsalt": None, "axes.grid": True}):
        settings = dict(matplotlib.rcParams)
        assert draw_panel("one", "One", "A line.", words).svg == before.svg
        assert dict(matplotlib.rcParams) == settings


def test_inline_has_no_address_no_fixed_colour_and_ids_of_its_own():
    first, second = (draw_panel(name, "t", "A <line>.", words).inline for name in ("one", "two"))
    assert "http" not in first
    assert "<style" not in first
    assert "<metadata" not in first
    assert not [colour for colour in COLOURS.values() if colour in first]
    assert "var(--accent)" in first
    assert 'aria-label="A &lt;line&gt;."' in first
    ids = [set(re.findall(r'\bid="([^"]*)"', each)) for each in (first, second)]
    assert ids[0]
    assert not ids[0] & ids[1]
    assert set(re.findall(r"url\(#([^)]*)\)", first)) <= ids[0]


def test_pyplot_is_not_touched():
    import subprocess
    import sys

    code = (
        "import sys; from saliencekit.reports.figures._canvas import draw_panel; "
        "draw_panel('a', 'b', 'c', lambda axes: axes.plot([0, 1])); print('matplotlib.pyplot' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"
