"""Images by number: their batches, labels, names and fingerprint."""

import dataclasses

import pytest
import torch
from PIL import Image

from saliencekit import Preprocessing
from saliencekit.auditing.gathering import subjects_of
from saliencekit.auditing.subjects import aligned, batches_of, normaliser

SMALL = Preprocessing(size=(8, 8), channels=3)


@pytest.fixture
def images():
    return torch.rand(12, 3, 4, 5, generator=torch.Generator().manual_seed(0))


def pixels(subjects, batch_size=5, workers=0):
    """All pixels through the loader, with their numbers."""
    batches = list(subjects.loader(batches_of(range(len(subjects.images)), batch_size), workers=workers))
    return torch.cat([each.index for each in batches]), torch.cat([each.pixels for each in batches])


@pytest.fixture
def manifest(tmp_path):
    lines = ["path,label,split,group"]
    for number in range(6):
        Image.new("L", (9, 9), number * 40).save(tmp_path / f"{number}.png")
        lines.append(f"{number}.png,{('real', 'fake')[number % 2]},{('train', 'test')[number // 4]},g{number % 3}")
    (tmp_path / "list.csv").write_text("\n".join(lines) + "\n")
    return tmp_path / "list.csv"


def test_workers_change_nothing(folder):
    subjects = subjects_of(folder, SMALL)
    for one, two in zip(pixels(subjects, workers=0), pixels(subjects, batch_size=3, workers=2), strict=True):
        assert torch.equal(one, two)


@pytest.mark.parametrize("workers", [0, 1])
def test_loading_leaves_the_random_state(images, workers):
    before = torch.get_rng_state()
    pixels(subjects_of(images, SMALL), workers=workers)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_batch_of_some_images_in_any_order(folder):
    subjects = subjects_of(folder, SMALL)
    (batch,) = subjects.loader([[7, 2]], workers=0)
    assert batch.index.tolist() == [7, 2]
    assert torch.equal(batch.pixels, pixels(subjects)[1][[7, 2]])


def test_a_file_that_cannot_be_read_is_a_failure_and_no_exception(tmp_path):
    Image.new("RGB", (9, 9)).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"no image")
    (batch,) = subjects_of(tmp_path, SMALL).loader([[0, 1]], workers=0)
    assert batch.index.tolist() == [0]
    ((number, reason),) = batch.failures
    assert number == 1
    assert reason


def test_the_fingerprint_is_of_names_labels_and_groups(manifest):
    subjects = subjects_of(manifest, SMALL)
    same = subjects_of(manifest, Preprocessing(size=(4, 4)))
    assert subjects.fingerprint() == same.fingerprint()
    for change in ({"images": ("4.png", "x.png")}, {"labels": (0, 0)}, {"groups": (None, "g2")}):
        assert dataclasses.replace(subjects, **change).fingerprint() != subjects.fingerprint()


def test_class_names(folder):
    subjects = subjects_of(folder, SMALL)
    assert [subjects.class_name(each) for each in (0, 1, None, 7)] == ["real", "fake", None, "7"]


def test_labels_are_renumbered_by_name(folder):
    subjects = aligned(subjects_of(folder, SMALL), ("fake", "real"))
    assert subjects.labels == (0,) * 6 + (1,) * 6
    assert subjects.classes == ("fake", "real")
    assert [subjects.class_name(each) for each in subjects.labels] == ["fake"] * 6 + ["real"] * 6


def test_labels_find_their_place_among_more_classes(folder):
    subjects = aligned(subjects_of(folder, SMALL), ("cat", "fake", "cup", "real"))
    assert subjects.labels == (1,) * 6 + (3,) * 6
    assert subjects.class_name(subjects.labels[0]) == "fake"


@pytest.mark.parametrize("classes", [(), ("real", "fake"), ("genuine", "fake"), ("tabby", "espresso")])
def test_labels_stay_where_the_names_do_not_tell(folder, classes):
    before = subjects_of(folder, SMALL)
    after = aligned(before, classes)
    assert (after.labels, after.classes) == (before.labels, before.classes)


def test_unlabelled_images_stay_unlabelled(elsewhere):
    assert aligned(subjects_of(elsewhere, SMALL), ("real", "fake")).labels == (None,) * 5


def test_one_without_a_label_among_others(images):
    subjects = dataclasses.replace(subjects_of(images[:3], SMALL), labels=(0, None, 1), classes=("real", "fake"))
    assert aligned(subjects, ("fake", "real")).labels == (1, None, 0)
    assert subjects.label_tensor([0, 1]) is None
    assert subjects.label_tensor([2, 0]).tolist() == [1, 0]


def test_numbered_labels_take_the_names_of_the_model(images):
    """A Dataset with targets and no class names: its numbers are the model's."""
    labelled = dataclasses.replace(subjects_of(images, SMALL), labels=tuple(each % 2 for each in range(12)))
    subjects = aligned(labelled, ("real", "fake"))
    assert subjects.labels == tuple(each % 2 for each in range(12))
    assert subjects.class_name(1) == "fake"


@pytest.mark.parametrize(
    ("count", "size", "sizes"), [(0, 4, []), (3, 4, [3]), (8, 4, [4, 4]), (9, 4, [4, 4, 1]), (2, 1, [1, 1])]
)
def test_batches(count, size, sizes):
    batches = batches_of(range(count), size)
    assert [len(each) for each in batches] == sizes
    assert [number for batch in batches for number in batch] == list(range(count))


def test_normaliser_by_hand():
    normalise = normaliser(Preprocessing(mean=(0.0, 0.5, 1.0), std=(1.0, 0.25, 2.0)), torch.device("cpu"))
    images = torch.full((1, 3, 1, 1), 0.5)
    assert normalise(images).flatten().tolist() == [0.5, 0.0, -0.25]
    assert images.unique().tolist() == [0.5]
