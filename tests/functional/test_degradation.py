"""Noise, ranks and replaced shares: by hand, at their extremes, and what random draws must not depend on."""

from __future__ import annotations

import pytest
import torch
from scipy import stats

from saliencekit.errors import InputError, UsageError
from saliencekit.functional import degradation
from saliencekit.functional.degradation import random_rank, replace_share, salience_rank, salt_and_pepper
from saliencekit.functional.random import Draw

NAMES = ["real/a.png", "fake/b.png", "fake/c.png"]
AMOUNTS = [0.0, 0.01, 0.05, 0.10, 0.25, 0.50, 0.75, 1.0]


@pytest.fixture
def images():
    return torch.rand(3, 3, 40, 50, generator=torch.Generator().manual_seed(0)) * 0.8 + 0.1


@pytest.fixture
def draw():
    return Draw.of(0, NAMES, "test")


@pytest.mark.parametrize("amount", AMOUNTS)
def test_salt_and_pepper_replaces_its_share_half_and_half(images, draw, amount):
    noisy = salt_and_pepper(images, amount, draw)
    salt, pepper = (noisy == 1), (noisy == 0)
    assert torch.equal(noisy[~salt & ~pepper], images[~salt & ~pepper])
    assert torch.equal(salt, salt[:, :1].expand_as(salt))  # all channels of a pixel together
    assert torch.equal(pepper, pepper[:, :1].expand_as(pepper))
    n = 3 * 40 * 50
    replaced = int((salt | pepper)[:, 0].sum())
    assert stats.binomtest(replaced, n, amount).pvalue > 1e-3
    if replaced:
        assert stats.binomtest(int(salt[:, 0].sum()), replaced, 0.5).pvalue > 1e-3


def test_salt_and_pepper_at_the_extremes(images, draw):
    assert torch.equal(salt_and_pepper(images, 0.0, draw), images)
    assert salt_and_pepper(images, 1.0, draw).unique().tolist() == [0.0, 1.0]
    assert salt_and_pepper(images, 1.0, draw, low=-2.0, high=3.5).unique().tolist() == [-2.0, 3.5]


def test_larger_amounts_add_to_the_same_pixels(images, draw):
    previous = torch.zeros(3, 40, 50, dtype=torch.bool)
    whole = salt_and_pepper(images, 1.0, draw)
    for amount in AMOUNTS:
        noisy = salt_and_pepper(images, amount, draw)
        replaced = (noisy != images).any(1)
        assert (replaced | ~previous).all()
        previous = replaced
        assert torch.equal(torch.where(replaced[:, None], noisy, 0), torch.where(replaced[:, None], whole, 0))


def test_salt_and_pepper_of_an_image_depends_on_that_image_only(images, draw):
    whole = salt_and_pepper(images, 0.3, draw)
    alone = [salt_and_pepper(images[i : i + 1], 0.3, Draw.of(0, [NAMES[i]], "test")) for i in range(3)]
    assert torch.equal(whole, torch.cat(alone))
    same = salt_and_pepper(images[:1].expand(3, -1, -1, -1), 0.3, draw)
    assert not torch.equal(same[0], same[1])


def test_rank_by_hand():
    maps = torch.tensor([[0.1, 0.9], [0.5, 0.5]])
    assert salience_rank(maps, (2, 2)).tolist() == [[3, 0], [1, 2]]
    assert salience_rank(torch.zeros(2, 2), (2, 3)).tolist() == [[0, 1, 2], [3, 4, 5]]
    assert salience_rank(torch.tensor([[0.0, 1.0]]), (1, 4)).tolist() == [[3, 2, 1, 0]]
    assert salience_rank(torch.tensor([[-5.0, -7.0]]), (1, 2)).tolist() == [[0, 1]]
    assert salience_rank(torch.ones(1, 1), (1, 1)).tolist() == [[0]]


def test_rank_is_a_permutation_in_the_order_of_the_map():
    maps = torch.randn(3, 7, 7, generator=torch.Generator().manual_seed(0))
    rank = salience_rank(maps, (7, 7))
    assert rank.dtype == torch.int64
    assert torch.equal(rank.flatten(1).sort(1).values, torch.arange(49).expand(3, -1))
    ordered = torch.empty(3, 49).scatter_(1, rank.flatten(1), maps.flatten(1))
    assert (ordered.diff(dim=1) <= 0).all()
    assert torch.equal(salience_rank(maps[1], (7, 7)), rank[1])
    assert torch.equal(salience_rank(maps * 3 + 1, (7, 7)), rank)
    large = salience_rank(maps, (30, 20))
    assert torch.equal(large.flatten(1).sort(1).values, torch.arange(600).expand(3, -1))
    assert large.shape == (3, 30, 20)


def test_random_rank_is_a_permutation_and_fair():
    many = Draw.of(0, [str(i) for i in range(3000)], "random-first")
    rank = random_rank(many, (3, 4))
    assert rank.shape == (3000, 3, 4)
    assert torch.equal(rank.flatten(1).sort(1).values, torch.arange(12).expand(3000, -1))
    for pixel in range(12):
        assert stats.chisquare(rank.flatten(1)[:, pixel].bincount(minlength=12).numpy()).pvalue > 1e-4
    assert torch.equal(random_rank(Draw.of(0, ["7"], "random-first"), (3, 4))[0], rank[7])


