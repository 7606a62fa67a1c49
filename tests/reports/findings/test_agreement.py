import pytest

from saliencekit.reports.findings.agreement import severity_of, way_gone
from saliencekit.reports.findings.finding import Gap


def test_the_way_from_the_null_value_to_one():
    assert way_gone({"value": 0.6}, Gap(0.4, 0.3, 0.5)) == pytest.approx(0.5)  # the null value is 0.2
    assert way_gone({"value": 1.0}, Gap(0.5, 0.4, 0.6)) == 1.0
    assert way_gone({"value": 1.0}, Gap(0.0, 0.0, 0.0)) is None  # the null value is 1 already


@pytest.mark.parametrize(
    ("value", "low", "high", "n", "severity"),
    [
        (0.5, 0.1, 0.3, 100, "info"),  # 0.2 of the way of 0.7
        (0.36, 0.1, 0.3, 100, "notice"),  # 0.2 of the way of 0.84
        (1.2, 0.1, 0.3, 100, "info"),  # no way to go
        (0.5, 0.0, 0.3, 30, "warning"),
        (0.5, 0.0, 0.3, 29, "notice"),  # so few may reach it by their number alone
        (0.5, -0.3, -0.1, 29, "warning"),  # wholly below it, they cannot
    ],
)
def test_severities(value, low, high, n, severity):
    assert severity_of({"value": value, "n": n}, Gap((low + high) / 2, low, high)) == severity
