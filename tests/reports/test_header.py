from saliencekit.reports.header import facts, record, title_of


def rows(found):
    return {name: values for part in found for name, values in part.rows}


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
