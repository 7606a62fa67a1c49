import pytest

from saliencekit.reports.findings.finding import Gap, doubt, gap_of, measured


def entry(value=3.0, low=2.5, high=3.5, **more):
    return {"value": value, "ci_low": low, "ci_high": high, **more}


def test_the_distance_image_by_image_goes_first():
    assert gap_of(entry(null=1.0, over_null=entry(0.5, 0.25, 0.75))) == Gap(0.5, 0.25, 0.75)


def test_without_it_the_interval_is_held_against_the_null_value():
    assert gap_of(entry(null=1.0)) == Gap(2.0, 1.5, 2.5)
    assert gap_of(entry(null=1.0, over_null=None)) == Gap(2.0, 1.5, 2.5)


@pytest.mark.parametrize("nothing", [entry(null=None), entry(), entry(low=None, null=1.0), entry(value=None, null=1.0)])
def test_no_null_value_or_no_interval_is_no_distance(nothing):
    assert gap_of(nothing) is None


def test_only_what_has_an_interval_is_measured():
    assert measured({"measures": {"entropy": entry()}}, "entropy") == entry()
    assert measured({"measures": {"entropy": entry(high=None)}}, "entropy") is None
    assert measured({"measures": {}}, "entropy") is None
    assert measured({}, "entropy") is None


@pytest.mark.parametrize(
    ("gap", "where"),
    [(Gap(1.0, 0.5, 1.5), "above"), (Gap(1.0, 0.0, 2.0), "undecided"), (Gap(-1.0, -2.0, -0.5), "below")],
)
def test_where_an_interval_lies(gap, where):
    assert gap.standing == where


def test_an_interval_over_few_images_is_not_held_against_anyone():
    assert doubt({"n": 29}) == "notice"
    assert doubt({"n": 30}) == doubt({}) == "warning"
