from dataclasses import astuple

import pytest

from saliencekit.measures import MEASURES
from saliencekit.reports.figures import FIGURES
from saliencekit.reports.prose import PROSE


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_has_its_words_and_its_figure(name):
    assert name == "entropy" or name in FIGURES
    for paragraph in astuple(PROSE[name]):
        assert len(paragraph) > 80
        assert paragraph.endswith(".")
        assert "  " not in paragraph
