import os

import pytest

from saliencekit.data import open_folder
from saliencekit.errors import DataError


def read(collection):
    return {sample.image: (sample.label, sample.split, sample.group) for sample in collection.samples}


@pytest.mark.parametrize(
    ("real", "fake"), [("real", "fake"), ("0_real", "1_fake"), ("Genuine", "Synthetic"), ("bonafide", "ai")]
)
def test_real_and_fake(tree, real, fake):
    found = open_folder(tree(f"{real}/a.png", f"{fake}/a.png"))
    assert found.classes == ("real", "fake")
    assert read(found) == {f"{real}/a.png": (0, None, None), f"{fake}/a.png": (1, None, None)}
    assert (found.kind, found.name, len(found.excluded)) == ("folder", "set", 0)


def test_any_class_folders_are_sorted(tree):
    found = open_folder(tree("dog/a.png", "cat/b.png", "cat/a.png"))
    assert found.classes == ("cat", "dog")
    assert [(sample.image, sample.label) for sample in found.samples] == [
        ("cat/a.png", 0),
        ("cat/b.png", 0),
        ("dog/a.png", 1),
    ]


def test_numbered_class_folders_are_their_numbers(tree):
    found = open_folder(tree("2/a.png", "10/a.png"))
    assert read(found)["10/a.png"][0] == 10
    assert len(found.classes) == 11


def test_one_class_folder_that_says_which(tree):
    assert read(open_folder(tree("fake/a.png"))) == {"fake/a.png": (1, None, None)}


@pytest.mark.parametrize(
    "names", [("a.png", "b.png"), ("images/a.png",), ("a.png", "cat/b.png"), ("x/y/a.png", "x/b.png")]
)
def test_everything_else_is_unlabelled(tree, names):
    found = open_folder(tree(*names))
    assert found.classes == ()
    assert all(sample.label is None and sample.group is None for sample in found.samples)
    assert len(found) == len(names)


def test_splits_with_classes_inside(tree):
    found = open_folder(tree("train/real/a.png", "Validation/fake/a.png", "test/fake/b.png"))
    assert read(found) == {
        "train/real/a.png": (0, "train", None),
        "Validation/fake/a.png": (1, "val", None),
        "test/fake/b.png": (1, "test", None),
    }


def test_splits_with_nothing_inside(tree):
    found = open_folder(tree("train/a.png", "test/b.png"))
    assert read(found) == {"train/a.png": (None, "train", None), "test/b.png": (None, "test", None)}


def test_a_split_word_beside_other_folders_is_a_class(tree):
    assert open_folder(tree("train/a.png", "bus/a.png")).classes == ("bus", "train")


def test_the_folders_around_real_and_fake_are_the_group(tree):
    found = open_folder(tree("progan/0_real/a.png", "progan/1_fake/a.png", "fake/stylegan/cat/a.png", "stray.png"))
    assert read(found) == {
        "progan/0_real/a.png": (0, None, "progan"),
        "progan/1_fake/a.png": (1, None, "progan"),
        "fake/stylegan/cat/a.png": (1, None, "stylegan/cat"),
    }
    assert [(failure.image, failure.reason) for failure in found.excluded] == [
        ("stray.png", "it lies in no folder that says real or fake")
    ]


def test_one_word_somewhere_in_a_tree_of_photographs_labels_nothing(tree):
    found = open_folder(tree("2020/original/a.png", "2020/small/a.png", "2021/a.png"))
    assert found.classes == ()
    assert len(found) == 3


def test_a_folder_that_is_neither(tree):
    with pytest.raises(DataError, match=r"label 'maps' .folder 'maps'. means neither real nor fake"):
        open_folder(tree("real/a.png", "fake/a.png", "maps/a.png"))


def test_nothing_inside(tree):
    with pytest.raises(DataError, match=r"no image was found in .*set: expected files whose names end in \.avif"):
        open_folder(tree())


def test_nothing_but_what_is_left_out(tree, tmp_path):
    tree("a.png", folder="elsewhere")
    (tree() / "real").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DataError, match=r"1 were left out, the first is 'real': it is a link that leads out"):
        open_folder(tmp_path / "set")


def test_odd_bytes_in_names(tree):
    root = tree("fake/b.png")
    (root / "real").mkdir()
    for name in (b"\xff.png", b"\\xff.png"):
        with open(os.fsencode(root) + b"/real/" + name, "wb") as stream:
            stream.write(b"x")
    found = open_folder(root)
    assert [sample.image for sample in found.samples] == ["fake/b.png", "real/\\xff.png"]
    assert "bytes that are no text" in found.excluded[0].reason
    assert len(found) + len(found.excluded) == 3


def test_the_current_folder_has_a_name(tree, monkeypatch):
    monkeypatch.chdir(tree("a.png"))
    assert open_folder(".").name == "set"
    assert open_folder(".").source == "."
