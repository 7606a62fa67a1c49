import json

import numpy
import pytest
from PIL import Image

from saliencekit.data import build_faces, check_data
from saliencekit.errors import DataError


@pytest.fixture
def folder(tmp_path):
    """Twelve different pictures in three splits, in a manifest with a person each, that are all in order."""
    rows = ["path,label,split,group,human_map,person"]
    random = numpy.random.default_rng(0)
    for number in range(12):
        split, label = ("train", "val", "test")[number // 4], ("real", "fake")[number % 2]
        Image.fromarray(random.integers(0, 256, (8, 6), dtype=numpy.uint8)).save(tmp_path / f"{number:02d}.png")
        Image.fromarray(random.integers(0, 256, (8, 6), dtype=numpy.uint8)).save(tmp_path / f"map-{number:02d}.png")
        human_map = f"map-{number:02d}.png" if label == "fake" else ""
        rows.append(f"{number:02d}.png,{label},{split},gan-{number % 2},{human_map},p{number // 2}")
    (tmp_path / "manifest.csv").write_text("\n".join(rows) + "\n")
    return tmp_path


def change(folder, old, new):
    manifest = folder / "manifest.csv"
    text = manifest.read_text()
    assert old in text
    manifest.write_text(text.replace(old, new))


def kinds(found):
    return [(finding.severity, finding.kind) for finding in found.findings]


def sentence(found, kind):
    return next(finding.sentence for finding in found.findings if finding.kind == kind)


def test_a_set_in_order(folder):
    found = check_data(folder, identity_column="person")
    assert found.findings == ()
    assert found.ok
    assert (found.images, found.readable, found.coverage) == (12, 12, 0.5)
    assert (found.sizes, found.modes, found.formats, found.maps) == ({"6x8": 12}, {"L": 12}, {"PNG": 12}, {"usable": 6})
    assert [(each.split, each.label, each.group, each.images, each.human_maps) for each in found.counts] == [
        ("test", "real", "gan-0", 2, 0),
        ("test", "fake", "gan-1", 2, 2),
        ("train", "real", "gan-0", 2, 0),
        ("train", "fake", "gan-1", 2, 2),
        ("val", "real", "gan-0", 2, 0),
        ("val", "fake", "gan-1", 2, 2),
    ]
    json.dumps(found.to_dict(), allow_nan=False)


def test_missing_and_unreadable(folder):
    (folder / "00.png").unlink()
    (folder / "03.png").write_bytes(b"")
    (folder / "05.png").write_bytes((folder / "05.png").read_bytes()[:-30])
    found = check_data(folder)
    assert kinds(found) == [("error", "missing"), ("error", "unreadable")]
    assert sentence(found, "missing") == "1 image does not exist; '00.png': the file does not exist."
    assert sentence(found, "unreadable") == "2 images cannot be read; '03.png': it is empty."
    assert found.findings[1].examples == ("03.png", "05.png")
    assert (found.images, found.readable) == (12, 9)


def test_the_same_picture_in_two_splits(folder):
    Image.open(folder / "00.png").save(folder / "08.png", compress_level=0)
    assert (folder / "08.png").read_bytes() != (folder / "00.png").read_bytes()
    found = check_data(folder)
    assert kinds(found) == [("error", "same-content-across-splits")]
    assert sentence(found, "same-content-across-splits") == (
        "1 picture is in several splits, by the decoded pixels; '00.png' (real, train) is '08.png' (real, test)."
    )


def test_the_same_picture_under_two_labels(folder):
    (folder / "01.png").write_bytes((folder / "00.png").read_bytes())
    found = check_data(folder)
    assert kinds(found) == [("error", "same-content-two-labels")]
    assert "'00.png' (real, train) is '01.png' (fake, train)" in found.findings[0].sentence


def test_the_same_picture_twice_within_a_split(folder):
    (folder / "02.png").write_bytes((folder / "00.png").read_bytes())
    found = check_data(folder)
    assert kinds(found) == [("warning", "same-content")]
    assert found.ok
    assert found.findings[0].examples == ("00.png", "02.png")


def test_a_picture_may_be_wrong_in_both_ways(folder):
    for name in ("01.png", "08.png"):
        (folder / name).write_bytes((folder / "00.png").read_bytes())
    found = check_data(folder)
    assert kinds(found) == [("error", "same-content-across-splits"), ("error", "same-content-two-labels")]
    assert "'00.png' (real, train) is '08.png' (real, test)" in found.findings[0].sentence


@pytest.mark.parametrize("setting", ["group_column", "identity_column"])
def test_leakage_by_a_column(folder, setting):
    change(folder, ",p5", ",p0")
    found = check_data(folder, **{setting: "Person"})
    assert kinds(found) == [("error", f"{setting.removesuffix('_column')}-across-splits")]
    assert found.findings[0].sentence == (
        "1 value of the column 'Person' is in several splits; 'p0' is in test and train."
    )


def test_a_column_that_is_not_there(folder):
    with pytest.raises(DataError, match=r"has no column 'who': it has path, label, split, group, human_map, person"):
        check_data(folder, identity_column="who")
    (folder / "list.csv").write_text("train,Real,/00.png\n")
    with pytest.raises(DataError, match=r"list\.csv is no manifest with a header, so it has no column 'who'"):
        check_data(folder / "list.csv", identity_column="who")


@pytest.mark.parametrize(("split", "severity"), [("train", "error"), ("val", "error"), ("test", "warning")])
def test_a_class_missing_from_a_split(folder, split, severity):
    manifest = folder / "manifest.csv"
    lines = [line for line in manifest.read_text().splitlines() if f"fake,{split}" not in line]
    manifest.write_text("\n".join(lines))
    found = check_data(folder)
    assert kinds(found) == [(severity, "class-missing")]
    assert found.findings[0].sentence == f"No image of the split '{split}' is of the class 'fake'."


def test_splits_and_labels_that_training_needs(folder):
    change(folder, ",val,", ",,")
    assert kinds(check_data(folder)) == [("warning", "no-split"), ("warning", "no-such-split")]
    change(folder, ",real,", ",,")
    change(folder, ",fake,", ",,")
    assert kinds(check_data(folder)) == [("warning", "no-split"), ("warning", "no-labels")]


def test_maps_that_cannot_be_used_and_extra_ones(folder, tmp_path):
    Image.new("L", (6, 8), 9).save(folder / "map-01.png")
    Image.new("L", (8, 8), 9).save(folder / "map-03.png")
    (folder / "map-05.png").unlink()
    found = check_data(folder)
    assert kinds(found) == [("warning", "unreadable-map"), ("warning", "flat-map"), ("warning", "map-aspect")]
    assert found.maps == {"usable": 3, "all one value": 1, "other aspect": 1, "unreadable": 1}
    assert found.coverage == 0.25
    (tmp_path / "maps").mkdir()
    for name in ("00", "99"):
        Image.radial_gradient("L").resize((6, 8)).save(tmp_path / "maps" / f"{name}.png")
    found = check_data(folder, human_maps=tmp_path / "maps")
    assert sentence(found, "extra-map") == "1 human map belongs to no image; '99.png' is the first."
    assert (found.maps["usable"], found.maps["extra"]) == (4, 1)


@pytest.mark.parametrize(("word", "of_fakes"), [("size", "12x16"), ("format", "JPEG")])
def test_what_tells_the_classes_apart(folder, word, of_fakes):
    for number in range(1, 12, 2):
        path = folder / f"{number:02d}.png"
        picture = Image.open(path)
        (picture.resize((12, 16)) if word == "size" else picture).save(path, "PNG" if word == "size" else "JPEG")
    found = check_data(folder)
    assert kinds(found) == [("warning", f"{word}-tells-class")]
    assert found.findings[0].sentence.endswith(f"fake: {of_fakes}).")
    Image.open(folder / "01.png").resize((6, 8)).save(folder / "01.png", "PNG")  # one of the others is enough
    assert kinds(check_data(folder)) == []


def test_rows_that_take_no_part(folder):
    manifest = folder / "manifest.csv"
    manifest.write_text(manifest.read_text() + "00.png,real,train,gan-0,,p0\n")
    found = check_data(folder, identity_column="person")
    assert kinds(found) == [("warning", "excluded")]
    assert "1 listed file takes no part; '00.png': line 14 lists it again, after line 2." in found.findings[0].sentence


def test_a_folder_is_checked_too(tree):
    found = check_data(tree("train/real/a.png", "train/fake/b.png", "val/real/c.png", "val/fake/d.png"))
    assert (found.kind, kinds(found)) == ("folder", [])


def test_nothing_can_be_read(tree):
    folder = tree("real/a.png", "fake/b.png")
    for path in folder.rglob("*.png"):
        path.write_bytes(b"x")
    found = check_data(folder)
    assert (found.readable, found.sizes, found.ok) == (0, {}, False)


def test_workers_make_no_difference(folder):
    (folder / "08.png").write_bytes((folder / "00.png").read_bytes())
    (folder / "03.png").unlink()
    assert check_data(folder, workers=2) == check_data(folder, workers=0)


def test_the_embedded_faces_are_in_order(tmp_path):
    found = check_data(build_faces(tmp_path / "faces"))
    assert found.findings == ()
    assert (found.images, found.coverage) == (1480, 0.5)
