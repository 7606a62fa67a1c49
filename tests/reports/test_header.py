from saliencekit.reports.header import counts, facts, record, title_of


def rows(found):
    return {name: values for part in found for name, values in part.rows}


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


def test_title_is_the_file_else_the_architecture():
    assert title_of({"model": {"path": "/some/where/resnet.pt", "arch": "resnet18"}}) == "resnet.pt"
    assert title_of({"model": {"path": "/some/droid-0/model.pt", "arch": "resnet18"}}) == "droid-0/model.pt"
    assert title_of({"model": {"path": "model.pt", "arch": "resnet18"}}) == "model.pt"
    assert title_of({"model": {"path": None, "arch": "resnet18"}}) == "resnet18"
    assert title_of({}) == "a model in memory"


def test_facts_of_a_whole_audit(audit):
    found = rows(facts(audit.summary))
    assert found["layer"] == ("features.9",)
    assert found["salience"] == ("grad-cam",)
    assert found["class explained"] == ("predicted",)
    assert found["grid of the maps"] == ("7 × 7",)
    assert found["images"] == ("24 images = 24 scored + 0 skipped",)
    assert found["labels"] == ("fake: 13", "real: 11")
    assert found["out-of-set"] == ("non-faces: 16 of 16 scored",)
    assert found["runs compared"] == ("run 0", "run 1", "run 2")
    assert found["duration"] == ("1 min 15 s",)


def test_facts_of_nothing_say_so():
    found = rows(facts({"model": {}, "data": {}}))
    assert found["preprocessing"] == ("none: images taken as given",)
    assert found["labels"] == found["groups"] == ("none known",)
    assert found["out-of-set"] == ("none given",)
    assert found["classes"] == ("not named",)


def test_many_groups_and_classes_become_a_count():
    summary = {"model": {"classes": [f"class {i}" for i in range(1000)]}}
    summary["data"] = {"groups": {f"g{i}": 2 + i % 2 for i in range(200)}}
    found = rows(facts(summary))
    assert found["groups"] == ("200 groups of 2 to 3 images each",)
    assert found["classes"] == ("1,000 in all", "class 0", "class 1", "class 2", "…", "class 999")


def test_class_number_zero_is_a_target():
    assert rows(facts({"model": {"target": 0}, "data": {}}))["class explained"] == ("0",)


def test_record_holds_settings_versions_and_hashes(audit):
    found = rows(record(audit.summary, {"device": "cpu", "settings": {"hidden": 1}}))
    assert found["SHA-256 of the model"] == ("ab" * 32,)
    assert found["SHA-256 of run 1"] == ("cd" * 32,)
    assert found["torch"] == ("2.15",)
    assert found["batch_size"] == ("16",)
    assert found["device"] == ("cpu",)
    assert "hidden" not in found
