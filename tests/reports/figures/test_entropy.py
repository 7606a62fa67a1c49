import pytest

from saliencekit.reports.figures.entropy import MOST_POINTS, draw, entropy_lines


def test_by_class_by_group_and_against_score(audit):
    panels = draw(audit.records["entropy"], audit.summary["measures"]["entropy"])
    assert [panel.name for panel in panels] == ["entropy-by-label", "entropy-by-group", "entropy-against-score"]
    frame = audit.records["entropy"]
    for level, part in frame.groupby("label")["entropy"]:
        assert f"{level}: {part.median():.3f}" in panels[0].alt
    assert f"{frame['entropy'].corr(frame['score']):.3f}".replace("-", "−") in panels[2].alt


def test_lines_are_the_uniform_map_and_the_null_value():
    lines = entropy_lines({"maximum": 3.89, "null": 3.5})
    assert [(line.value, line.name) for line in lines] == [(3.5, "re-drawn weights"), (3.89, "uniform map")]
    assert entropy_lines({"maximum": None, "null": None}) == []


def test_two_lines_too_close_share_their_name(audit):
    entry = audit.summary["measures"]["entropy"]
    assert "uniform map and re-drawn weights" in draw(audit.records["entropy"], entry)[0].svg
    apart = draw(audit.records["entropy"], entry | {"null": 3.0})[0].svg
    assert "uniform map and" not in apart
    assert "re-drawn weights" in apart


def test_one_image_without_label_is_one_row(single):
    panels = draw(single.records["entropy"], single.summary["measures"]["entropy"])
    assert [panel.title for panel in panels] == ["Entropy of all maps", "Entropy against score"]
    assert "not defined" in panels[1].alt
    assert "Right" not in panels[1].svg


def test_many_groups_become_one_sorted_panel(audit):
    frame = audit.records["entropy"].assign(group=[f"g{i}" for i in range(24)], label="one")
    levels = {f"g{i}": {"value": 3.0 - i / 100, "ci_low": 2.0, "ci_high": 4.0} for i in range(24)}
    measure = audit.summary["measures"]["entropy"] | {"groups": {"group": levels}}
    panels = draw(frame, measure)
    assert panels[0].title == "Mean entropy of each group, sorted"
    assert "for each of 24; lowest g23 with 2.770 nats, highest g0 with 3.000" in panels[0].alt


def test_points_are_thinned_and_that_is_said(audit):
    import pandas as pd

    many = pd.concat([audit.records["entropy"]] * 50, ignore_index=True)
    panel = draw(many, {"maximum": None, "null": None, "groups": {}})[-1]
    assert panel.title == f"Entropy against score, one image in {-(-len(many) // MOST_POINTS)}"
    assert panel.svg.count("<use") < MOST_POINTS + 60


@pytest.mark.parametrize("rows", [0])
def test_no_records_no_panels(audit, rows):
    assert draw(audit.records["entropy"].iloc[:rows], {}) == []
