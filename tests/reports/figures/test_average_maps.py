import pandas as pd

from saliencekit.reports.figures.average_maps import MOST, draw_average_maps


def frame(factors):
    """Maps of two by three cells; the first cell tells the level."""
    rows = [
        (factor, level, row, column, value if row == column == 0 else 0.25, images)
        for factor, levels in factors.items()
        for level, (value, images) in levels.items()
        for row in range(2)
        for column in range(3)
    ]
    return pd.DataFrame(rows, columns=["factor", "level", "row", "column", "value", "images"])


def test_a_panel_for_each_factor_with_several_levels():
    panels = draw_average_maps(
        frame({"run": {"a": (0.5, 9), "b": (0.6, 9)}, "label": {"real": (0.75, 9)}, "group": {"only": (0.5, 9)}})
    )
    assert [panel.name for panel in panels] == ["average-map-by-label", "average-map-by-run"]
    assert "real from 0.250 to 0.750" in panels[0].alt
    assert "n=9" in panels[0].svg


def test_where_nothing_is_known_the_run_alone():
    (panel,) = draw_average_maps(frame({"run": {"$x$": (0.5, 9)}}))
    assert panel.name == "average-map-by-run"
    assert "$x$" in panel.svg


def test_none_without_maps():
    assert draw_average_maps(None) == draw_average_maps(frame({})) == []


def test_two_hundred_groups_are_cut_to_the_largest():
    groups = {f"g{number:03d}": (0.5, number + 1) for number in range(200)}
    (panel,) = draw_average_maps(frame({"group": groups, "run": {}}))
    assert panel.title == f"Average map of each group (the {MOST} largest of 200)"
    assert "g199" in panel.svg
    assert "g100" not in panel.svg


def test_a_map_of_nothing_is_drawn():
    panels = draw_average_maps(frame({"label": {"real": (0.0, 1)}}).assign(value=0.0))
    assert "real from 0.000 to 0.000" in panels[0].alt
