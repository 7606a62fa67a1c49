import torch

from saliencekit.preprocessing import Preprocessing
from saliencekit.training.normalizing import normalized


def test_images_are_scaled_as_the_network_takes_them():
    images = torch.tensor([[[[0, 51]], [[255, 102]]]], dtype=torch.uint8)
    two = Preprocessing(channels=3, mean=(0.5, 0.0, 0.0), std=(0.5, 2.0, 1.0))
    out = normalized(images[:, [0, 1, 1]], two)
    torch.testing.assert_close(out, torch.tensor([[[[-1.0, -0.6]], [[0.5, 0.2]], [[1.0, 0.4]]]]))
    assert images.dtype == torch.uint8
    assert out.is_contiguous(memory_format=torch.channels_last)
