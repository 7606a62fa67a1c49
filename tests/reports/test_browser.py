"""The report in a real browser: nothing asked for, nothing complained of, and everything that a reader can do."""

import importlib.util
import time
from pathlib import Path

import pytest

from saliencekit.reports import compare, compare_many, write_report
from saliencekit.reports.families import Family

_SPEC = importlib.util.spec_from_file_location("reports_browser", Path(__file__).with_name("browser.py"))
browsers = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(browsers)

pytestmark = pytest.mark.skipif(browsers.CHROMIUM is None, reason="no Chromium on this machine")
TOLD = "document.getElementById('told').textContent"
SHOWN = "[...document.querySelectorAll('.card')].filter(c => !c.hidden)"


@pytest.fixture(scope="module")
def browser():
    with browsers.Browser() as found:
        yield found


@pytest.fixture(scope="module")
def report(audit):
    return write_report(audit)


@pytest.fixture
def tab(browser, report):
    return browser.open(report)


@pytest.mark.parametrize("width", [320, 390, 1100])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_loads_without_a_message_or_a_request_and_without_scrolling_sideways(browser, report, width, scheme):
    tab = browser.open(report, width=width, scheme=scheme)
    assert tab.messages == []
    assert tab.requests == [report.resolve().as_uri()]
    assert tab.run("document.documentElement.scrollWidth") <= width


def test_dark_mode_is_dark(browser, report):
    colours = {}
    for scheme in ("light", "dark"):
        tab = browser.open(report, scheme=scheme)
        colours[scheme] = tab.run("getComputedStyle(document.body).backgroundColor")
    assert colours == {"light": "rgb(253, 253, 252)", "dark": "rgb(21, 24, 28)"}


def test_sorting(tab):
    for value, backwards in (("entropy", False), ("-entropy", True), ("score", False), ("-score", True)):
        tab.choose("#sort", value)
        numbers = tab.run(f"{SHOWN}.map(c => Number(c.dataset['{value.removeprefix('-')}']))")
        assert numbers == sorted(numbers, reverse=backwards)
        assert len(set(numbers)) > 5
    tab.choose("#sort", "image")
    names = tab.run(f"{SHOWN}.map(c => c.dataset.image)")
    assert names == sorted(names)


def test_filters_join_and_are_reset(tab):
    count = tab.run(f"{SHOWN}.length")
    assert tab.run(TOLD) == f"{count} of {count} images"
    tab.choose("select[data-field=right]", "wrong")
    wrong = tab.run(f"{SHOWN}.length")
    assert 0 < wrong < count
    assert tab.run(f"{SHOWN}.every(c => c.dataset.right === 'wrong')")
    tab.choose("select[data-field=name]", "fake")
    assert tab.run(f"{SHOWN}.every(c => c.dataset.right === 'wrong' && c.dataset.name === 'fake')")
    assert tab.run(TOLD) == f"{tab.run(f'{SHOWN}.length')} of {count} images"
    tab.run("document.getElementById('reset').click()")
    assert tab.run(f"{SHOWN}.length") == count


def test_nothing_left_says_so(tab):
    tab.run("document.querySelector('select[data-field=group]').append(new Option('none', 'none'))")
    tab.choose("select[data-field=group]", "none")
    assert tab.run(f"{SHOWN}.length") == 0
    assert tab.run("document.getElementById('none').hidden") is False
    assert tab.run(TOLD).startswith("0 of ")


def test_the_viewer_by_keys_alone(tab):
    first, second = tab.run(f"{SHOWN}.map(c => c.dataset.image)")[:2]
    tab.run(f"{SHOWN}[0].querySelector('.pair').focus()")
    tab.press("Enter", 13, "\r")
    assert tab.run("document.getElementById('viewer').open") is True
    assert first in tab.run("document.getElementById('viewer-name').textContent")
    for key, code, view in (("m", 77, "map"), ("i", 73, "image"), ("o", 79, "over")):
        tab.press(key, code, key)
        assert tab.run("document.getElementById('large').dataset.view") == view
        assert tab.run("document.querySelector('#viewer button[aria-pressed=true]').dataset.view") == view
    tab.press("ArrowRight", 39)
    assert second in tab.run("document.getElementById('viewer-name').textContent")
    tab.press("ArrowLeft", 37)
    tab.press("ArrowLeft", 37)  # from the first to the last
    last = tab.run(f"{SHOWN}.at(-1).dataset.image")
    assert last in tab.run("document.getElementById('viewer-name').textContent")
    tab.press("Escape", 27)
    assert tab.run("document.getElementById('viewer').open") is False
    focused = "document.activeElement.closest('.card')?.dataset.image"
    deadline = time.monotonic() + 5  # a dialog tells of its closing a task later
    while tab.run(focused) != last and time.monotonic() < deadline:
        time.sleep(0.02)
    assert tab.run(focused) == last
    assert tab.messages == []


