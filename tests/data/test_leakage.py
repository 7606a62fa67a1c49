from saliencekit.data.leakage import in_several_splits


def test_a_value_in_two_or_three_splits():
    values = [("b", "val"), ("a", "train"), ("b", "train"), ("a", "train"), ("b", "test"), ("c", "test")]
    assert in_several_splits(values) == {"b": ("test", "train", "val")}


def test_nothing_leaks_from_one_split():
    assert in_several_splits([("a", "train")] * 5) == {}
    assert in_several_splits([]) == {}


def test_no_value_and_no_split_do_not_count():
    assert in_several_splits([("", "train"), ("", "test"), ("a", None), ("a", "test")]) == {}
