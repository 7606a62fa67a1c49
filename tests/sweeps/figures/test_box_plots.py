import pytest

from saliencekit.sweeps.figures import draw_box_plots
from saliencekit.sweeps.figures.box_plots import notch_note
from saliencekit.sweeps.outcome import Outcome


def runs(loss, *values):
    return [Outcome(loss, n, f"{loss}/{n}", "finished", None, {"auroc": value}) for n, value in enumerate(values)]


def test_medians_and_quartiles_are_told():
    (panel,) = draw_box_plots([*runs("droid", 0.5, 0.6, 0.7, 0.8, 0.9), *runs("hseb", 0.25)])
    assert "droid 0.700 [0.600, 0.800]; hseb 0.250." in panel.alt
    assert "without notches, for which there are too few runs" in panel.alt


def test_ten_runs_have_notches():
    ten = runs("droid", *(0.5 + n / 100 for n in range(10)))
    assert draw_box_plots(ten)[0].alt.startswith("Notched box plots")
    assert draw_box_plots(ten)[0].svg != draw_box_plots(ten[:9])[0].svg
    assert notch_note(ten) == ""


@pytest.mark.parametrize(("count", "boxes"), [(9, False), (2, True), (1, True)])
def test_what_is_not_drawn_is_said(count, boxes):
    note = notch_note(runs("droid", *[0.5] * count))
    assert note.startswith("Notches")
    assert "drawn from 10 runs on" in note
    assert ("boxes from 3" in note) == boxes


def test_failed_runs_are_not_drawn():
    assert draw_box_plots([Outcome("droid", 0, "droid/0", "failed", "it broke")]) == []
    assert notch_note([Outcome("droid", 0, "droid/0", "failed", "it broke")]) == ""
