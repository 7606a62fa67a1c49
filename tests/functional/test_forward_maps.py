import numpy as np
import pytest
import torch

from saliencekit.errors import InputError
from saliencekit.functional.forward_maps import eigen_cam, score_cam

from .examples import maps


def eigen_by_numpy(features):
    """The eigenvector of the largest eigenvalue of the matrix of products of channels, image by image."""
    found = []
    for image in features.numpy():
        cells = image.reshape(len(image), -1).T
        values, vectors = np.linalg.eigh(cells.T @ cells)
        projected = cells @ vectors[:, np.argmax(values)]
        if (projected * cells.mean(1)).sum() < 0:
            projected = -projected
        found.append(projected.reshape(image.shape[1:]))
    return torch.from_numpy(np.stack(found))


def test_eigen_cam_by_hand():
    # cells (3, 4), (0, 0), (6, 8): one direction, (.6, .8)
    features = torch.tensor([[[[3.0, 0.0, 6.0]], [[4.0, 0.0, 8.0]]]])
    torch.testing.assert_close(eigen_cam(features), torch.tensor([[[5.0, 0.0, 10.0]]]))
    torch.testing.assert_close(eigen_cam(-features), torch.tensor([[[-5.0, 0.0, -10.0]]]))


@pytest.mark.parametrize("shape", [(4, 6, 5, 3), (3, 20, 2, 3), (2, 1, 4, 4)])
@pytest.mark.parametrize("rectified", [True, False])
def test_eigen_cam_equals_numpys_eigenvectors(shape, rectified):
    features = maps(*shape).relu() if rectified else maps(*shape) + 0.3
    expected = eigen_by_numpy(features)
    found = eigen_cam(features)
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-10)
    assert ((found * features.mean(1)).sum((1, 2)) > 0).all()
    if rectified:
        assert found.min() > -1e-10
    torch.testing.assert_close(eigen_cam(features.flip(1)), found, rtol=1e-9, atol=1e-10)  # channels have no order


def test_eigen_cam_of_zeros_one_cell_and_what_is_not_finite():
    assert eigen_cam(torch.zeros(2, 3, 4, 5)).abs().max() == 0
    torch.testing.assert_close(eigen_cam(torch.tensor([[[[3.0]], [[4.0]]]])), torch.tensor([[[5.0]]]))
    features = maps(3, 4, 3, 3)
    expected = eigen_cam(features)
    features[1, 2, 0, 0] = torch.nan
    found = eigen_cam(features)
    assert found.isnan().flatten(1).all(1).tolist() == [False, True, False]
    torch.testing.assert_close(found[::2], expected[::2])


def test_eigen_cam_dtype_batch_and_inputs():
    features = maps(4, 6, 5, 3).relu()
    before, whole = features.clone(), eigen_cam(features)
    torch.testing.assert_close(torch.cat([eigen_cam(features[i : i + 1]) for i in range(4)]), whole)
    torch.testing.assert_close(eigen_cam(features.contiguous(memory_format=torch.channels_last)), whole)
    assert eigen_cam(features[:0]).shape == (0, 5, 3)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = eigen_cam(features.half())
    assert inside.dtype == torch.float32
    torch.testing.assert_close(inside, whole.float(), rtol=1e-2, atol=1e-2)
    assert not eigen_cam(features.requires_grad_()).requires_grad
    assert torch.equal(features, before)


def test_score_cam_by_hand():
    features = torch.tensor([[[[4.0, 0.0]], [[-8.0, 8.0]]]])
    # scores ln 3 and 0: weights 3/4 and 1/4
    found = score_cam(features, torch.tensor([[3.0, 1.0]]).log())
    torch.testing.assert_close(found, torch.tensor([[[1.0, 2.0]]]))
    assert score_cam(features, torch.tensor([[0.0, 500.0]])).tolist() == [[[0.0, 8.0]]]


def test_the_baseline_of_score_cam_drops_out():
    features, scores = maps(4, 6, 5, 3), maps(4, 6, seed=2)
    baseline = maps(4, 1, seed=5) * 10
    literal = []
    for image, row, base in zip(features, scores, baseline, strict=True):
        raised = [torch.exp(one - base[0]) for one in row]
        weighted = sum(each / sum(raised) * channel for each, channel in zip(raised, image, strict=True))
        literal.append(weighted.relu())
    torch.testing.assert_close(score_cam(features, scores), torch.stack(literal))


def test_score_cam_gradients_dtype_and_shapes():
    features, scores = maps(2, 3, 2, 2).abs().requires_grad_(), maps(2, 3, seed=2).requires_grad_()
    assert torch.autograd.gradcheck(score_cam, (features, scores))
    assert score_cam(features.detach().half(), scores.detach().half()).dtype == torch.float32
    with pytest.raises(InputError, match=r"^expected `scores` of shape \(2, 3\), got \(2, 4\)$"):
        score_cam(features, maps(2, 4))
    with pytest.raises(InputError, match=r"expected `features` of shape \(N, C, h, w\), got \(2, 2\)"):
        score_cam(features[0, 0], scores)
    with pytest.raises(InputError, match=r"expected `features` of shape \(N, C, h, w\), got \(2, 2\)"):
        eigen_cam(features[0, 0])


def test_no_value_is_waited_for():
    features = torch.empty(4, 6, 7, 7, device="meta")
    assert score_cam(features, torch.empty(4, 6, device="meta")).shape == (4, 7, 7)
