"""The map of another image: whose it is, for whom, and when there is none."""

import pytest
import torch

from saliencekit.auditing.others import Others
from saliencekit.functional.random import Draw


def names(count):
    return tuple(f"{each}.png" for each in range(count))


def others(count, runs=2):
    """Map ``k`` of run ``r`` is filled with ``10 r + k``, so that it tells whose it is."""
    values = torch.arange(count) + 10.0 * torch.arange(runs)[:, None]
    return Others(names(count), values[:, :, None, None].expand(-1, -1, 2, 2))


@pytest.mark.parametrize("count", [2, 3, 8])
def test_it_is_never_that_of_the_image_itself(count):
    for seed in range(30):
        maps = others(count).of(Draw.of(seed, names(count), "audit"), names(count))
        assert (maps[0, :, 0, 0] != torch.arange(count)).all()


def test_every_run_shows_the_same_other_image():
    maps = others(8, runs=3).of(Draw.of(0, names(5), "audit"), names(5))
    assert maps.shape == (3, 5, 2, 2)
    assert torch.equal(maps[1], maps[0] + 10)
    assert torch.equal(maps[2], maps[0] + 20)


def test_it_is_a_function_of_the_seed_and_the_name():
    whole = others(8).of(Draw.of(0, names(20), "audit"), names(20))
    for number, name in enumerate(names(20)):
        alone = others(8).of(Draw.of(0, [name], "audit"), [name])
        assert torch.equal(alone[:, 0], whole[:, number])
    assert not torch.equal(others(8).of(Draw.of(1, names(20), "audit"), names(20)), whole)


def test_all_of_them_serve():
    maps = others(8).of(Draw.of(0, [f"x{each}" for each in range(400)], "audit"), [f"x{each}" for each in range(400)])
    counts = torch.bincount(maps[0, :, 0, 0].long(), minlength=8)
    assert (counts > 25).all()  # 50 are expected of each


@pytest.mark.parametrize("count", [0, 1])
def test_without_another_image_there_is_none(count):
    assert others(count).of(Draw.of(0, names(3), "audit"), names(3)).shape == (2, 0, 2, 2)
