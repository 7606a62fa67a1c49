import json
import os
from collections import Counter

import numpy
import pytest
from PIL import Image

from saliencekit.data import ImageDataset, build_faces, open_data
from saliencekit.data.forgeries import HELD_OUT, SEEN
from saliencekit.errors import EnvironmentFault
from saliencekit.preprocessing import Preprocessing


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return build_faces(tmp_path_factory.mktemp("data") / "faces").parent


@pytest.fixture
def one_view(monkeypatch):
    """Make a quick set: one view of each face."""
    monkeypatch.setattr("saliencekit.data.portraits.SPLITS", {"train": (60, 1), "val": (15, 1), "test": (25, 1)})


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.real
def test_the_manifest_opens_and_every_picture_is_read(built):
    found = open_data(built / "manifest.csv")
    assert found.classes == ("real", "fake")
    assert (found.splits, found.excluded, found.name) == (("test", "train", "val"), (), "faces")
    counts = Counter((sample.split, sample.label) for sample in found.samples)
    expected = {"train": 480, "val": 60, "test": 200}
    assert counts == {(split, label): count for split, count in expected.items() for label in (0, 1)}
    dataset = ImageDataset(found, Preprocessing(size=(56, 56), channels=1, mean=(0.5,), std=(0.5,)))
    assert all(dataset[place].failure is None for place in range(len(dataset)))


def test_the_folder_opens_as_its_manifest(built):
    assert open_data(built).samples == open_data(built / "manifest.csv").samples


def test_groups_are_generators_and_some_are_in_the_test_split_only(built):
    samples = open_data(built).samples
    groups = {
        split: {sample.group for sample in samples if sample.split == split} for split in ("train", "val", "test")
    }
    assert groups["train"] == groups["val"] == {"photograph", *SEEN}
    assert groups["test"] == {"photograph", *SEEN, *HELD_OUT}
    assert {sample.group for sample in samples if sample.label == 0} == {"photograph"}


def test_no_source_crosses_splits(built):
    splits = {}
    for sample in open_data(built).samples:
        splits.setdefault(sample.path.stem.split("-")[1], set()).add(sample.split)
    assert len(splits) == 100
    assert all(len(each) == 1 for each in splits.values())


def test_maps_belong_to_forgeries_and_say_what_was_altered(built):
    for sample in open_data(built).samples:
        if sample.label == 0:
            assert sample.human_map is None
            continue
        assert sample.human_map.name == sample.path.name
        altered = numpy.asarray(Image.open(sample.human_map))
        forged = numpy.asarray(Image.open(sample.path))
        original = built / "real" / ("-".join(sample.path.stem.split("-")[:3]) + ".png")
        real = numpy.asarray(Image.open(original))
        assert altered.shape == forged.shape == (56, 56)
        assert altered.dtype == forged.dtype == numpy.uint8
        assert altered.max() == 255
        assert numpy.array_equal(forged[altered == 0], real[altered == 0])


def test_non_faces_are_an_unlabelled_folder(built):
    found = open_data(built / "non-faces")
    assert (len(found), found.classes) == (100, ())
    with Image.open(found.samples[0].path) as image:
        assert (image.size, image.mode) == ((56, 56), "L")


def test_the_same_seed_gives_the_same_bytes_elsewhere(built, tmp_path):
    assert contents(build_faces(tmp_path / "new" / "faces").parent) == contents(built)
    assert os.listdir(tmp_path / "new") == ["faces"]


def test_a_complete_set_is_left_as_it_is(built):
    before = {path: path.stat().st_mtime_ns for path in built.rglob("*")}
    inode = built.stat().st_ino
    assert build_faces(built) == built / "manifest.csv"
    assert {path: path.stat().st_mtime_ns for path in built.rglob("*")} == before
    assert built.stat().st_ino == inode


@pytest.mark.usefixtures("one_view")
def test_a_damaged_or_another_set_is_replaced_whole(tmp_path):
    folder = build_faces(tmp_path / "faces", seed=1).parent
    first = contents(folder)
    assert json.loads((folder / "faces.json").read_text())["seed"] == 1
    build_faces(folder)
    assert contents(folder) != first
    build_faces(folder, seed=1)
    assert contents(folder) == first
    (folder / "real" / "face-00-0.png").write_bytes(b"")
    build_faces(folder, seed=1)
    assert contents(folder) == first
    assert os.listdir(tmp_path) == ["faces"]


def test_foreign_files_are_never_replaced(tmp_path):
    (tmp_path / "model.pt").write_text("x")
    with pytest.raises(EnvironmentFault, match=r"holds other files \(model\.pt\): choose another folder"):
        build_faces(tmp_path)
    with pytest.raises(EnvironmentFault, match=r"is no folder"):
        build_faces(tmp_path / "model.pt")
    assert os.listdir(tmp_path) == ["model.pt"]


def test_interrupted_at_any_point_it_leaves_nothing(tmp_path, monkeypatch):
    saved = []

    def stop(pixels, path):
        saved.append(path)
        if len(saved) > 30:
            raise KeyboardInterrupt

    monkeypatch.setattr("saliencekit.data.faces._save", stop)
    with pytest.raises(KeyboardInterrupt):
        build_faces(tmp_path / "faces")
    assert os.listdir(tmp_path) == []


def test_a_full_disk(tmp_path, monkeypatch):
    def full(pixels, path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("saliencekit.data.faces._save", full)
    with pytest.raises(EnvironmentFault, match=r"cannot write the faces to .*: No space left on device"):
        build_faces(tmp_path / "faces")
    assert os.listdir(tmp_path) == []


@pytest.mark.usefixtures("one_view")
def test_another_process_that_was_faster(tmp_path, monkeypatch):
    faster = build_faces(tmp_path / "faster").parent
    expected = contents(faster)
    target = tmp_path / "faces"
    rename = os.rename

    def late(source, goal):
        if not target.exists():
            rename(faster, target)
        rename(source, goal)

    monkeypatch.setattr("saliencekit.data.faces.os.rename", late)
    assert build_faces(target) == target / "manifest.csv"
    assert contents(target) == expected


def test_an_installation_without_the_faces(tmp_path, monkeypatch):
    monkeypatch.setattr("saliencekit.data.faces.wheel_folder", lambda: tmp_path / "none")
    with pytest.raises(EnvironmentFault, match=r"the installed scikit-image has no .*lfw_subset\.npy"):
        build_faces(tmp_path / "faces")
