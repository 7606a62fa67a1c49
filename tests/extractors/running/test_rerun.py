"""Running a network again: other images in the place of the first, everything else as it was."""

import pytest
import torch
from torch import nn

from saliencekit.errors import ModelError
from saliencekit.extractors.running.rerun import Rerun, running_again


class Echo(nn.Module):
    def forward(self, names, images, *, extra, flag):
        assert flag == "yes"
        return images.sum((1, 2, 3))[:, None] + extra[0][:, None] + names[:, None]


def test_images_are_put_in_their_place_and_rows_follow():
    images = torch.ones(3, 1, 2, 2)
    args, kwargs = (torch.tensor([10.0, 20.0, 30.0]), images), {"extra": [torch.tensor([1.0, 2.0, 3.0])], "flag": "yes"}
    rerun = Rerun.of(Echo(), args, kwargs, None)
    images.zero_()  # the network may write: a copy was kept
    assert torch.equal(rerun.images, torch.ones(3, 1, 2, 2))
    assert not running_again()
    with rerun.running():
        assert running_again()
        assert not torch.is_grad_enabled()
        logits = rerun(torch.full((2, 1, 2, 2), 100.0), torch.tensor([2, 0]))
    assert logits.tolist() == [[433.0], [411.0]]
    assert not running_again()
    assert torch.is_grad_enabled()


def test_the_dtype_of_the_images_is_kept_and_no_graph():
    images = torch.ones(1, 1, 2, 2, dtype=torch.float16, requires_grad=True)
    rerun = Rerun.of(nn.Flatten(), (images,), {}, None)
    assert not rerun.images.requires_grad
    assert rerun(torch.zeros(5, 1, 2, 2), torch.zeros(5, dtype=torch.long)).dtype == torch.float16


def test_errors():
    none = Rerun.of(nn.Flatten(), (torch.zeros(2, 3),), {}, None)
    with pytest.raises(ModelError, match=r"^expected the model to be given images of shape \(N, C, H, W\)"):
        _ = none.images
    two = Rerun.of(nn.Flatten(0, 1), (torch.zeros(2, 3, 1, 1),), {}, None)
    with pytest.raises(ModelError, match=r"^expected the model to give logits for 2 images, got 6$"):
        two(torch.zeros(2, 3, 1, 1), torch.tensor([0, 1]))
