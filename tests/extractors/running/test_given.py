import numpy as np
import pytest
import torch

from saliencekit.errors import InputError
from saliencekit.extractors.running.given import check_images


@pytest.mark.parametrize(
    ("images", "sentence"),
    [
        (torch.zeros(3, 8, 8), r"^expected `images` of shape \(N, C, H, W\) with N of at least 1, got \(3, 8, 8\)$"),
        (torch.zeros(0, 3, 8, 8), r"got \(0, 3, 8, 8\)$"),
        (np.zeros((1, 3, 8, 8)), "got ndarray$"),
        (
            torch.zeros(1, 3, 8, 8).byte(),
            "^expected `images` of floating point as the model takes them, got torch.uint8$",
        ),
    ],
)
def test_what_are_no_images(images, sentence):
    with pytest.raises(InputError, match=sentence):
        check_images(images)


def test_what_are():
    check_images(torch.zeros(1, 1, 1, 1))
