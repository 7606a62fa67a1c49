"""Every example runs as it stands, says something, and ends in a figure; the gallery knows each by its place."""

import re
import runpy
from pathlib import Path

import pytest
import torch
from matplotlib import image, pyplot

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


@pytest.fixture
def quiet_torch():
    """Leave torch's generator as it was: examples seed it."""
    with torch.random.fork_rng():
        yield


@pytest.mark.real
@pytest.mark.usefixtures("quiet_torch")
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example(path, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pyplot, "show", lambda: pytest.fail("an example waits for a window"))
    try:
        runpy.run_path(str(path), run_name="__main__")
    finally:
        pyplot.close("all")
    assert capsys.readouterr().out.strip()
    pictures = sorted(tmp_path.iterdir())
    assert tmp_path / f"{path.stem}.png" in pictures
    for picture in pictures:  # nothing but figures stays, and none of them is blank
        assert image.imread(picture)[..., :3].std() > 0.01


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_is_short_and_tells_a_story(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 60
    assert text.startswith('"""\n')  # sphinx-gallery's title and first words
    assert text.count("\n# %%\n") >= 2


def test_the_gallery_has_an_order_for_each():
    order = re.search(
        r"ORDER = \((.*?)\)", (ROOT / "docs/_extensions/gallery.py").read_text(encoding="utf-8"), re.DOTALL
    )
    assert sorted(re.findall(r'"(\w+)"', order[1])) == [path.stem for path in EXAMPLES]
