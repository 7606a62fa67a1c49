"""Names that are held against the outline of a summary: levels that are not known yet, and what may be any."""

import pytest

from saliencekit.auditing.outline import ANY
from saliencekit.errors import UsageError
from saliencekit.reports.gate.tree import Name
from saliencekit.reports.gate.values import entry_of, number_at

TABLES = {"entropy": {"value": 3.0, "groups": {"label": {ANY: {"n": 0.0}}, "group": {}}}, "data": None}


def named(*path):
    return Name(path, tuple(range(len(path))))


def test_any_level_has_what_every_level_has():
    assert entry_of(named("entropy", "groups", "label", "whatever", "n"), TABLES, "x" * 9) == 0.0
    with pytest.raises(UsageError, match=r"unknown name 'm' in entropy\.groups\.label\.whatever; there are n"):
        entry_of(named("entropy", "groups", "label", "whatever", "m"), TABLES, "x" * 9)
    with pytest.raises(UsageError, match=r"unknown name 'a' in entropy\.groups\.group"):  # a table of no levels
        entry_of(named("entropy", "groups", "group", "a"), TABLES, "x" * 9)


def test_inside_nothing_there_is_nothing():
    assert entry_of(named("data", "anything", "at all"), TABLES, "x") is None


def test_only_the_first_parts_are_looked_at_where_that_is_asked_for():
    assert entry_of(named("entropy", "vlaue"), TABLES, "x" * 9, depth=1) == TABLES["entropy"]


@pytest.mark.parametrize("found", [True, "nats", None, [1.0]])
def test_what_is_no_number_is_none(found):
    with pytest.raises(UsageError, match=r"entropy\.value is no number"):
        number_at(named("entropy", "value"), found, "x" * 9)


def test_numbers_stay_what_they_are():
    assert number_at(named("a"), 2, "a") == 2
    assert isinstance(number_at(named("a"), 2, "a"), int)  # shown with all its digits
