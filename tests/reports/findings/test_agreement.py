import pytest

from saliencekit.reports.findings.agreement import severity_of, way_gone
from saliencekit.reports.findings.finding import Gap


def test_the_way_from_the_null_value_to_one():
    assert way_gone({"value": 0.6}, Gap(0.4, 0.3, 0.5)) == pytest.approx(0.5)  # the null value is 0.2
    assert way_gone({"value": 1.0}, Gap(0.5, 0.4, 0.6)) == 1.0
    assert way_gone({"value": 1.0}, Gap(0.0, 0.0, 0.0)) is None  # the null value is 1 already


@pytest.mark.parametrize(
    ("share", "low", "severity"),
    [(0.5, 0.1, "info"), (0.25, 0.1, "info"), (0.24, 0.1, "notice"), (0.5, 0.0, "warning"), (None, 0.1, "info")],
)
def test_severities(share, low, severity):
    assert severity_of(share, Gap(0.2, low, 0.3)) == severity
