import json

import pytest

from saliencekit.data.check_result import Count, DataCheck
from saliencekit.data.findings import Finding


@pytest.fixture
def checked():
    def check(*severities, images=4, maps=None):
        findings = tuple(Finding(each, "missing", "A file is missing.", ("a.png",)) for each in severities)
        counts = (Count("train", "real", None, images, 1),)
        return DataCheck("faces", "manifest", images, images, counts, {"8x8": images}, {}, {}, maps or {}, findings)

    return check


def test_warnings_are_in_order_and_errors_are_not(checked):
    assert checked().ok
    assert checked("warning").ok
    assert not checked("error", "warning").ok


def test_coverage_is_of_the_maps_that_can_be_used(checked):
    assert checked(maps={"usable": 1, "all one value": 2}).coverage == 0.25
    assert checked(images=0).coverage == 0.0


def test_plain_values_are_json(checked):
    plain = json.loads(json.dumps(checked("error", maps={"usable": 2}).to_dict(), allow_nan=False))
    assert (plain["ok"], plain["human_maps"], plain["counts"][0]["split"]) == (
        False,
        {"coverage": 0.5, "usable": 2},
        "train",
    )
    assert plain["findings"][0]["examples"] == ["a.png"]
