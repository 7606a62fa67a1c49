"""What every test shares, and the guard that the tests on real images really ran."""

import pytest

_real = {"passed": 0, "not passed": 0}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if item.get_closest_marker("real") and (report.when == "call" or report.outcome != "passed"):
        _real["passed" if report.outcome == "passed" else "not passed"] += 1
    return report


def pytest_sessionfinish(session, exitstatus):
    if exitstatus == 0 and _real["not passed"] and not _real["passed"]:
        print("\nerror: every test on real images was skipped")
        session.exitstatus = 1
