"""Eigen-CAM: a known direction by hand, and the eigenvectors of NumPy on a network's features."""

import numpy as np
import torch
from torch import nn

from saliencekit.extractors import EigenCAM


def test_by_hand():
    net = nn.Sequential(nn.LeakyReLU(1.0), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 2)).eval()
    grid = torch.tensor([[[[3.0, 0.0], [6.0, 0.0]], [[4.0, 0.0], [8.0, 0.0]]]])  # all along (.6, .8)
    torch.testing.assert_close(EigenCAM(net)(grid), torch.tensor([[[5.0, 0.0], [10.0, 0.0]]]))


def test_equal_to_numpys_eigenvectors(book):
    net, images, _, found = book
    maps = EigenCAM(net)(images)
    for one, (features, _) in zip(maps, found, strict=True):
        cells = features.flatten(1).T.numpy()
        values, vectors = np.linalg.eigh(cells.T @ cells)
        expected = np.abs(cells @ vectors[:, np.argmax(values)])  # of one sign, as the features are
        np.testing.assert_allclose(one.flatten().numpy(), expected, rtol=1e-9, atol=1e-11)


def test_every_class_has_the_same_map(make_net, images):
    extract = EigenCAM(make_net())
    assert torch.equal(extract(images, 0), extract(images, 2))
    with extract:
        extract._root(images)
        assert not extract.maps().requires_grad
