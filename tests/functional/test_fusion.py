import pytest
import torch

from saliencekit.errors import InputError, UsageError
from saliencekit.functional.fusion import FUSIONS, fuse_maps

SMALL = torch.tensor([[[-1.0, 1.0]], [[5.0, 3.0]]])
LARGE = torch.tensor([[[0.0, 10.0, 5.0, 10.0]], [[2.0, 2.0, 2.0, 4.0]]])
# SMALL in unit range: (0, 1), (1, 0); at four columns: 0, 1/4, 3/4, 1 and the reverse
# LARGE in unit range: 0, 1, 1/2, 1 and 0, 0, 0, 1


def test_by_hand():
    expected = {
        "mean": [[0, 5 / 8, 5 / 8, 1], [1 / 2, 3 / 8, 1 / 8, 1 / 2]],
        "max": [[0, 1, 3 / 4, 1], [1, 3 / 4, 1 / 4, 1]],
        "product": [[0, 1 / 4, 3 / 8, 1], [0, 0, 0, 0]],
    }
    for word in FUSIONS:
        torch.testing.assert_close(fuse_maps([SMALL, LARGE], fuse=word), torch.tensor(expected[word])[:, None])
    torch.testing.assert_close(fuse_maps([SMALL, LARGE]), torch.tensor(expected["mean"])[:, None])


@pytest.mark.parametrize("fuse", FUSIONS)
def test_order_scale_and_offset_change_nothing(fuse):
    found = fuse_maps([SMALL, LARGE], fuse=fuse)
    torch.testing.assert_close(fuse_maps([LARGE, SMALL], fuse=fuse), found)
    torch.testing.assert_close(fuse_maps([3 * SMALL + 7, LARGE / 2], fuse=fuse), found)


@pytest.mark.parametrize("fuse", FUSIONS)
def test_one_map_is_itself_in_unit_range(fuse):
    torch.testing.assert_close(fuse_maps([SMALL], fuse=fuse), torch.tensor([[[0.0, 1.0]], [[1.0, 0.0]]]))


def test_the_largest_height_and_the_largest_width():
    assert fuse_maps([torch.rand(1, 2, 7), torch.rand(1, 5, 3)]).shape == (1, 5, 7)


def test_flat_maps_are_zeros():
    flat = torch.ones(2, 1, 2)
    torch.testing.assert_close(fuse_maps([SMALL, flat]), torch.tensor([[[0.0, 0.5]], [[0.5, 0.0]]]))
    assert not fuse_maps([SMALL, flat], fuse="product").any()
    assert fuse_maps([flat * torch.nan]).isfinite().all()


@pytest.mark.parametrize("fuse", FUSIONS)
def test_gradients(fuse):
    maps = [torch.rand(2, 2, 2).double().requires_grad_(), torch.rand(2, 3, 3).double().requires_grad_()]
    assert torch.autograd.gradcheck(lambda *maps: fuse_maps(maps, fuse=fuse), maps)


def test_errors():
    with pytest.raises(UsageError, match=r"^unknown fusion 'sum': expected one of mean, max, product"):
        fuse_maps([SMALL], fuse="sum")
    with pytest.raises(InputError, match=r"^expected at least one map to fuse$"):
        fuse_maps([])
    with pytest.raises(
        InputError, match=r"^expected maps of the same images \(N, h, w\), got \[\(2, 1, 2\), \(1, 2\)\]$"
    ):
        fuse_maps([SMALL, SMALL[0]])
    with pytest.raises(InputError, match=r"^expected maps of the same images"):
        fuse_maps([SMALL, LARGE[:1]])
