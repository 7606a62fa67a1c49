from saliencekit.reports.findings.images import constant_maps, few_images, skipped_images


def data(**changes):
    plain = {"listed": 100, "scored": 100, "degenerate": 0, "degenerate_runs": [0], "skipped": [], "out_of_set": []}
    return {"data": plain | changes, "complete": True, "settings": {"max_unreadable": 0.05}}


def test_nothing_skipped_and_enough_images_and_no_constant_map():
    assert skipped_images(data()) is few_images(data()) is constant_maps(data()) is None
    assert skipped_images({}) is few_images({}) is constant_maps({}) is None


def test_skipped_images_of_all_sets_are_counted():
    other = {"listed": 20, "skipped": [{}, {}]}
    found = skipped_images(data(skipped=[{}], out_of_set=[other]))
    assert found.severity == "notice"
    assert found.sentence == "3 images of 120 could not be read and are left out."
    assert found.numbers == {"skipped": 3, "listed": 120, "share": 0.025, "allowed": 0.05}


def test_more_than_allowed_is_a_warning():
    found = skipped_images(data(skipped=[{}]) | {"complete": False})
    assert found.severity == "warning"
    assert found.sentence.startswith("1 image of 100 could not be read and is left out, more than allowed (0.050")


def test_an_audit_whose_files_changed_has_not_skipped_too_many():
    lone = data(skipped=[{}], skipped_share=0.01, changed=["a.png"]) | {"complete": False}
    assert skipped_images(lone).severity == "notice"


def test_one_image_and_few():
    assert few_images(data(scored=1)).severity == "warning"
    assert few_images(data(scored=2)).severity == few_images(data(scored=29)).severity == "notice"
    assert "Only 29 images" in few_images(data(scored=29)).sentence
    assert few_images(data(scored=30)) is None


def test_constant_maps_by_the_worst_run():
    assert constant_maps(data(degenerate_runs=[5, 0])).severity == "notice"
    found = constant_maps(data(degenerate_runs=[0, 6]))
    assert found.severity == "warning"
    assert "6 maps of 100 by run 2 of 2 (6.0\u00a0%) are constant" in found.sentence
    assert (
        "1 map of 100 by the audited model (1.0\u00a0%) is constant"
        in constant_maps(data(degenerate_runs=[1])).sentence
    )


def test_what_is_the_matter_with_constant_maps_is_told_of_the_audited_model():
    kinds = {"zero": 3, "constant": 0, "non-finite": 2, "one-pixel": 9}
    found = constant_maps(data(degenerate_runs=[5, 0], degenerate_kinds=kinds))
    assert "are constant (3 all zero, 2 not finite): " in found.sentence
    assert "(3 all zero" not in constant_maps(data(degenerate_runs=[5, 6], degenerate_kinds=kinds)).sentence
