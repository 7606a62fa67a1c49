"""An extractor whose maps and scores are known by hand: brightness, in a grid of blocks."""

import pytest
import torch


class Brightness:
    """Maps are the mean brightness of blocks; the logit of class 1 is that of the whole image, of class 0 zero."""

    def __init__(self, block=8):
        self.block = block
        self.calls = []

    def __call__(self, images, target="predicted", labels=None):
        self.calls.append(images)
        mean = images.mean(1)
        self.logits = torch.stack([torch.zeros(len(images)), mean.mean((1, 2))], dim=1)
        if isinstance(target, torch.Tensor):
            self.target = target
        else:
            self.target = labels if target == "label" else torch.ones(len(images), dtype=torch.long)
        return torch.nn.functional.avg_pool2d(mean[:, None], self.block)[:, 0]


@pytest.fixture
def extract():
    return Brightness()


@pytest.fixture
def images():
    return torch.rand(3, 3, 56, 56, generator=torch.Generator().manual_seed(0))