def test_a_click_on_the_picture_goes_on_to_the_next_view(tab):
    tab.run(f"{SHOWN}[0].querySelector('.pair').click()")
    seen = []
    for _ in range(3):
        tab.run("document.getElementById('large').click()")
        seen.append(tab.run("document.getElementById('large').dataset.view"))
    assert seen == ["map", "image", "over"]
    tab.run("document.querySelector('#viewer [data-close]').click()")
    assert tab.run("document.getElementById('viewer').open") is False


def test_what_the_cards_show(tab):
    visible = "getComputedStyle(document.querySelector('.card .{}')).display !== 'none'"
    cases = {"image": (True, False), "over": (False, True), "map": (False, True), "both": (True, True)}
    for view, (image, over) in cases.items():
        tab.choose("#view", view)
        assert (tab.run(visible.format("image")), tab.run(visible.format("over"))) == (image, over)


def test_pictures_are_really_drawn(tab):
    sizes = tab.run("[...document.querySelectorAll('.card .over img')].map(i => i.naturalWidth)")
    assert sizes
    assert all(sizes)
    assert tab.run("document.querySelector('.card .image').getBoundingClientRect().height") > 50


def test_names_from_the_data_do_not_run(browser, build, tmp_path):
    names = ("<script>window.ran=1</script>.png", "');window.ran=1;//.png", '" onfocus="window.ran=1" x=".png')
    hostile = build(tmp_path / "audit", images=3, names=names, groups=("</select><img src=x onerror=window.ran=1>",))
    tab = browser.open(write_report(hostile))
    tab.run(f"{SHOWN}[0].querySelector('.pair').click()")
    assert tab.run("window.ran") is None
    assert tab.messages == []


def test_on_paper(browser, report):
    tab = browser.open(report, media="print")
    hidden = "getComputedStyle(document.querySelector('{}')).display"
    assert tab.run(hidden.format(".controls")) == "none"
    assert tab.run(hidden.format("nav")) == "none"
    assert tab.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert tab.paper().startswith(b"%PDF")


def test_one_image_has_a_page_too(browser, single):
    tab = browser.open(write_report(single))
    assert tab.messages == []
    assert tab.run(TOLD) == "1 of 1 images"


@pytest.fixture(scope="module")
def comparisons(audit, sharper, tmp_path_factory):
    """The pages of a comparison of two, of two families of runs, and of three; one name is meant to break them."""
    folder = tmp_path_factory.mktemp("comparisons")
    hostile = Family("<img src=x onerror=window.ran=1>" + "long" * 40, (sharper,))
    compare(audit, hostile, output=folder / "two")
    compare([audit, sharper], [sharper, audit], output=folder / "families")
    compare_many([audit, hostile, Family("third", (audit,))], output=folder / "many")
    return {name: folder / name / "comparison.html" for name in ("two", "families", "many")}


@pytest.mark.parametrize("name", ["two", "families", "many"])
@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (390, "dark"), (1100, "light")])
def test_a_comparison_loads_without_a_message_or_a_request(browser, comparisons, name, width, scheme):
    tab = browser.open(comparisons[name], width=width, scheme=scheme)
    assert tab.messages == []
    assert tab.requests == [comparisons[name].as_uri()]
    assert tab.run("document.documentElement.scrollWidth") <= width
    assert tab.run("window.ran") is None


@pytest.mark.parametrize("name", ["two", "families", "many"])
def test_a_comparison_on_paper(browser, comparisons, name):
    tab = browser.open(comparisons[name], media="print", scheme="dark")
    assert tab.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert tab.paper().startswith(b"%PDF")


@pytest.mark.parametrize("name", ["report", "two", "many"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast_in_both_schemes(browser, report, comparisons, name, scheme):
    """Every visible piece of text against what lies behind it, WCAG AA: 4.5, or 3 where it is large."""
    pages = {"report": report, **comparisons}
    assert browser.open(pages[name], scheme=scheme).run(CONTRAST) == []


def test_everything_that_acts_is_reached_by_the_tab_key_in_the_order_of_the_page(tab):
    """The skip link first, then the contents, and at last the cards; a region that can be pushed is reached, too."""
    seen = []
    for _ in range(400):
        tab.press("Tab", 9)
        seen.append(tab.run("(e => e.className || e.id || e.tagName)(document.activeElement)"))
        if seen[-1].startswith("pair"):
            break
    assert seen[0] == "skip"
    assert seen[-1].startswith("pair")
    assert "wide" in seen
    assert seen.index("wide") < seen.index("sort") < seen.index("reset") < len(seen) - 1


CONTRAST = """(() => {
  const parts = (c) => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = (c) => parts(c).slice(0, 3).map((v) => v / 255)
    .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor, p = parts(colour);
      if (p.length === 3 || p[3] > 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const bad = [];
  for (const e of document.querySelectorAll("body *:not(svg *):not(script):not(dialog *)")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.getClientRects().length) continue;
    const style = getComputedStyle(e);
    const [a, b] = [light(style.color), light(behind(e))].sort((x, y) => y - x);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    if ((a + 0.05) / (b + 0.05) < (large ? 3 : 4.5)) bad.push(e.tagName + " " + e.className + " " + style.color);
  }
  return bad;
})()"""
