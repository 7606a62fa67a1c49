"""The ROC figure: a line a generator up to eight, names that cannot hurt, no figure where there is no curve."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from saliencekit.evaluation.result import Evaluation
from saliencekit.evaluation.scores import Scores
from saliencekit.evaluation.summary import summarise
from saliencekit.reports.roc import roc_panel, write_roc


@pytest.fixture
def summary_of():
    def make(*names, real=60):
        random = np.random.default_rng(0)
        values = random.random(real + 10 * len(names))
        group = np.repeat(np.arange(-1, len(names)), [real, *[10] * len(names)])
        scores = Scores(values, values, group >= 0, group.astype(np.int32), names)
        return summarise(scores, score="sigmoid", threshold=0.5, resamples=0, seed=0)

    return make


def lines(panel):
    return re.findall(r'<g id="line2d_\d+">\s*<path d="M [^"]*"\s*clip-path', panel.svg)


def test_a_line_a_generator(summary_of):
    alone, two = roc_panel(summary_of("one")), roc_panel(summary_of("one", "two"))
    assert len(lines(alone)) == 3  # pooled, twice; the diagonal
    assert len(lines(two)) == 7
    assert "two" in two.svg
    assert "one 0." in two.alt
    assert "one" not in alone.alt  # one generator is what is pooled


def test_more_than_eight_are_too_many(summary_of):
    eight, nine = (roc_panel(summary_of(*(f"g{n}" for n in range(count)))) for count in (8, 9))
    assert len(lines(eight)) == 3 + 2 * 8
    assert len(lines(nine)) == 3


def test_names_are_only_names(summary_of):
    panel = roc_panel(summary_of("$x^2$ <b>", "顔\x1b[2J"))
    ET.fromstring(panel.svg)
    assert "$x^2$ &lt;b&gt;" in panel.svg
    assert "\x1b" not in panel.svg + panel.alt
    assert "mathdefault" not in panel.svg


def test_the_same_bytes_each_time(summary_of):
    summary = summary_of("one", "two")
    assert roc_panel(summary).svg == roc_panel(summary).svg


def test_low_rates_end_where_one_real_image_is(summary_of):
    assert "0.0001" in roc_panel(summary_of("one", real=3000)).svg
    assert "0.001" not in roc_panel(summary_of("one", real=60)).svg


def test_written_beside_the_numbers(summary_of, tmp_path):
    summary = summary_of("one", "two")
    write_roc(Evaluation(tmp_path, summary))
    assert (tmp_path / "roc.svg").read_text() == roc_panel(summary).svg
    (tmp_path / "roc.svg").unlink()
    write_roc(Evaluation(tmp_path, {**summary, "roc": None}))
    assert not (tmp_path / "roc.svg").exists()