def test_replace_by_hand():
    images = torch.tensor([[[[1.0, 3.0, 4.0, 0.0]], [[0.0, 0.0, 8.0, 0.0]]]])
    rank = torch.tensor([[[2, 3, 0, 1]]])
    assert replace_share(images, rank, 0.5).tolist() == [[[[1, 3, 2, 2]], [[0, 0, 2, 2]]]]
    assert replace_share(images, 3 - rank, 0.5, fill="erase").tolist() == [[[[0, 0, 4, 0]], [[0, 0, 8, 0]]]]
    assert replace_share(images, rank, 0.25, fill="erase", low=-1.0).tolist() == [[[[1, 3, -1, 0]], [[0, 0, -1, 0]]]]


@pytest.mark.parametrize("fill", degradation.FILLS)
def test_replace_at_the_extremes_and_in_between(images, draw, fill):
    rank = random_rank(draw, (40, 50))
    settings = {"fill": fill, "draw": draw if fill == "noise" else None}
    assert torch.equal(replace_share(images, rank, 0.0, **settings), images)
    for share in (0.1, 0.333, 0.5, 0.9):
        changed = replace_share(images, rank, share, **settings) != images
        assert torch.equal(changed.any(1), rank < round(share * 2000))
    nothing = replace_share(images, rank, 1.0, **settings)
    if fill == "mean":
        torch.testing.assert_close(nothing, images.mean((2, 3), keepdim=True).expand_as(images))
    elif fill == "erase":
        assert (nothing == 0).all()
    else:
        assert not (nothing == images).any()


def test_noise_is_uniform_between_low_and_high_and_of_its_image_only(images, draw):
    rank = random_rank(draw, (40, 50))
    noise = replace_share(images, rank, 1.0, fill="noise", draw=draw, low=-1.0, high=3.0)
    assert stats.kstest(noise.flatten().numpy(), stats.uniform(-1, 4).cdf).pvalue > 1e-3
    alone = replace_share(
        images[1:2], rank[1:2], 1.0, fill="noise", draw=Draw.of(0, [NAMES[1]], "test"), low=-1.0, high=3.0
    )
    assert torch.equal(alone[0], noise[1])


def test_inputs_stay_and_types(images, draw):
    before = images.clone()
    rank = random_rank(draw, (40, 50))
    order = rank.clone()
    results = [salt_and_pepper(images, 0.0, draw)]
    results += [replace_share(images, rank, 0.0, fill=fill, draw=draw) for fill in degradation.FILLS]
    for result in results:
        result.zero_()
    assert torch.equal(images, before)
    assert torch.equal(rank, order)
    assert salt_and_pepper(images.half(), 0.1, draw).dtype == torch.float32
    assert salt_and_pepper(images.double(), 0.1, draw).dtype == torch.float64
    for fill in degradation.FILLS:
        assert replace_share(images.double(), rank, 0.5, fill=fill, draw=draw).dtype == torch.float64
        assert replace_share(images.half(), rank, 0.5, fill=fill, draw=draw).dtype == torch.float32


def test_errors(images, draw):
    rank = random_rank(draw, (40, 50))
    for amount in (-0.1, 1.1, float("nan")):
        with pytest.raises(InputError, match=r"expected `amount` in 0 \.\.\. 1, got"):
            salt_and_pepper(images, amount, draw)
        with pytest.raises(InputError, match=r"expected `share` in 0 \.\.\. 1, got"):
            replace_share(images, rank, amount)
    with pytest.raises(InputError, match=r"expected `images` of shape \(N, C, H, W\), got \(3, 40, 50\)"):
        salt_and_pepper(images[0], 0.1, draw)
    with pytest.raises(InputError, match="expected a `draw` for 2 images, got one for 3"):
        salt_and_pepper(images[:2], 0.1, draw)
    with pytest.raises(InputError, match="expected a `draw` for 2 images, got one for 3"):
        replace_share(images[:2], rank[:2], 0.1, fill="noise", draw=draw)
    with pytest.raises(InputError, match=r"expected `rank` of shape \(N, H, W\) = \(3, 40, 50\) like the im"):
        replace_share(images, rank[:1], 0.1)
    with pytest.raises(UsageError, match="unknown fill 'blur': expected one of mean, erase, noise"):
        replace_share(images, rank, 0.1, fill="blur")
    with pytest.raises(UsageError, match="expected `draw` with the fill noise, got none"):
        replace_share(images, rank, 0.1, fill="noise")
    with pytest.raises(InputError, match=r"expected `size` of two positive numbers, got \(0, 5\)"):
        salience_rank(torch.zeros(2, 2), (0, 5))


def test_everything_degrading_is_found_here():
    assert all(hasattr(degradation, name) for name in degradation.__all__)
