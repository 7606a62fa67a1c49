import pickle
import shutil

import matplotlib
import pytest
import torch

import saliencekit as sk
from saliencekit import measures
from saliencekit.auditing.result import AuditResult
from saliencekit.errors import InputError, UsageError
from saliencekit.reports.figures import draw_figures
from saliencekit.reports.plotting import plot

from .conftest import Looker, blobs


def titles(figure):
    return [part.get_suptitle() for part in figure.subfigs]


def test_a_measures_figure_has_the_panels_of_the_report(audit):
    opened = sk.load_audit(audit.folder)
    for name, entry in opened.summary["measures"].items():
        figure = opened[name].plot()
        panels = [panel.title for panel in draw_figures(opened.records, name, entry)]
        assert [each for each in titles(figure) if each] == panels, name
        assert len(figure._repr_png_()[0]) > 1000
        assert (
            titles(opened.plot(name))
            == titles(plot(opened, name))
            == titles(plot(audit.folder, name))
            == titles(figure)
        )


def test_what_is_drawn_is_what_the_summary_says(audit):
    figure = sk.load_audit(audit.folder).plot("equivariance")
    levels = audit.summary["measures"]["equivariance"]["groups"]["transform"]
    dots = [line.get_xdata()[0] for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert dots == pytest.approx([levels[name]["value"] for name in reversed(levels)])


def test_overview(audit):
    figure = sk.load_audit(audit.folder).plot()
    entries = {name: each for name, each in audit.summary["measures"].items() if each["value"] is not None}
    assert len(figure.axes) == len(entries) == 5
    for axes, entry in zip(figure.axes, entries.values(), strict=True):
        dots = {line.get_marker(): float(line.get_xdata()[0]) for line in axes.lines if line.get_marker() in "oD"}
        assert dots["o"] == pytest.approx(entry["value"])
        assert dots.get("D") == pytest.approx(entry["null"])
        assert entry["unit"] in axes.get_title(loc="right")


def test_an_audit_in_which_nothing_applies(audit):
    nothing = {"measures": {"stability": {"value": None, "reason": "one run"}}}
    with pytest.raises(UsageError, match=r"no measure of the audit in .* has a value"):
        plot(AuditResult(audit.folder, nothing))
    with pytest.raises(UsageError, match="there is nothing to draw of stability: one run"):
        plot(AuditResult(audit.folder / "none", nothing), "stability")


@pytest.mark.parametrize("name", measures.MEASURES)
def test_rows_of_a_measure_alone(name):
    rows = measures.MEASURES[name]()(Looker(), blobs(8), runs=[Looker(1)])
    before = rows.copy()
    figure = sk.plot(rows, name)
    assert len(figure._repr_png_()[0]) > 1000
    assert rows.equals(before)


def test_rows_of_one_image():
    for measure in (measures.Entropy, measures.Equivariance, measures.Degradation):
        assert sk.plot(measure()(Looker(), blobs(1)), measure.name)._repr_png_()


def test_bad_input(tmp_path, audit):
    rows = measures.Entropy()(Looker(), blobs(3))
    with pytest.raises(UsageError, match=r'say which measure the rows are of, as in plot\(rows, "equivariance"\)'):
        plot(rows)
    with pytest.raises(InputError, match="column 'transform'"):
        plot(rows, "equivariance")
    with pytest.raises(InputError, match="holds no finished audit"):
        plot(tmp_path, "entropy")
    with pytest.raises(UsageError, match="unknown measure of this audit 'focus'"):
        sk.load_audit(audit.folder).plot("focus")


def test_the_callers_matplotlib_is_left_alone(audit):
    before = dict(matplotlib.rcParams)
    sk.load_audit(audit.folder).plot("entropy")._repr_png_()
    assert dict(matplotlib.rcParams) == before


def test_an_opened_audit_can_be_pickled(audit):
    opened = sk.load_audit(audit.folder)
    again = pickle.loads(pickle.dumps(opened))
    assert again == opened
    assert again.plot("stability")


def test_labels_that_are_not_text(tmp_path, audit):
    shutil.copytree(audit.folder, tmp_path / "copy")
    assert sk.load_audit(tmp_path / "copy").plot("entropy")._repr_png_()


def test_an_audit_made_in_python_draws_itself(tmp_path):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = sk.build_model("saliencekit:small-cnn?width=2", num_classes=2)
    result = sk.audit(model, blobs(4), measures="entropy", output=tmp_path / "audit")
    assert result["entropy"].plot()._repr_png_()
    assert result.plot().axes
