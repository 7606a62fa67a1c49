from saliencekit.reports.pairing import differing, images_of, shared_images


def test_images_of_an_audit_are_its_own_and_not_those_of_other_sets(audit):
    assert len(images_of(audit)) == 24
    assert not [name for name in images_of(audit) if name.startswith("non-faces")]


def test_images_without_entropy_records_come_from_another_measure(audit, tiny, tmp_path):
    noise = tiny(tmp_path / "noise", out_of_set=audit.records["out_of_set"])
    assert images_of(noise) == images_of(audit)
    assert images_of(tiny(tmp_path / "none")) == frozenset()


def test_shared_images_are_sorted(tiny, entropies, tmp_path):
    a = tiny(tmp_path / "a", entropy=entropies({"c": 1.0, "a": 1.0, "b": 1.0}))
    b = tiny(tmp_path / "b", entropy=entropies({"b": 1.0, "d": 1.0, "a": 1.0}))
    assert shared_images(a, b) == ["a", "b"]


def test_differing_names_each_setting_with_both_values(tiny, entropies, tmp_path):
    a = tiny(tmp_path / "a", entropy=entropies([1.0]))
    b = tiny(tmp_path / "b", entropy=entropies([1.0]), model={"layer": "deep"})
    assert differing(a, b) == {"layer": ("conv", "deep")}
    assert differing(a, a) == {}
