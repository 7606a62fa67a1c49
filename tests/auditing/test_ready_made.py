import pytest
import torch
from torch.utils.data import TensorDataset

from saliencekit.auditing.ready_made import ReadyMade
from saliencekit.errors import DataError

IMAGES = torch.rand(3, 1, 4, 5, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    "images", [IMAGES, list(IMAGES), TensorDataset(IMAGES, torch.zeros(3)), [[each, "fake"] for each in IMAGES]]
)
def test_an_image_is_given_as_it_is(images):
    ready = ReadyMade(images)
    for index in range(3):
        found = ready[index]
        assert (found.index, found.failure) == (index, None)
        assert torch.equal(found.pixels, IMAGES[index])


@pytest.mark.parametrize(
    ("item", "kind"), [("a.png", "str"), (torch.zeros(4, 4), "Tensor"), ((torch.zeros(1, 1, 4, 4), 0), "Tensor")]
)
def test_an_item_that_is_no_image_is_named(item, kind):
    ready = ReadyMade([IMAGES[0], item])
    assert ready[0].pixels is not None
    with pytest.raises(DataError, match=rf"^expected item 1 of the Dataset to be an image tensor .*, got {kind}$"):
        ready[1]


def test_an_image_of_another_size_is_named():
    ready = ReadyMade([IMAGES[0], torch.zeros(1, 5, 4), IMAGES[2]])
    assert ready[2].pixels is not None
    with pytest.raises(DataError, match=r"of one size, got \(1, 4, 5\) and, of item 1, \(1, 5, 4\)$"):
        ready[1]
    assert torch.equal(ready[0].pixels, IMAGES[0])
