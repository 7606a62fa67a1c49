import pytest
import torch

from saliencekit.data import Collection, Failure, Sample
from saliencekit.errors import DataError
from saliencekit.training.caching import Loaded, Seen
from saliencekit.training.demands import check_labels, check_maps, check_readable


def collection(*rows, classes=("real", "fake")):
    samples = tuple(Sample(f"{at}.png", f"/d/{at}.png", label, split) for at, (label, split) in enumerate(rows))
    return Collection("d", "/d", "folder", samples, classes)


def loaded(labels, *, maps=0, skipped=(), maps_skipped=()):
    count = torch.arange(len(labels))
    seen = Seen(torch.ones(0, dtype=torch.bool), torch.ones(0, dtype=torch.bool))
    return Loaded(count, count, torch.tensor(labels), count < maps, skipped, maps_skipped, None, seen)


BOTH = collection((0, "train"), (1, "train"))


def test_a_split_with_both_classes_will_do():
    check_labels(BOTH, "train")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (collection((None, "train"), classes=()), "/d has no labels, so no detector can be trained on it"),
        (collection((0, "test"), (1, "val")), "no image of /d is in the split 'train': it has test, val"),
        (collection((0, None), (1, None)), "the split 'train': it has no splits at all"),
        (collection((0, "train"), (1, "val")), "no image of the split 'train' of /d is of the class 'fake'"),
        (collection((1, "train")), "no image of the split 'train' of /d is of the class 'real'"),
    ],
)
def test_splits_that_cannot_be_learned_from(source, message):
    with pytest.raises(DataError, match=message):
        check_labels(source, "train")


def test_the_share_that_may_be_unreadable():
    bad = (Failure("x.png", "it is empty"),)
    check_readable(BOTH, "val", loaded([0, 1, 1], skipped=bad), max_unreadable=0.25)
    with pytest.raises(DataError, match=r"1 of 4 images of the split 'val' of /d .* first is 'x\.png': it is empty"):
        check_readable(BOTH, "val", loaded([0, 1, 1], skipped=bad), max_unreadable=0.24)
    with pytest.raises(DataError, match="no image of the class 'fake' in the split 'val' of /d can be read"):
        check_readable(BOTH, "val", loaded([0, 0], skipped=bad), max_unreadable=1.0)


def test_a_loss_that_needs_maps():
    check_maps(BOTH, loaded([0, 1]), needed_by=None)
    check_maps(BOTH, loaded([0, 1], maps=1), needed_by="cyborg")
    with pytest.raises(DataError, match=r"the loss 'cyborg' needs human maps, and no training image .* be used$"):
        check_maps(BOTH, loaded([0, 1]), needed_by="cyborg")
    flat = (Failure("a.png", "its map is all one value"), Failure("b.png", "other"))
    with pytest.raises(DataError, match=r"be used; the first that was left out: its map is all one value$"):
        check_maps(BOTH, loaded([0, 1], maps_skipped=flat), needed_by="cyborg")
