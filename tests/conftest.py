"""The guard that the tests on real images really ran: with every one of them skipped, the suite fails."""

_real = {"passed": 0, "not passed": 0}


def pytest_runtest_logreport(report):  # also called where other processes run the tests
    if "real" in report.keywords and (report.when == "call" or report.outcome != "passed"):
        _real["passed" if report.outcome == "passed" else "not passed"] += 1


def pytest_sessionfinish(session, exitstatus):
    if exitstatus == 0 and _real["not passed"] and not _real["passed"]:
        print("\nerror: every test on real images was skipped")
        session.exitstatus = 1
