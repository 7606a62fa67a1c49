import pytest

from saliencekit.reports.counts import changed_files, counts, too_many_skipped, why_incomplete

UNREAD = "More files were unreadable than allowed: these numbers describe only what was scored."
CHANGED = {"changed": ["a.png"], "skipped_share": 0.01}
SKIPPED = {"skipped_share": 0.06}


def incomplete(**data):
    return {"complete": False, "settings": {"max_unreadable": 0.05}, "data": data}


def test_every_image_is_accounted_for():
    data = {"listed": 1200, "scored": 1198, "skipped": [{}, {}], "excluded": [{}], "degenerate": 3}
    assert counts({"data": data}) == (
        "1,200 images = 1,198 scored + 2 skipped; 1 more file excluded beforehand; 3 constant maps"
    )


def test_what_was_left_out_and_flat_maps_of_other_sets_are_told():
    others = [{"name": "cats", "scored": 20, "degenerate": 7}, {"name": "dogs", "scored": 5, "degenerate": 0}]
    data = {"listed": 3, "scored": 3, "skipped": [], "left_out": 22, "out_of_set": others}
    assert counts({"data": data}) == (
        "3 images = 3 scored + 0 skipped; 22 left out by limit or split; 7 constant maps of 20 in cats"
    )


def test_what_is_the_matter_with_constant_maps_is_told():
    kinds = {"zero": 2, "constant": 1, "non-finite": 0, "one-pixel": 4}
    other = {"name": "cats", "scored": 20, "degenerate": 7, "degenerate_kinds": {"non-finite": 7}}
    data = {"listed": 9, "scored": 9, "degenerate": 3, "degenerate_kinds": kinds, "out_of_set": [other]}
    assert counts({"data": data}).split("; ")[1:] == [
        "3 constant maps (2 all zero, 1 of another value)",
        "4 maps of a single cell",
        "7 constant maps (7 not finite) of 20 in cats",
    ]


def test_files_that_changed_are_counted_once_for_all_sets():
    others = [{"name": "cats", "changed": ["c.png"]}, {"name": "dogs", "changed": []}, {"name": "of before"}]
    data = {"listed": 3, "scored": 3, "changed": ["a.png", "b.png"], "out_of_set": others}
    assert changed_files({"data": data}) == ["a.png", "b.png", "cats: c.png"]
    assert counts({"data": data}) == "3 images = 3 scored + 0 skipped; 3 files changed while the audit ran"
    assert counts({"data": data | {"changed": [], "out_of_set": []}}) == "3 images = 3 scored + 0 skipped"


@pytest.mark.parametrize(
    ("summary", "told"),
    [
        ({}, ""),
        ({"complete": True, "data": CHANGED}, ""),
        ({"complete": False}, UNREAD),  # of before there were shares
        (incomplete(**SKIPPED), UNREAD),
        (incomplete(skipped_share=0.0, out_of_set=[SKIPPED | {"name": "cats"}]), UNREAD),
        (incomplete(**CHANGED), "1 file changed on the disk while the audit ran."),
        (incomplete(**CHANGED | SKIPPED), f"1 file changed on the disk while the audit ran. {UNREAD}"),
    ],
)
def test_why_an_audit_is_incomplete(summary, told):
    assert why_incomplete(summary) == told
    assert too_many_skipped(summary) == (UNREAD in told)
