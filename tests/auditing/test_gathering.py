"""What can be audited: tensors, Datasets, folders, manifests, collections, nothing."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import Dataset, IterableDataset, TensorDataset

from saliencekit import DataError, Preprocessing, SaliencekitError, UsageError
from saliencekit.auditing.gathering import subjects_of
from saliencekit.auditing.subjects import batches_of
from saliencekit.data import open_data

SMALL = Preprocessing(size=(8, 8), channels=3)


class Labelled(Dataset):
    """Images with labels, as torchvision's data sets have them."""

    def __init__(self, images, targets, classes=None):
        self.images = images
        self.targets = targets
        if classes is not None:
            self.classes = classes

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        return self.images[index], self.targets[index]


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


# Tensors


def test_a_tensor(images):
    subjects = subjects_of(images, SMALL)
    assert subjects.images == tuple(f"{each:02d}" for each in range(12))
    assert subjects.labels == subjects.groups == (None,) * 12
    assert (subjects.kind, subjects.classes, subjects.excluded) == ("tensor", (), ())
    assert subjects.as_network_takes
    index, found = pixels(subjects)
    assert index.tolist() == list(range(12))
    assert torch.equal(found, images)


def test_a_tensor_with_a_limit(images):
    subjects = subjects_of(images, SMALL, limit=3)
    assert subjects.images == ("0", "1", "2")
    assert subjects.source == "tensor (3, 3, 4, 5)"


@pytest.mark.parametrize("shape", [(3, 4, 5), (0, 3, 4, 5), (2, 1, 3, 4, 5), ()])
def test_a_tensor_of_another_shape(shape):
    with pytest.raises(DataError, match=r"expected `data` of shape \(N, C, H, W\) with N > 0, got \("):
        subjects_of(torch.zeros(shape), SMALL)


# Datasets


def test_a_dataset_of_images_and_labels(images):
    targets = [each % 2 for each in range(12)]
    subjects = subjects_of(Labelled(images, targets, ["cat", "dog"]), SMALL)
    assert subjects.labels == tuple(targets)
    assert subjects.classes == ("cat", "dog")
    assert subjects.source == "Labelled of 12 images"
    assert subjects.as_network_takes
    assert torch.equal(pixels(subjects)[1], images)
    assert subjects.class_name(1) == "dog"


def test_a_dataset_whose_labels_are_a_tensor(images):
    subjects = subjects_of(Labelled(images, torch.arange(12)), SMALL, limit=4)
    assert subjects.labels == (0, 1, 2, 3)
    assert all(type(each) is int for each in subjects.labels)
    assert subjects.images == ("0", "1", "2", "3")


def test_a_dataset_without_targets_has_no_labels(images):
    subjects = subjects_of(TensorDataset(images, torch.arange(12)), SMALL)
    assert subjects.labels == (None,) * 12
    assert subjects.label_tensor([0, 1]) is None
    assert torch.equal(pixels(subjects)[1], images)


def test_a_dataset_without_a_length():
    class Stream(IterableDataset):
        def __iter__(self):
            yield torch.zeros(3, 4, 5)

    with pytest.raises(DataError, match="expected a Dataset with a length"):
        subjects_of(Stream(), SMALL)


def test_an_empty_dataset():
    with pytest.raises(DataError, match="the Dataset is empty"):
        subjects_of(Labelled([], []), SMALL)


@pytest.mark.parametrize(
    ("item", "said"), [(np.zeros((3, 4, 5)), "ndarray"), (torch.zeros(4, 5), "Tensor"), ("a.png", "str")]
)
def test_items_that_are_no_images(item, said):
    with pytest.raises(DataError, match=rf"expected item 1 of the Dataset to be an image tensor .*got {said}"):
        pixels(subjects_of(Labelled([torch.zeros(3, 4, 5), item], [0, 0]), SMALL))


def test_items_of_different_sizes():
    uneven = Labelled([torch.zeros(3, 4, 5), torch.zeros(3, 4, 6)], [0, 0])
    with pytest.raises(DataError, match="size"):
        pixels(subjects_of(uneven, SMALL))


def test_a_list_is_no_data():
    with pytest.raises(SaliencekitError, match="expected `data`"):
        subjects_of([torch.zeros(3, 4, 5)], SMALL)


# Folders, manifests, collections


def test_a_folder(folder):
    subjects = subjects_of(folder, SMALL, name="cats and cups")
    assert subjects.name == "cats and cups"
    assert subjects.source == str(folder)
    assert subjects.kind == "folder"
    assert subjects.images == tuple(f"{name}/{each}.png" for name in ("fake", "real") for each in range(6))
    assert subjects.labels == (1,) * 6 + (0,) * 6
    assert subjects.classes == ("real", "fake")
    assert not subjects.as_network_takes
    index, found = pixels(subjects)
    assert index.tolist() == list(range(12))
    assert found.dtype == torch.uint8
    assert found.shape == (12, 3, 8, 8)
    assert subjects.label_tensor([0, 11]).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("split", "names", "said"),
    [("auto", ("4.png", "5.png"), " (split test)"), ("train", ("0.png", "1.png", "2.png", "3.png"), " (split train)")],
)
def test_the_split_of_a_manifest(manifest, split, names, said):
    subjects = subjects_of(manifest, SMALL, split=split)
    assert subjects.images == names
    assert subjects.source == f"{manifest}{said}"
    assert subjects.groups == tuple(f"g{int(name[0]) % 3}" for name in names)


def test_without_a_test_split_auto_is_everything(manifest):
    manifest.write_text(manifest.read_text().replace(",test,", ",val,"))
    subjects = subjects_of(manifest, SMALL)
    assert len(subjects.images) == 6
    assert subjects.source == str(manifest)


def test_an_unknown_split_lists_the_known_ones(manifest):
    with pytest.raises(UsageError, match=r"unknown split of .*: expected one of test, train"):
        subjects_of(manifest, SMALL, split="dev")


def test_a_limit_is_spread_over_the_list(folder):
    subjects = subjects_of(folder, SMALL, limit=4)
    assert subjects.images == ("fake/0.png", "fake/3.png", "real/0.png", "real/3.png")


def test_a_collection_is_taken_as_it_is(folder):
    collection = open_data(folder)
    assert subjects_of(collection, SMALL).images == subjects_of(folder, SMALL).images


@pytest.mark.real
def test_none_is_the_photographs_of_scikit_image():
    subjects = subjects_of(None, SMALL)
    assert subjects.kind == "photographs"
    assert "chelsea.png" in subjects.images
    assert pixels(subjects)[1].float().std() > 20


def test_nothing_there(tmp_path):
    with pytest.raises(DataError, match="no image was found"):
        subjects_of(tmp_path, SMALL)
    with pytest.raises(DataError, match="nowhere"):
        subjects_of(tmp_path / "nowhere", SMALL)


# What they are known by


# Labels as the model numbers them


# Small things
