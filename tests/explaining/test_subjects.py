"""Every image once, whatever it was named by, and every name of a file to write once."""

import os
from pathlib import Path

import pytest
from PIL import Image

from saliencekit.data import Failure
from saliencekit.explaining.subjects import gather


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def make(*names):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("L", (4, 4)).save(path, format="PNG")

    return make


def listed(*sources, **settings):
    return [(each.image, each.stem, each.label) for each in gather(sources, **settings).images]


def test_files_folders_and_patterns(place):
    place("a.png", "photos/b.jpg", "photos/deep/c.png", "photos/notes.txt")
    assert listed("a.png") == [("a.png", "a", None)]
    assert [each[0] for each in listed("photos")] == ["photos/b.jpg", "photos/deep/c.png"]
    assert [each[0] for each in listed("photos/*.jpg")] == ["photos/b.jpg"]
    assert [each[0] for each in listed("**/*.png")] == ["a.png", "photos/deep/c.png"]


def test_a_name_with_signs_of_a_pattern_is_a_name_first(place):
    place("a[1].png", "a1.png")
    assert [each[0] for each in listed("a[1].png")] == ["a[1].png"]


def test_labels_of_class_folders_and_manifests(place):
    place("faces/real/a.png", "faces/fake/b.png")
    assert sorted(listed("faces")) == [("faces/fake/b.png", "b", "fake"), ("faces/real/a.png", "a", "real")]
    with open("list.csv", "w") as stream:
        stream.write("path,label\nfaces/real/a.png,real\nfaces/fake/b.png,fake\n")
    assert sorted(each[1:] for each in listed("list.csv")) == [("a", "real"), ("b", "fake")]


def test_an_image_named_twice_is_listed_once(place):
    place("photos/a.png")
    os.symlink("photos/a.png", "link.png")
    assert [each[0] for each in listed("photos/a.png", "photos", "./photos/*.png", "link.png")] == ["photos/a.png"]


def test_names_that_collide_are_made_distinct(place):
    place("a/x.png", "b/x.png", "b/X.jpg", "c/x-2.png", "c/x.bmp")
    stems = [each.stem for each in gather(["a/x.png", "b/x.png", "b/X.jpg", "c/x-2.png", "c/x.bmp"]).images]
    assert stems == ["x", "x-2", "X-3", "x-2-2", "x-4"]


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("new\nline.png", "new_line"),
        (".hidden.png", "hidden"),
        ("a:b*c.png", "a_b_c"),
        ("caf\udce9.png", "caf_xe9"),
        ("顔.png", "顔"),
        ("... .png", "image"),
        ("n" * 200 + ".png", "n" * 80),
        ("顔" * 80 + ".png", "顔" * 53),
    ],
)
def test_names_that_no_file_system_minds(place, name, stem):
    place(name)
    (found,) = gather([name]).images
    assert found.stem == stem
    assert len(f"{found.stem}.captum-IntegratedGradients.png".encode()) < 250


def test_no_image_would_be_overwritten(place):
    place("out/cat.salience.png", "out/dog.png", "cat.png", "dog.png")
    sources = ["cat.png", "dog.png", "out/cat.salience.png", "out/dog.png"]
    found = gather(sources, avoid=Path("out"))
    assert [each.stem for each in found.images] == ["cat-2", "dog", "cat.salience", "dog-2"]


def test_what_is_no_image_is_named(place, tmp_path):
    (tmp_path / "empty").mkdir()
    found = gather(["missing.png", "no/*.png", "empty"])
    assert found.images == ()
    assert found.skipped[:2] == (
        Failure("missing.png", "the file does not exist"),
        Failure("no/*.png", "nothing is named like this"),
    )
    assert found.skipped[2].image == "empty"
    assert found.skipped[2].reason.startswith("no image was found in empty")
